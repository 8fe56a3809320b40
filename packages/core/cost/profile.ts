/** @file What segments cost on a host: measured times, and how they carry over to another host. */

import { wholeWork } from "./work.ts";

/** Times of repeated runs, in seconds: those of the quietest of several bursts. */
export interface Timing {
  median: number;
  /** 5th and 95th percentile. */
  lo: number;
  hi: number;
  /** Runs. */
  n: number;
}

/** Times measured on one machine, by what was run: `whole`, `head@<tensor>`, `tail@<tensor>`, `encode uint8@<tensor>`, ... */
export interface Profile {
  format: 1;
  /** What measured it. */
  machine: { engine: string; platform: string; cpu: string; threads: number };
  /** SHA-256 of the model file. */
  model: string;
  timings: Record<string, Timing>;
}

/** A host's speed relative to the machine that measured, and a profile measured on the host itself, if there is one. */
export interface HostSpeed {
  speed: number;
  profile?: Profile;
}

/**
 * Seconds that a piece of work takes on a host: the profile's median where it holds that work; where it does not, this
 * machine's time carried over. All divided by the host's speed.
 * @param here times measured on this machine; must hold the work and `whole`
 */
export function secondsOn(host: HostSpeed, work: string, here: Readonly<Record<string, Timing>>): number {
  const direct = host.profile?.timings[work];
  if (direct) return direct.median / host.speed;
  return carryOver(host, here[work]?.median ?? 0, here[wholeWork]);
}

/** Seconds on a host of what takes `seconds` here, by what the profile and this machine need for the whole model. */
export function carryOver({ speed, profile }: HostSpeed, seconds: number, whole: Timing | undefined): number {
  const there = profile?.timings[wholeWork];
  return (seconds * (there && whole ? there.median / whole.median : 1)) / speed;
}
