/** @file A result in which one split design has an early exit before it, for tests of what is said of them. */
import { designId, type DesignResult, type Result } from "@split-et-impera/core/design";

const share = { value: 0.75, lo: 0.7, hi: 0.79, n: 400 };
const fallback = { value: 0.01, lo: 0.004, hi: 0.02, n: 1000 };

/** The result with its first split design as one of the kind EE; every place that named it names that. */
export function withExit(result: Result): { result: Result; early: DesignResult } {
  const split = result.designs.find(({ kind }) => kind === "SC")!;
  const exits = [{ after: 0, head: "exit", threshold: 0.625 }];
  const own = { ...split, exits };
  const id = designId(own);
  const renamed = JSON.stringify(result, (_, value: unknown) => (value === Infinity ? "Infinity" : value))
    .split(JSON.stringify(split.id))
    .join(JSON.stringify(id));
  const all = JSON.parse(renamed, (_, value: unknown) => (value === "Infinity" ? Infinity : value)) as Result;
  const early: DesignResult = {
    ...all.designs.find((one) => one.id === id)!,
    kind: "EE",
    exits,
    exited: { share, fallback },
  };
  const { explore } = all.study;
  const asked = { loss: 0.01, confidence: 0.95, hidden: 128, epochs: 30, learningRate: 0.002, batch: 64 };
  const calibration = { threshold: 0.625, samples: 1333, share: 0.8, lost: 0.004, bound: 0.0095 };
  const cut = split.segments[0]!.to.join(",");
  const learned = { features: 512, parameters: 66_954, epochs: [{ loss: 0.1, accuracy: 0.95 }] };
  return {
    early,
    result: {
      ...all,
      study: { ...all.study, explore: { ...explore, exits: asked } },
      designs: all.designs.map((one) => (one.id === id ? early : one)),
      exits: [
        { cut, ...learned, calibration },
        { cut: "never", ...learned, calibration: { samples: 1333, share: 0, lost: 0, bound: 0.002 } },
      ],
    },
  };
}
