/** @file The congestion controls by name. A new one is a file and a row here. */
import type { Congestion, CongestionName } from "./congestion.ts";
import { createCubic } from "./cubic.ts";
import { createReno } from "./reno.ts";
import type { Sender } from "./sender.ts";

const controls: Record<Exclude<CongestionName, "bbr">, (sender: Sender) => Congestion> = {
  cubic: createCubic,
  reno: createReno,
};

export function createCongestion(name: CongestionName, sender: Sender): Congestion {
  return controls[name === "bbr" ? "cubic" : name](sender);
}
