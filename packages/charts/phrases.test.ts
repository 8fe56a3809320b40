/** @file Statements in words: the sentences that a reader meets, whole. */
import { localDesign, over, remoteDesign, splitDesign, type Design, type Phrase } from "@split-et-impera/core/design";
import type { OrderKind } from "@split-et-impera/core/wire";
import type { Study } from "@split-et-impera/core/study";
import { describe, expect, it } from "vitest";
import { clauseRuns, overloadText, sentenceRuns } from "./phrases.ts";

const ends = { inputs: ["image"], outputs: ["scores"] };
const study = {
  hosts: { camera: {}, gateway: {}, server: {} },
  links: [{ between: ["camera", "gateway"] }, { between: ["gateway", "server"] }],
  frames: { host: "camera", answer: { host: "camera", bytes: 16 } },
} as unknown as Study;
const split = (cut: string, bottleneck?: { compression: number }): Design =>
  splitDesign(study, ends, ["camera", "server"], [{ cut: [cut], codec: "uint8", ...(bottleneck && { bottleneck }) }]);
const inOrder = (order: OrderKind): Design =>
  over(splitDesign(study, ends, ["camera", "server"], [{ cut: ["pool3"], codec: "uint8", order }]), "udp");
const designs = new Map<string, Design>([
  ["local", localDesign(study, ends)],
  ["remote", over(remoteDesign(study, ends, { format: "jpeg", quality: 90 }), "udp")],
  ["split", split("pool3")],
  ["squeezed", split("pool3", { compression: 8 })],
  ["interleaved", inOrder("interleaved")],
  ["as it lies", inOrder("tensor")],
  [
    "row",
    splitDesign(
      study,
      ends,
      ["camera", "gateway", "server"],
      [
        { cut: ["pool1"], codec: "uint8" },
        { cut: ["left", "right"], codec: "uint8" },
      ],
    ),
  ],
]);
const words = (runs: ReturnType<typeof sentenceRuns>): string =>
  runs.map((run) => ("text" in run ? run.text : "design" in run ? `<${run.design}>` : `{${run.tensor}}`)).join("");
const said = (...phrases: Phrase[]): string => words(sentenceRuns(phrases, { designs, study }));

describe("a verdict", () => {
  const accuracy: Phrase = { kind: "figure", metric: "accuracy", value: 0.861 };
  const p95: Phrase = { kind: "figure", metric: "latency", statistic: "p95", value: 0.031, bound: 0.05 };

  it("says what to do and how well it does", () => {
    expect(said({ kind: "choose", design: "split" }, accuracy, p95)).toBe(
      "Split at {pool3} in uint8 over TCP on camera and server: 86.1 % accuracy, p95 31 ms of 50 ms allowed.",
    );
    expect(said({ kind: "choose", design: "squeezed" }, { ...accuracy, bound: 0.85 })).toBe(
      "Split at {pool3} with an 8x bottleneck in uint8 over TCP on camera and server: 86.1 % accuracy of 85 % asked.",
    );
    expect(said({ kind: "choose", design: "interleaved" })).toBe(
      "Split at {pool3} in uint8 over UDP on camera and server.",
    );
    expect(said({ kind: "choose", design: "as it lies" })).toBe(
      "Split at {pool3} in uint8 in tensor order over UDP on camera and server.",
    );
    expect(said({ kind: "choose", design: "local" }, accuracy)).toBe(
      "Do not split: run the whole model on camera: 86.1 % accuracy.",
    );
    expect(said({ kind: "choose", design: "remote" }, accuracy, { kind: "unanswered", frames: 1 })).toBe(
      "Do not split: send the input as jpeg 90 over UDP and run the whole model on server: 86.1 % accuracy, 1 frame unanswered.",
    );
    expect(said({ kind: "choose", design: "row" })).toBe(
      "Split at {pool1} and {left}, {right} in uint8 over TCP on camera, gateway and server.",
    );
  });

  it("says what would have to give", () => {
    const relax = (requirement: string, to: string): Phrase => ({ kind: "relax", requirement, to });
    expect(
      said({ kind: "nearest", design: "remote" }, relax("bytes <= 20 kB", "bytes <= 21 kB"), relax("a", "b")),
    ).toBe(
      "No design meets every requirement; the nearest, <remote>, would with bytes <= 21 kB (asked: bytes <= 20 kB) and b (asked: a).",
    );
    const undecided: Phrase = {
      kind: "undecided",
      requirement: "latency p95 <= 50 ms",
      metric: "latency",
      value: 0.0495,
      lo: 0.0485,
      hi: 0.0505,
    };
    expect(said({ kind: "unsure", design: "local", decides: ["frames"] }, undecided)).toBe(
      "No design is sure to meet every requirement (more frames would decide): the nearest, <local>, " +
        "is not sure to meet latency p95 <= 50 ms (49.5 ms, 95 % interval 48.5 ms to 50.5 ms).",
    );
    const piled: Phrase = { ...undecided, value: Infinity, lo: 0, hi: Infinity };
    expect(said({ kind: "unsure", design: "local", decides: ["times"] }, piled)).toContain(
      "is not sure to meet latency p95 <= 50 ms (overloaded, unless its hosts are quicker than measured).",
    );
    expect(said({ kind: "nothing" })).toBe("There is no design to choose from: widen what the study explores.");
  });
});

