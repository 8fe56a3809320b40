/** @file A link of two directions between hosts, and ways over several. */
import { randomStream } from "../random/index.ts";
import { Channel, type Medium } from "./channel.ts";
import type { Clock } from "./clock.ts";
import { checkLink, type LinkParameters } from "./link-options.ts";
import { ContentionMedium } from "./medium.ts";
import { createOutages, type Outages } from "./outages.ts";
import type { PacketPool, Receiver } from "./packet.ts";

/** A two-way link between hosts `a` and `b`. */
export interface Link {
  name: string;
  a: string;
  b: string;
  forward: Channel;
  backward: Channel;
}

/**
 * Leads a flow over channels, one hop after the other, to `receiver`.
 *
 * @param flow an index that is free on all of them (`freeFlow`).
 */
export function route(channels: readonly Channel[], flow: number, receiver: Receiver): void {
  for (const [hop, channel] of channels.entries()) channel.targets[flow] = channels[hop + 1] ?? receiver;
}

/** A flow index that none of the channels uses. */
export function freeFlow(...channels: readonly Channel[]): number {
  return Math.max(0, ...channels.map(({ targets }) => targets.length));
}

/**
 * Makes the two directions of a link. The random streams depend on the seed and on `name/from->to` only.
 *
 * @param options for both directions, or one for each (a to b, b to a; `duplex` is the first one's).
 * @param media media by name, for links that share one.
 * @throws InputError `ERR_LINK` where a value cannot be.
 */
export function createLink(
  clock: Clock,
  pool: PacketPool,
  link: { name: string; a: string; b: string; options: LinkParameters | readonly [LinkParameters, LinkParameters] },
  seed: number,
  media = new Map<string, ContentionMedium>(),
): Link {
  const { name, a, b } = link;
  const [there, back] = "rate" in link.options ? [link.options, link.options] : link.options;
  const shared = ({ medium: options }: LinkParameters): ContentionMedium | undefined => {
    if (options === undefined) return undefined;
    const known =
      media.get(options.name) ?? new ContentionMedium(clock, randomStream(seed, `medium/${options.name}`), options);
    media.set(options.name, known);
    return known;
  };
  checkLink(name, there);
  checkLink(name, back);
  const outagesOf = ({ outages }: LinkParameters): Outages | undefined => outages && createOutages(outages, seed, name);
  const down = outagesOf(there);
  const medium: Medium = { free: -Infinity };
  const other: Medium = there.duplex === "half" ? medium : { free: -Infinity };
  return {
    name,
    a,
    b,
    forward: new Channel(clock, pool, {
      options: there,
      seed,
      name: `${name}/${a}->${b}`,
      medium,
      shared: shared(there),
      outages: down,
    }),
    backward: new Channel(clock, pool, {
      options: back,
      seed,
      name: `${name}/${b}->${a}`,
      medium: other,
      shared: shared(back),
      outages: back === there ? down : outagesOf(back),
    }),
  };
}
