/** @file Verdicts over designs made by hand. */
import { describe, expect, it } from "vitest";
import { checkDesign, describeDesign, match, paretoSet } from "./index.ts";
import { parseRequirement } from "../study/index.ts";
import type { CheckState, DesignResult } from "./result.ts";
import type { Estimate } from "../statistics/index.ts";
import type { Requirement } from "../study/index.ts";

const require = (...texts: string[]): Requirement[] =>
  texts.map((text) => {
    const requirement = parseRequirement(text);
    if (typeof requirement === "string") throw new Error(requirement);
    return requirement;
  });

const around = (value: number, half: number): Estimate => ({ value, lo: value - half, hi: value + half, n: 500 });

const share = (value: number, half: number): Estimate => ({
  ...around(value, half),
  lo: Math.max(0, value - half),
  hi: Math.min(1, value + half),
});

interface Figures {
  accuracy?: number;
  /** Half width of the drop's interval. */
  noise?: number;
  p95?: number;
  spread?: number;
  bytes?: number;
  memory?: number;
  misses?: number;
  framesLost?: number;
}

function design(id: string, figures: Figures = {}): DesignResult {
  const { accuracy = 0.86, noise = 0.01, p95 = 0.03, spread = 0.001, bytes = 1000, memory = 1e6 } = figures;
  const [head = "", codec, transport] = id.split(" ");
  const [kind, cut] = head.split("@");
  const latency = around(p95, spread);
  return {
    id,
    kind: kind as DesignResult["kind"],
    cut,
    codec,
    transport: transport as DesignResult["transport"],
    accuracy: { clean: share(accuracy, 0.02), delivered: share(accuracy, 0.02) },
    accuracyDrop: around(0.9 - accuracy, noise),
    latency: { median: latency, p95: latency, p99: latency, mean: p95, max: p95 * 2 },
    parts: { head: 0, encode: 0, queue: 0, wire: p95, decode: 0, middle: 0, tail: 0, answer: 0 },
    deadlineMisses: around(figures.misses ?? 0.002, 0.001),
    framesLost: figures.framesLost ?? 0,
    bytes,
    throughput: 100,
    memory: { camera: memory },
    checks: [],
    pareto: false,
  };
}

const states = (figures: Figures, ...texts: string[]): CheckState[] =>
  checkDesign(design("LC", figures), require(...texts)).map(({ state }) => state);

describe("a design against its requirements", () => {
  it("is met, missed or undecided by where the interval lies", () => {
    expect(states({ p95: 0.03 }, "latency p95 <= 50 ms")).toEqual(["met"]);
    expect(states({ p95: 0.06 }, "latency p95 <= 50 ms")).toEqual(["missed"]);
    expect(states({ p95: 0.0495 }, "latency p95 <= 50 ms")).toEqual(["undecided"]);
    expect(states({ p95: 0.0505 }, "latency p95 <= 50 ms")).toEqual(["undecided"]);
    expect(states({ accuracy: 0.9 }, "accuracy >= 85 %")).toEqual(["met"]);
    expect(states({ accuracy: 0.86 }, "accuracy >= 85 %")).toEqual(["undecided"]);
    expect(states({ accuracy: 0.8 }, "accuracy >= 85 %")).toEqual(["missed"]);
  });

  it("meets a bound that it touches", () => {
    expect(states({ p95: 0.05, spread: 0 }, "latency p95 <= 50 ms")).toEqual(["met"]);
    expect(states({ bytes: 20_000 }, "bytes <= 20 kB")).toEqual(["met"]);
  });

  it("never leaves what is computed undecided", () => {
    expect(states({ bytes: 20_001 }, "bytes <= 20 kB", "memory <= 64 MB", "throughput >= 20 fps")).toEqual([
      "missed",
      "met",
      "met",
    ]);
    expect(states({ memory: 65e6 }, "memory on camera <= 64 MB", "memory on server <= 1 MB")).toEqual([
      "missed",
      "met",
    ]);
    expect(states({ p95: 0.03 }, "latency max <= 50 ms", "latency mean <= 50 ms")).toEqual(["missed", "met"]);
  });

  it("takes the mean's interval where there is one", () => {
    const one = design("LC", { p95: 0.03 });
    one.latency.meanInterval = { lo: 0.02, hi: 0.06 };
    expect(checkDesign(one, require("latency mean <= 50 ms"))[0]!.state).toBe("undecided");
  });

  it("says how far from the bound it is, relative to it", () => {
    const [near] = checkDesign(design("LC", { p95: 0.04 }), require("latency p95 <= 50 ms"));
    expect(near).toMatchObject({ value: 0.04 });
    expect(near!.margin).toBeCloseTo(0.2, 12);
    const [far] = checkDesign(design("LC", { accuracy: 0.68 }), require("accuracy >= 85 %"));
    expect(far!.margin).toBeCloseTo(-0.2, 12);
    const [none] = checkDesign(design("LC", { accuracy: 0.88 }), require("accuracy-drop <= 0"));
    expect(none!.margin).toBeCloseTo(-0.02, 12);
  });

  it("misses with lost frames, and takes no value that is not a number", () => {
    expect(states({ p95: Infinity }, "latency p95 <= 50 ms")).toEqual(["missed"]);
    expect(() => states({ p95: Number.NaN }, "latency p95 <= 50 ms")).toThrow("internal:");
    expect(() => states({ bytes: Number.NaN }, "bytes <= 20 kB")).toThrow("internal:");
  });
});

