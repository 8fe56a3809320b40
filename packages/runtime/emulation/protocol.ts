/** @file What the process of an emulated link is told, and what it answers: lines over its pipes. */
import type { ErrorCode } from "@split-et-impera/core/errors";
import type { LinkParameters } from "@split-et-impera/core/network";
import { deserialize, serialize } from "node:v8";
import type { PumpCounters } from "./pump.ts";

/** A network's device: TUN moved by our own process, or a pair of the kernel's own. */
export type DeviceKind = "tun" | "veth";

export interface WorkerOptions {
  devices: DeviceKind;
  parameters: LinkParameters | readonly [LinkParameters, LinkParameters];
  seed: number;
  name: string;
  hosts: readonly [string, string];
  addresses: readonly [string, string];
  mtu: number;
  congestionControl?: string;
}

/** How the process that moves packets is scheduled, and why not in real time; `kernel`: there is none. */
export type Scheduling = { scheduling: "fifo" | "normal" | "kernel"; why?: string };

/** What the hosts' TCP uses, what it could use, and why not what was asked. */
export interface CongestionControl {
  set: string;
  available: string[];
  why?: string;
}

/** The worker's first line: it stands, or it cannot and why. */
export type Opened =
  | {
      /** Descriptors of the networks, in /proc/PID/fd. */
      networks: [number, number];
      scheduling: Scheduling;
      congestionControl: CongestionControl;
    }
  | { failed: string; code?: ErrorCode };

/** An answer to the line `counters`: null where the worker moves no packets. */
export type Counted = PumpCounters | null;

/** A value as a line; infinities and absent fields stay what they are. */
export const toLine = (value: unknown): string => `${serialize(value).toString("base64")}\n`;
export const fromLine = (line: string): unknown => deserialize(Buffer.from(line, "base64"));
