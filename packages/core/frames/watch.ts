/** @file Who looks on while frames are simulated, and changes nothing. */
import type { Channel, PacketPool, VirtualClock } from "../network/index.ts";
import type { FrameTrace } from "./step.ts";

/** A transfer's way through a simulation: its channels, and what its packets are known by there. */
export interface OpenedTransfer {
  /** Place in `workSteps`. */
  step: number;
  there: readonly Channel[];
  back: readonly Channel[];
  /** Index on its channels; undefined: every message has one of its own. */
  flow?: number;
  /** Segments that may be under way, where a sender has such a bound. */
  window?(): number;
}

export interface WatchedWorld {
  clock: VirtualClock;
  pool: PacketPool;
  /** By the link's name: from `from` to `to`, and back. */
  links: ReadonlyMap<string, { forward: Channel; backward: Channel }>;
}

/** Is told of the scenario's first flow. */
export interface Watch {
  begin(world: WatchedWorld): void;
  opened(transfer: OpenedTransfer): void;
  captured(frame: number, trace: FrameTrace): void;
  /** A frame's message, without framing, is handed to a transfer. */
  sends(step: number, frame: number, bytes: number): void;
}