describe("the Pareto set", () => {
  it("keeps what no other design beats", () => {
    const set = paretoSet([
      design("accurate", { accuracy: 0.9, p95: 0.09, bytes: 100 }),
      design("fast", { accuracy: 0.8, p95: 0.01, bytes: 100 }),
      design("small", { accuracy: 0.8, p95: 0.09, bytes: 10 }),
      design("beaten", { accuracy: 0.8, p95: 0.09, bytes: 100 }),
      design("twin", { accuracy: 0.8, p95: 0.01, bytes: 100 }),
    ]);
    expect([...set].sort()).toEqual(["accurate", "fast", "small", "twin"]);
  });

  it("of nothing is empty", () => {
    expect(paretoSet([]).size).toBe(0);
  });
});

describe("the recommended design", () => {
  const needs = require("latency p95 <= 50 ms", "accuracy-drop <= 6 %");

  it("is the most accurate of those that fit", () => {
    const verdict = match(
      [
        design("LC", { accuracy: 0.9, p95: 0.2 }),
        design("SC@pool3 uint8 tcp", { accuracy: 0.89, p95: 0.031 }),
        design("SC@pool4 uint8 tcp", { accuracy: 0.86, p95: 0.02 }),
      ],
      needs,
      ["accuracy", "latency"],
    );
    expect(verdict.recommended).toBe("SC@pool3 uint8 tcp");
    expect(verdict.fitting).toEqual(["SC@pool3 uint8 tcp", "SC@pool4 uint8 tcp"]);
    expect(verdict.ties).toEqual([]);
    expect(verdict.sentence).toBe("Split at pool3 in uint8 over TCP: 89 % accuracy, p95 31 ms of 50 ms allowed.");
    expect(verdict.runnerUp).toEqual({
      id: "SC@pool4 uint8 tcp",
      because: "its accuracy is lower: 86 % against 89 %",
    });
  });

  it("lets latency decide where the accuracies are equal within the noise", () => {
    const verdict = match(
      [
        design("RC raw tcp", { accuracy: 0.87, p95: 0.04 }),
        design("SC@pool3 uint8 tcp", { accuracy: 0.865, p95: 0.031 }),
      ],
      needs,
      ["accuracy", "latency"],
    );
    expect(verdict.recommended).toBe("SC@pool3 uint8 tcp");
    expect(verdict.runnerUp?.because).toBe(
      "the samples cannot tell them apart in accuracy (87 % against 86.5 %), " +
        "but its p95 latency is longer: 40 ms against 31 ms",
    );
  });

  it("believes the paired difference before the intervals", () => {
    const designs = [
      design("RC raw tcp", { accuracy: 0.87, p95: 0.04 }),
      design("SC@pool3 uint8 tcp", { accuracy: 0.865, p95: 0.031 }),
    ];
    const pairedAccuracy = (a: string): Estimate => around(a.startsWith("RC") ? 0.005 : -0.005, 0.002);
    expect(match(designs, needs, ["accuracy", "latency"], { pairedAccuracy }).recommended).toBe("RC raw tcp");
  });

  it("names what nothing decides a tie, and gives the same answer in any order", () => {
    const designs = ["SC@b uint8 tcp", "SC@a uint8 tcp", "SC@c uint8 tcp"].map((id) => design(id));
    const verdict = match(designs, needs, ["accuracy", "latency"]);
    expect(verdict.recommended).toBe("SC@a uint8 tcp");
    expect(verdict.ties).toEqual(["SC@b uint8 tcp", "SC@c uint8 tcp"]);
    expect(verdict.runnerUp?.because).toMatch(/^a tie: /);
    expect(match([...designs].reverse(), needs, ["accuracy", "latency"])).toEqual(verdict);
  });

  it("takes the better value within a tie", () => {
    const designs = [design("SC@a uint8 tcp", { p95: 0.0312 }), design("SC@b uint8 tcp", { p95: 0.031 })];
    const verdict = match(designs, needs, ["latency"]);
    expect(verdict.recommended).toBe("SC@b uint8 tcp");
    expect(verdict.ties).toEqual(["SC@a uint8 tcp"]);
  });

  it("follows the objective", () => {
    const designs = [
      design("LC", { accuracy: 0.9, p95: 0.04, bytes: 0, memory: 9e6 }),
      design("SC@a uint8 tcp", { accuracy: 0.86, p95: 0.02, bytes: 500, memory: 1e6 }),
    ];
    expect(match(designs, needs, ["bytes"]).recommended).toBe("LC");
    expect(match(designs, needs, ["memory"]).recommended).toBe("SC@a uint8 tcp");
    expect(match(designs, needs, ["latency"]).runnerUp?.because).toBe("its p95 latency is longer: 40 ms against 20 ms");
  });

  it("may be not to split", () => {
    const names = { capturing: "camera", other: "server" };
    const local = match([design("LC", { accuracy: 0.9 })], require(), ["accuracy"], { hosts: names });
    expect(local.sentence).toBe("Do not split: run the whole model on camera: 90 % accuracy, p95 30 ms.");
    expect(local.runnerUp).toBeUndefined();
    const remote = match(
      [design("RC jpeg-90 udp", { accuracy: 0.9, framesLost: 1 })],
      require("accuracy >= 85 %"),
      ["accuracy"],
      {
        hosts: names,
      },
    );
    expect(remote.sentence).toBe(
      "Do not split: send the input as jpeg 90 over UDP and run the whole model on server: " +
        "90 % accuracy of 85 % asked, p95 30 ms, 1 frame unanswered.",
    );
  });

  it("names the bottleneck", () => {
    expect(describeDesign({ kind: "SC", cut: "pool3", codec: "uint8", bottleneck: 64, transport: "udp" })).toBe(
      "Split at pool3 with a 64x bottleneck in uint8 over UDP",
    );
  });

  it("has, where it alone fits, the nearest of the others as its runner-up", () => {
    const verdict = match(
      [
        design("LC", { accuracy: 0.9, p95: 0.2 }),
        design("RC raw tcp", { accuracy: 0.9, p95: 0.061 }),
        design("SC@a uint8 tcp", { accuracy: 0.88 }),
      ],
      needs,
      ["accuracy"],
    );
    expect(verdict.runnerUp).toEqual({ id: "RC raw tcp", because: "it misses latency p95 <= 50 ms with 61 ms" });
  });
});

