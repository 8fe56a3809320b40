/** @file What a host is started with, and what it tells of itself. */
import type { InputError } from "@split-et-impera/core/errors";
import type { Address } from "../index.ts";
import type { Trust } from "../trust/index.ts";
import type { Answer } from "./answer.ts";
import type { Pictures } from "./coding.ts";
import type { DatagramCounters, LineEvent } from "./neighbours.ts";
import type { FrameRecord } from "./record.ts";
import type { SegmentsOptions } from "./segments.ts";

export interface HostOptions extends SegmentsOptions {
  host: string;
  trust: Trust;
  /** Where others reach it; needed where the deployment has others connect to it. */
  listen?: Address | undefined;
  /** Of the hosts that it connects to, by name. */
  addresses?: Readonly<Record<string, Address>>;
  /** Of models that stand for hosts, by those: URLs of the Open Inference Protocol, in place of an address. */
  models?: Readonly<Record<string, URL>> | undefined;
  /** Models without TLS on other addresses than loopback. */
  anywhere?: boolean | undefined;
  pictures?: Pictures | undefined;
  /** `local`: this host runs the rest of the model where the answer would come too late. Default: no answer then. */
  fallback?: "local" | undefined;
  /** Frames at once, whose deadline is still to come; further ones are dropped. Default 64. */
  inFlight?: number | undefined;
  /** ns that a piece of work takes on the host that this machine stands for; what is done sooner waits. */
  pace?: ((work: string, frame: number) => number | undefined) | undefined;
  /** On the host that captures, where frames are traced: 32 bytes from which hosts make the same names for a frame's trace. */
  traceSeed?: Uint8Array<ArrayBuffer> | undefined;
  /** On the host that captures: of each frame, once. */
  onRecord?(record: FrameRecord): void;
  /** Of each frame of another host, when it has passed this host's part of the model; seconds, as in a record. */
  onServed?(parts: FrameRecord["parts"], frame: ServedFrame): void;
  /** On a host where answers are due that other hosts' frames get. */
  onAnswer?(answer: { frame: number; answer: Answer; deadlineMet: boolean }): void;
  onEvent?(event: LineEvent): void;
  /** Asked for, some times a second, where given: ns to a host and back, of a few bytes. */
  onRoundTrip?: ((ns: number, peer: string) => void) | undefined;
  /** Of a frame from which no answer came of what this host did: why. */
  onUnreadable?(frame: number, error: InputError): void;
}

/** A frame that came from another host. */
export interface ServedFrame {
  frame: number;
  /** By what its trace is named; absent where it is not traced. */
  traceSeed?: Uint8Array<ArrayBuffer>;
}

export interface HostCounters extends DatagramCounters {
  /** Frames that were captured here or came from another host; of these, passed over, and without anything to read. */
  frames: number;
  dropped: number;
  unreadable: number;
  /** Datagrams of frames that never came. */
  missing: number;
}
