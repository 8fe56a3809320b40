/** @file An emulated link between two hosts of this machine: one face over several ways to make it. */
import type { LinkParameters } from "@split-et-impera/core/network";
import type { Lateness } from "./lateness.ts";
import type { CongestionControl, Scheduling } from "./protocol.ts";
import type { Spawn } from "./worker.ts";

/**
 * - `tun`: two networks joined by TUN devices, packets moved by the simulator's own link code in real time.
 * - `netem`: two networks joined by the kernel's veth, with its own netem. Not every kernel has it.
 * - `kernel`: the same with tbf for the rate and nftables for independent losses: a witness that shares no code with
 *   us. It cannot delay.
 * - `proxy`: relays on loopback; no networks of their own, so that TCP sees the rate and the delay but no loss.
 */
export type LinkKind = "tun" | "netem" | "kernel" | "proxy";

export const linkKinds: readonly LinkKind[] = ["netem", "tun", "kernel", "proxy"];

export interface EmulationOptions {
  /** Default: the first of netem, tun and proxy that this machine has and that can do what the link asks. */
  kind?: LinkKind;
  /** Both directions, or a to b and b to a. */
  link: LinkParameters | readonly [LinkParameters, LinkParameters];
  /** Of the losses and the jitter. Default 1. */
  seed?: number;
  /** Bytes of the largest packet, IP header included. Default 1500. */
  mtu?: number;
  /** As Linux calls it: reno, cubic, bbr. Default: the system's. */
  congestionControl?: string;
  /** Names of the two hosts. Default `a` and `b`. */
  hosts?: readonly [string, string];
  /** Names the random streams as in a simulation of a link of this name. Default `link`. */
  name?: string;
}

export interface EmulatedHost {
  name: string;
  /** IPv4, as the other host reaches it. */
  address: string;
  /** How to start a program on this host. */
  exec(command: string, args?: readonly string[]): Spawn;
}

export interface LinkCounters {
  /** IP packets that entered the link, both directions together. */
  sent: number;
  lossesByLink: number;
  /** Found the link's queue full. */
  queueDrops: number;
  /** Dropped by full buffers of sockets and devices, not by the link. */
  dropsInBuffers: number;
  /** Of releases behind their schedule, seconds; absent where the kernel releases. */
  lateness?: Lateness;
}

export interface EmulatedLink extends AsyncDisposable {
  kind: LinkKind;
  hosts: readonly [EmulatedHost, EmulatedHost];
  /** Whether the process that moves packets goes before all others. */
  scheduling: Scheduling;
  congestionControl: CongestionControl;
  /** What this kind does otherwise than the link asks, a sentence each. */
  differs: readonly string[];
  /** Where a program on the other host reaches a port of host `to` (0 or 1). */
  reach(to: 0 | 1, port: number, transport: "tcp" | "udp"): Promise<{ host: string; port: number }>;
  counters(): Promise<LinkCounters>;
  close(): Promise<void>;
}