describe("when nothing fits", () => {
  const needs = require("latency p95 <= 50 ms", "accuracy >= 85 %", "bytes <= 20 kB");

  it("names the nearest design and bounds under which it really fits", () => {
    const designs = [
      design("LC", { accuracy: 0.9, p95: 0.2 }),
      design("RC raw tcp", { accuracy: 0.9, p95: 0.0551, bytes: 20_123 }),
      design("SC@a uint8 tcp", { accuracy: 0.6, p95: 0.03 }),
    ];
    const verdict = match(designs, needs, ["accuracy"]);
    expect(verdict.recommended).toBeUndefined();
    expect(verdict.fitting).toEqual([]);
    expect(verdict.nearest).toEqual({
      id: "RC raw tcp",
      relax: [
        { requirement: "latency p95 <= 50 ms", to: "latency p95 <= 57 ms" },
        { requirement: "bytes <= 20 kB", to: "bytes <= 21 kB" },
      ],
    });
    expect(verdict.sentence).toBe(
      "No design meets every requirement; the nearest, RC raw tcp, would with " +
        "latency p95 <= 57 ms (asked: latency p95 <= 50 ms) and bytes <= 21 kB (asked: bytes <= 20 kB).",
    );
    const relaxed = require("accuracy >= 85 %", ...verdict.nearest!.relax.map(({ to }) => to));
    expect(match(designs, relaxed, ["accuracy"]).recommended).toBe("RC raw tcp");
  });

  it("relaxes by text that is read back as enough, whatever the figures", () => {
    for (let i = 1; i < 400; i++) {
      const one = design("LC", { p95: 0.000_017 * 1.037 ** i, accuracy: 1 / (1 + i), bytes: 7 * i ** 3 });
      const asked = require("latency p95 <= 1 us", "accuracy >= 99.9 %", "bytes <= 1", "accuracy-drop <= 0.01 %");
      const to = match([one], asked, ["accuracy"]).nearest!.relax.map((line) => line.to);
      expect(checkDesign(one, require(...to)).every(({ state }) => state === "met")).toBe(true);
    }
  });

  it("asks for more samples where they could decide", () => {
    const verdict = match([design("LC", { accuracy: 0.9, p95: 0.0495 })], needs, ["accuracy"]);
    expect(verdict.sentence).toBe(
      "No design is sure to meet every requirement: the nearest, LC, is not sure to meet latency p95 <= 50 ms " +
        "(49.5 ms, 95 % interval 48.5 ms to 50.5 ms); more frames would decide.",
    );
    expect(verdict.nearest?.relax).toEqual([{ requirement: "latency p95 <= 50 ms", to: "latency p95 <= 51 ms" }]);
  });

  it("prefers a design that some bound would let pass to one that none would", () => {
    const lost = design("SC@a uint8 udp", { accuracy: 0.9, p95: Infinity, spread: 0 });
    const slow = design("LC", { accuracy: 0.9, p95: 30 });
    expect(match([lost, slow], needs, ["accuracy"]).nearest?.id).toBe("LC");
    expect(match([lost], needs, ["accuracy"]).nearest?.relax).toEqual([
      { requirement: "latency p95 <= 50 ms", to: "no bound on latency p95" },
    ]);
  });

  it("says so when there is no design at all", () => {
    expect(match([], needs, ["accuracy"])).toEqual({
      sentence: "There is no design to choose from: widen what the study explores.",
      fitting: [],
      ties: [],
    });
  });

  it("does not hide a value that is not a number", () => {
    expect(() => match([design("LC", { p95: Number.NaN })], needs, ["accuracy"])).toThrow("internal:");
    expect(() => match([design("LC", { accuracy: Number.NaN })], [], ["accuracy"])).toThrow("internal:");
  });
});

