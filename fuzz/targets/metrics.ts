/** @file What `sei top` may be sent in place of metrics. */
import { InputError } from "../../packages/core/dist/errors/index.js";
import { HostMetrics } from "../../packages/runtime/dist/metrics/index.js";
import { readMetrics } from "../../packages/sei/dist/top/scrape.js";
import { viewOf } from "../../packages/sei/dist/top/view.js";
import { mutateBytes } from "../mutate/bytes.ts";
import type { Target } from "../target.ts";

function text(): Uint8Array {
  const seen = new HostMetrics({ host: "camera", design: "SC@a", version: "1", deadlineNs: 5e7 });
  for (let frame = 0; frame < 9; frame++)
    seen.record({
      frame,
      captured: 0,
      latency: 0.01 * frame,
      deadlineMet: true,
      missing: 0,
      bytes: 8,
      parts: { head: 0.001 },
    });
  const counters = { frames: 9, dropped: 0, unreadable: 0, missing: 0, forged: 0, replayed: 0, strange: 0, unsent: 0 };
  const role = {
    host: "camera",
    captures: true,
    segments: [0],
    finishes: false,
    answered: true,
    listens: false,
    dials: [],
  };
  return new TextEncoder().encode(seen.text({ role, counters, peers: [] }, { socket: 0, system: 0 }));
}

export const metrics: readonly Target[] = [
  {
    name: "metrics",
    share: 1000,
    seeds: () => [text()],
    mutate: (seed, random) => mutateBytes(seed as Uint8Array, random),
    read(input) {
      const found = readMetrics(new TextDecoder().decode(input as Uint8Array));
      if (!found.has("sei_info")) throw new InputError("ERR_CONNECT", "no metrics of ours");
      viewOf({ at: 2, metrics: found }, { at: 1, metrics: found });
      viewOf({ at: 2, metrics: found });
    },
  },
];
