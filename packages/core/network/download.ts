/** @file A TCP download as background: as fast as the link and the others on it let it. */
import { InputError } from "../errors/index.ts";
import type { Clock } from "./clock.ts";
import { MSS, SYN_HEADERS } from "./headers.ts";
import { freeFlow, type Link } from "./link.ts";
import { LARGEST_MESSAGE, LONGEST_NS } from "./link-options.ts";
import type { PacketPool } from "./packet.ts";
import { congestionNames, connect, type CongestionName } from "./tcp/index.ts";

export interface DownloadOptions {
  pattern: "download";
  /** Default cubic. */
  cc?: CongestionName;
  /** Bytes of a transfer, after which there is a pause. Default: it has no end. */
  bytes?: number;
  /** ns from the end of a transfer to the next one, over the same connection. Default 0. */
  pause?: number;
}

/** What a download without end has written ahead of what has arrived. */
const AHEAD = 4_000_000;

/** @throws InputError `ERR_SCENARIO` where a value cannot be. */
export function checkDownload({ bytes = 1, pause = 0, cc = "cubic" }: DownloadOptions): void {
  const fail = (field: string, expected: string, found: unknown): never => {
    throw new InputError("ERR_SCENARIO", `Expected ${field} of a download to be ${expected}, got ${String(found)}`);
  };
  if (!(Number.isInteger(bytes) && bytes >= 1 && bytes <= LARGEST_MESSAGE))
    fail("bytes", `1 to ${LARGEST_MESSAGE}`, bytes);
  if (!(pause >= 0 && pause <= LONGEST_NS)) fail("the pause", `0 to ${LONGEST_NS} ns`, pause);
  if (!congestionNames.includes(cc)) fail("the congestion control", `one of ${congestionNames.join(", ")}`, cc);
}

export interface DownloadPlace {
  clock: Clock;
  pool: PacketPool;
  link: Link;
  /** The host that sends: one of the link's ends. */
  from: string;
  /** ns of the link's two ways for a packet of the handshake. */
  idleNs(bytes: number): number;
  seed: number;
  name: string;
  active(): boolean;
}

/** Sends over `link` while `active()`; the handshake is over when it begins. */
export function startDownload(options: DownloadOptions, place: DownloadPlace): { readonly delivered: number } {
  checkDownload(options);
  const { clock, pool, link, from, idleNs, seed, name, active } = place;
  const { bytes, pause = 0, ...tcp } = options;
  const [there, back] = from === link.a ? [link.forward, link.backward] : [link.backward, link.forward];
  const flow = freeFlow(there, back);
  const [sender, receiver] = connect({
    clock,
    pool,
    path: {
      forward: there,
      backward: back,
      arrive: (end, receiver) => void ((end === 0 ? back : there).targets[flow] = receiver),
      handshake: Math.round(idleNs(SYN_HEADERS)),
    },
    flow,
    options: tcp,
    seed,
    name,
  });
  const tally = { delivered: 0 };
  let written = 0;
  const write = (more: number): void => {
    if (!active() || sender.sender.broken) return;
    written += more;
    sender.write(more);
  };
  const next = { fire: () => write(bytes!) };
  receiver.application.delivered = (total) => {
    tally.delivered = total;
    if (bytes === undefined) {
      // In steps, so that the sender is not asked for every segment.
      if (written - total < AHEAD / 2) write(AHEAD / 2);
    } else if (total === written) clock.at(clock.now + pause, next);
  };
  clock.at(clock.now, { fire: () => write(bytes ?? Math.ceil(AHEAD / MSS) * MSS) });
  return tally;
}