describe("noise", () => {
  const needs = require("latency p95 <= 50 ms");

  it("breaks no tie: what is left unanswered does, and what is sent", () => {
    const designs = [
      design("SC@a float32 udp", { p95: 0.024_986, framesLost: 7, bytes: 4096 }),
      design("SC@a uint8 tcp", { p95: 0.025, bytes: 1024 }),
      design("SC@a float32 tcp", { p95: 0.024_99, bytes: 4096 }),
    ];
    const verdict = match(designs, needs, ["accuracy", "latency"]);
    expect(verdict.recommended).toBe("SC@a uint8 tcp");
    expect(verdict.ties).toEqual(["SC@a float32 tcp", "SC@a float32 udp"]);
    expect(verdict.runnerUp?.because).toMatch(/^a tie: .*latency \(24.99 ms against 25 ms\)/);
  });

  it("no two equal numbers are a reason", () => {
    const near = (id: string, p95: number): DesignResult => {
      const one = design(id, { p95 });
      return { ...one, latency: { ...one.latency, p95: { value: p95, lo: p95, hi: p95, n: 1000 } } };
    };
    const verdict = match([near("LC", 0.025), near("SC@a uint8 tcp", 0.024_999)], needs, ["latency"]);
    expect(verdict.runnerUp?.because).toBe("its p95 latency is longer: 25 ms against 24.999 ms");
    const missed = match([near("LC", 0.050_001)], needs, ["latency"]);
    expect(missed.sentence).not.toContain("with 50 ms");
    const other = match([near("LC", 0.02), near("SC@a uint8 tcp", 0.050_001)], needs, ["latency"]);
    expect(other.runnerUp?.because).toBe("it misses latency p95 <= 50 ms with 50.001 ms");
  });

  it("of compute times leaves throughput and piling up undecided", () => {
    const camera = design("LC");
    const state = (change: Partial<DesignResult>, bound: string) =>
      checkDesign({ ...camera, ...change }, require(bound))[0]!.state;
    const interval = { throughputInterval: { lo: 19, hi: 21 } };
    expect(state({ throughput: 20.5 }, "throughput >= 20 fps")).toBe("met");
    expect(state({ throughput: 20.5, ...interval }, "throughput >= 20 fps")).toBe("undecided");
    const unsure = { ...camera, throughput: 20.5, ...interval };
    expect(match([unsure], require("throughput >= 20 fps"), ["latency"]).sentence).toMatch(
      /surer compute times would decide/,
    );
    const overload = { offered: 20, sustained: 19.5 };
    expect(state({ overload }, "latency p95 <= 50 ms")).toBe("missed");
    expect(state({ overload, ...interval }, "latency p95 <= 50 ms")).toBe("undecided");
    expect(state({ overload, throughputInterval: { lo: 18, hi: 19.9 } }, "latency p95 <= 50 ms")).toBe("missed");
  });
});
