/** @file Other stations of a shared medium: each always with packets to send, or with some. */
import { InputError } from "../errors/index.ts";
import { randomStream } from "../random/index.ts";
import type { Clock } from "./clock.ts";
import type { Channel } from "./channel.ts";
import { createLink } from "./link.ts";
import type { LinkParameters } from "./link-options.ts";
import type { ContentionMedium } from "./medium.ts";
import { BLOCKS, FLAGS, FLOW, LENGTH, SEQ, SIZE, type PacketPool } from "./packet.ts";
import { MTU } from "./headers.ts";
import { checkTraffic, startTraffic, type TrafficOptions } from "./traffic.ts";

export interface StationsOptions {
  /** How many. */
  count: number;
  /** As they reach the medium, which is named here. */
  link: LinkParameters & { medium: NonNullable<LinkParameters["medium"]> };
  /** What each sends; absent: it always has full packets. */
  traffic?: TrafficOptions;
}

/** Stations at most. */
export const MOST_STATIONS = 1000;

/** @throws InputError `ERR_SCENARIO` where a value cannot be. */
export function checkStations({ count, link, traffic }: StationsOptions): void {
  if (!(Number.isInteger(count) && count >= 0 && count <= MOST_STATIONS)) {
    throw new InputError(
      "ERR_SCENARIO",
      `Expected the stations of medium "${link.medium.name}" to be 0 to ${MOST_STATIONS}, got ${count}`,
    );
  }
  if (traffic !== undefined) checkTraffic(traffic);
}

export interface StationsPlace {
  clock: Clock;
  pool: PacketPool;
  seed: number;
  media: Map<string, ContentionMedium>;
  active(): boolean;
}

/** Has the stations send while `active()`; gives what each sends over. */
export function startStations(
  options: StationsOptions,
  { clock, pool, seed, media, active }: StationsPlace,
): Channel[] {
  checkStations(options);
  const { count, link, traffic } = options;
  const { name } = link.medium;
  return Array.from({ length: count }, (_, i) => {
    const ends = { name: `${name}/station ${i}`, a: "station", b: "access point" };
    const { forward } = createLink(clock, pool, { ...ends, options: link }, seed, media);
    if (traffic !== undefined) {
      const random = randomStream(seed, `stations/${name}/${i}`);
      startTraffic(traffic, { clock, pool, channel: forward, random, active });
    } else {
      saturate({ clock, pool, active }, forward, 2 * (link.medium.aggregate ?? 1));
    }
    return forward;
  });
}

/** Keeps so many full packets before a channel. */
function saturate(
  { clock, pool, active }: Pick<StationsPlace, "clock" | "pool" | "active">,
  channel: Channel,
  ahead: number,
): void {
  const flow = channel.targets.length;
  const put = (): void => {
    if (!active()) return;
    const packet = pool.take();
    const { rows } = pool;
    for (const column of [SEQ, LENGTH, FLAGS, BLOCKS]) rows[packet + column] = 0;
    rows[packet + SIZE] = MTU;
    rows[packet + FLOW] = flow;
    channel.send(packet);
  };
  channel.targets[flow] = {
    receive: (packet) => {
      pool.release(packet);
      put();
    },
  };
  // One that is given up is made up for, too.
  channel.tap = (_, fate) => {
    if (fate === "lost") clock.at(clock.now, { fire: put });
  };
  const begin = (): void => {
    for (let i = 0; i < ahead; i++) put();
  };
  clock.at(clock.now, { fire: begin });
}
