/** @file The congestion controls by name. A new one is a file and a row here. */
import { createBbr } from "./bbr.ts";
import type { Congestion, CongestionName } from "./congestion.ts";
import { createCubic } from "./cubic.ts";
import { createReno } from "./reno.ts";
import type { Sender } from "./sender.ts";

/** `draw` gives uniform numbers in [0, 1) to those that need chance. */
const controls: Record<CongestionName, (sender: Sender, draw: () => number) => Congestion> = {
  cubic: createCubic,
  reno: createReno,
  bbr: createBbr,
};

export const congestionNames = Object.keys(controls) as CongestionName[];

export function createCongestion(name: CongestionName, sender: Sender, draw: () => number): Congestion {
  return controls[name](sender, draw);
}