describe("a reason", () => {
  it("names what is worse, after what cannot be told apart", () => {
    expect(
      said(
        { kind: "even", aim: "accuracy", value: 0.87, than: 0.865 },
        { kind: "worse", aim: "latency", value: 0.04, than: 0.031 },
      ),
    ).toBe(
      "the samples cannot tell them apart in accuracy (87 % against 86.5 %), but its p95 latency is longer: 40 ms against 31 ms.",
    );
    expect(said({ kind: "tie" }, { kind: "even", aim: "bytes", value: 10, than: 10 })).toBe(
      "a tie: the samples cannot tell them apart in bytes (10 B each).",
    );
  });

  it("never gives two equal numbers", () => {
    expect(said({ kind: "worse", aim: "latency", value: 0.025_014, than: 0.025 })).toBe(
      "its p95 latency is longer: 25.01 ms against 25 ms.",
    );
    expect(said({ kind: "worse", aim: "accuracy", value: 0.970_01, than: 0.97 })).toContain("97.001 % against 97 %");
  });

  it("tells a bound from what misses it by a hair", () => {
    const by = { requirement: "latency p95 <= 50 ms", metric: "latency", value: 0.050_001, bound: 0.05 } as const;
    expect(said({ kind: "misses", ...by })).toBe("misses latency p95 <= 50 ms with 50.001 ms.");
    expect(said({ kind: "unsure", design: "local", decides: ["frames", "times"] })).toContain(
      "(more frames or surer compute times would decide)",
    );
  });

  it("names every requirement that is missed", () => {
    const misses: Phrase = {
      kind: "misses",
      bound: 512e3,
      requirement: "memory on camera <= 512 kB",
      metric: "memory",
      host: "camera",
      value: 684e3,
    };
    expect(said(misses, { ...misses, requirement: "bytes <= 1 kB", metric: "bytes", value: 2000 })).toBe(
      "misses memory on camera <= 512 kB with 684 kB and misses bytes <= 1 kB with 2 kB.",
    );
    expect(words(clauseRuns([misses], { designs, study }))).not.toMatch(/\.$/);
  });

  it("says what is overloaded, and by what", () => {
    expect(overloadText({ offered: 20, sustained: 1.6, busiest: "link" })).toBe(
      "overloaded: 1.6 of 20 fps (link is busy)",
    );
  });
});

it("the optimum says what it is, what it costs to do without, and what it leaves out", () => {
  const placement = { kind: "SC", cut: "pool3", codec: "uint8" } as const;
  expect(
    said(
      { kind: "best-placement", of: 31, placement, host: "camera", seconds: 0.0575 },
      { kind: "candidate" },
      { kind: "simulated", medians: [0.0597] },
      { kind: "beyond", design: "squeezed", median: 0.0246 },
    ),
  ).toBe(
    "The best of all 31 placements is a split at {pool3} in uint8: 57.5 ms by adding up. It is a candidate: the candidates " +
      "give up nothing. Simulated, its median is 59.7 ms. The quickest design with a bottleneck, <squeezed>, has a " +
      "median of 24.6 ms.",
  );
  expect(said({ kind: "best-placement", of: 1, placement, host: "camera", seconds: 0.0575 })).toBe(
    "The only placement is a split at {pool3} in uint8: 57.5 ms by adding up.",
  );
  const noise: Phrase = { kind: "gives-up", placement, seconds: 0.002, share: 0.02, unsure: 0.003 };
  expect(said({ ...noise, seconds: 0.0101, share: 35, unsure: undefined })).toContain(
    "gives up 10.1 ms (36 times as long)",
  );
  expect(said({ kind: "none-tried" })).toBe("the study has no candidates of its own to compare.");
  expect(said(noise)).toContain("gives up 2 ms (2 %), no more than the times that are added up may be off (3 ms)");
  expect(
    said(
      { kind: "best-placement", of: 9, placement: { kind: "RC" }, host: "server", seconds: 0.013 },
      { kind: "gives-up", placement, seconds: 0.0106, share: 0.81 },
      {
        kind: "simulated",
        medians: [0.03, 0.0223],
        added: [
          { coding: 0.017, waiting: 0, sending: 0 },
          { coding: 0, waiting: 0.000_1, sending: 0 },
        ],
      },
    ),
  ).toBe(
    "The best of all 9 placements is the whole model on server: 13 ms by adding up; the best candidate, SC@{pool3} uint8, " +
      "gives up 10.6 ms (81 %). Simulated, their medians are 30 ms and 22.3 ms, the other way round: to what is added up " +
      "the simulation adds 17 ms of coding to the first and nothing to the second.",
  );
});
