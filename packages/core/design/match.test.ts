/** @file Verdicts over designs made by hand. */
import { describe, expect, it } from "vitest";
import { randomStream } from "../random/index.ts";
import { checkDesign, frontOf, match, paretoSet, recommendedOf } from "./index.ts";
import { parseRequirement } from "../study/index.ts";
import type { Phrase } from "./phrase.ts";
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
  const [head = "", codec = "", transport] = id.split(" ");
  const [kind, cut] = head.split("@");
  const from = cut === undefined ? -1 : 0;
  const crossing = { after: from, links: ["link"], codec: { kind: codec }, transport: { kind: transport as "tcp" } };
  const latency = around(p95, spread);
  return {
    id,
    kind: kind as DesignResult["kind"],
    segments: [{ host: "camera", from: ["image"], to: [cut ?? "scores"] }],
    crossings: kind === "LC" ? [] : [crossing],
    quality: { accuracy: share(accuracy, 0.02) },
    clean: { accuracy: share(accuracy, 0.02) },
    drop: { accuracy: around(0.9 - accuracy, noise) },
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

const misses = (requirement: string, metric: Requirement["metric"], value: number, statistic?: "p95"): Phrase => ({
  kind: "misses",
  requirement,
  metric,
  ...(statistic && { statistic }),
  value,
  bound: require(requirement)[0]!.value,
});

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
  const usual = frontOf([], ["latency"], "accuracy");

  it("keeps what no other design beats", () => {
    const set = paretoSet(
      [
        design("accurate", { accuracy: 0.9, p95: 0.09, bytes: 100 }),
        design("fast", { accuracy: 0.8, p95: 0.01, bytes: 100 }),
        design("small", { accuracy: 0.8, p95: 0.09, bytes: 10 }),
        design("beaten", { accuracy: 0.8, p95: 0.09, bytes: 100 }),
        design("twin", { accuracy: 0.8, p95: 0.01, bytes: 100 }),
      ],
      usual,
    );
    expect([...set].sort()).toEqual(["accurate", "fast", "small", "twin"]);
  });

  it("is over what the study bounds or aims at too", () => {
    const needs = require("memory on camera <= 1 MB", "latency p99 <= 1 s", "accuracy-drop <= 1 %");
    const axes = frontOf(needs, ["accuracy", "throughput"], "accuracy");
    expect(axes.map((axis) => [axis.metric, axis.statistic, axis.host].filter(Boolean).join(" "))).toEqual([
      "accuracy",
      "latency p95",
      "bytes",
      "throughput",
      "memory camera",
      "latency p99",
    ]);
    const both = [design("large", { memory: 2e6 }), design("small", { accuracy: 0.8, memory: 1e6 })];
    expect([...paretoSet(both, usual)]).toEqual(["large"]);
    expect([...paretoSet(both, axes)]).toEqual(["large", "small"]);
  });

  it("is over another quality where its drop is bounded", () => {
    const axes = frontOf(require("miou-drop <= 1 %"), ["latency"], "pixel-accuracy");
    expect(axes.map(({ metric }) => metric)).toEqual(["pixel-accuracy", "latency", "bytes", "miou"]);
  });

  it("of nothing is empty", () => {
    expect(paretoSet([], usual).size).toBe(0);
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
    expect(verdict.says).toEqual([
      { kind: "choose", design: "SC@pool3 uint8 tcp" },
      { kind: "figure", metric: "accuracy", value: 0.89 },
      { kind: "figure", metric: "latency", statistic: "p95", value: 0.031, bound: 0.05 },
    ]);
    expect(verdict.runnerUp).toEqual({
      id: "SC@pool4 uint8 tcp",
      because: [{ kind: "worse", aim: "accuracy", value: 0.86, than: 0.89 }],
    });
    // What comes to mind first is said too.
    expect(verdict.instead).toEqual([{ id: "LC", because: [misses("latency p95 <= 50 ms", "latency", 0.2, "p95")] }]);
  });

  it("speaks of the metric that the study bounds, by itself or by its drop, before the task's first", () => {
    const one = design("LC", { p95: 0.02 });
    one.quality = { ap: one.quality["accuracy"]!, ap50: { value: 0.95, lo: 0.94, hi: 0.96, n: 100 } };
    one.drop = { ap: one.drop["accuracy"]!, ap50: { value: 0, lo: 0, hi: 0, n: 100 } };
    const said = (...texts: string[]): Phrase | undefined => match([one], require(...texts), ["ap", "latency"]).says[1];
    expect(said("latency p95 <= 50 ms")).toMatchObject({ kind: "figure", metric: "ap" });
    expect(said("ap50-drop <= 1 %")).toEqual({ kind: "figure", metric: "ap50", value: 0.95 });
    expect(said("ap50 >= 90 %")).toEqual({ kind: "figure", metric: "ap50", value: 0.95, bound: 0.9 });
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
    expect(verdict.runnerUp?.because).toEqual([
      { kind: "even", aim: "accuracy", value: 0.87, than: 0.865 },
      { kind: "worse", aim: "latency", value: 0.04, than: 0.031 },
    ]);
  });

  it("believes the paired difference before the intervals", () => {
    const designs = [
      design("RC raw tcp", { accuracy: 0.87, p95: 0.04 }),
      design("SC@pool3 uint8 tcp", { accuracy: 0.865, p95: 0.031 }),
    ];
    const paired = (a: string): Estimate => around(a.startsWith("RC") ? 0.005 : -0.005, 0.002);
    expect(match(designs, needs, ["accuracy", "latency"], { paired }).recommended).toBe("RC raw tcp");
  });

  it("names what nothing decides a tie, and gives the same answer in any order", () => {
    const designs = ["SC@b uint8 tcp", "SC@a uint8 tcp", "SC@c uint8 tcp"].map((id) => design(id));
    const verdict = match(designs, needs, ["accuracy", "latency"]);
    expect(verdict.recommended).toBe("SC@a uint8 tcp");
    expect(verdict.ties).toEqual(["SC@b uint8 tcp", "SC@c uint8 tcp"]);
    expect(verdict.runnerUp?.because[0]).toEqual({ kind: "tie" });
    expect(match([...designs].reverse(), needs, ["accuracy", "latency"])).toEqual(verdict);
  });

  it("recommends the same without the words, also where nothing fits", () => {
    const random = randomStream(1, "recommended");
    const found = new Set<string | undefined>();
    for (let k = 0; k < 50; k++) {
      const designs = ["LC", "RC raw tcp", "SC@a uint8 tcp", "SC@b uint8 udp"].map((id) =>
        design(id, { accuracy: 0.8 + 0.1 * random.uniform(), p95: 0.03 + 0.04 * random.uniform() }),
      );
      const one = recommendedOf(designs, needs, ["accuracy", "latency"]);
      expect(one).toBe(match(designs, needs, ["accuracy", "latency"]).recommended);
      found.add(one);
    }
    expect(found.size).toBeGreaterThan(3);
    expect(recommendedOf([], needs, ["latency"])).toBeUndefined();
    expect(recommendedOf([design("LC", { p95: 1 })], needs, ["latency"])).toBeUndefined();
  });

  it("takes the better value within a tie", () => {
    const designs = [design("SC@a uint8 tcp", { p95: 0.0312 }), design("SC@b uint8 tcp", { p95: 0.031 })];
    const verdict = match(designs, needs, ["latency"]);
    expect(verdict.recommended).toBe("SC@b uint8 tcp");
    expect(verdict.ties).toEqual(["SC@a uint8 tcp"]);
  });

  it("breaks no tie by a difference that timing cannot tell, but by what is known exactly", () => {
    const exact = (id: string, p95: number, figures: Figures = {}): DesignResult =>
      design(id, { p95, spread: 0, ...figures });
    // 14 µs quicker, with seven frames unanswered and four times the bytes.
    const lossy = exact("SC@a float32 udp", 0.025, { framesLost: 7, bytes: 4000 });
    const whole = exact("SC@a uint8 tcp", 0.025_014);
    const verdict = match([lossy, whole], needs, ["accuracy", "latency"]);
    expect(verdict.recommended).toBe("SC@a uint8 tcp");
    expect(verdict.ties).toEqual(["SC@a float32 udp"]);
    // The simpler kind, all else alike.
    expect(match([design("SC@a uint8 tcp"), design("RC raw tcp")], needs, ["latency"]).recommended).toBe("RC raw tcp");
  });

  it("ranks no overloaded design by its latency, and says what it sustains", () => {
    const overloaded = design("RC raw tcp", { p95: 0.02 });
    overloaded.overload = { offered: 20, sustained: 1.6, busiest: "link" };
    overloaded.checks = checkDesign(overloaded, needs);
    const verdict = match([overloaded, design("SC@a uint8 tcp", { p95: 0.04 })], needs, ["latency"]);
    expect(verdict.fitting).toEqual(["SC@a uint8 tcp"]);
    expect(verdict.runnerUp).toEqual({
      id: "RC raw tcp",
      because: [{ kind: "overloaded", offered: 20, sustained: 1.6, busiest: "link" }],
    });
    expect(match([overloaded], needs, ["latency"]).nearest!.relax).toEqual([
      { requirement: "latency p95 <= 50 ms", to: "no bound on latency p95" },
    ]);
  });

  it("follows the objective", () => {
    const designs = [
      design("LC", { accuracy: 0.9, p95: 0.04, bytes: 0, memory: 9e6 }),
      design("SC@a uint8 tcp", { accuracy: 0.86, p95: 0.02, bytes: 500, memory: 1e6 }),
    ];
    expect(match(designs, needs, ["bytes"]).recommended).toBe("LC");
    expect(match(designs, needs, ["memory"]).recommended).toBe("SC@a uint8 tcp");
    expect(match(designs, needs, ["latency"]).runnerUp?.because).toEqual([
      { kind: "worse", aim: "latency", value: 0.04, than: 0.02 },
    ]);
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
    expect(verdict.runnerUp).toEqual({
      id: "RC raw tcp",
      because: [misses("latency p95 <= 50 ms", "latency", 0.061, "p95")],
    });
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
    expect(verdict.says).toEqual([
      { kind: "nearest", design: "RC raw tcp" },
      { kind: "relax", requirement: "latency p95 <= 50 ms", to: "latency p95 <= 57 ms" },
      { kind: "relax", requirement: "bytes <= 20 kB", to: "bytes <= 21 kB" },
    ]);
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

  it("names, of designs that need the same, the better one and not the first by name", () => {
    const designs = [
      design("RC jpeg tcp", { p95: 0.06, accuracy: 0.86 }),
      design("RC png tcp", { p95: 0.06, accuracy: 0.95 }),
    ];
    expect(match(designs, require("latency p95 <= 50 ms"), ["accuracy"]).nearest?.id).toBe("RC png tcp");
  });

  it("asks for more samples where they could decide", () => {
    const verdict = match([design("LC", { accuracy: 0.9, p95: 0.0495 })], needs, ["accuracy"]);
    expect(verdict.says[0]).toEqual({ kind: "unsure", design: "LC", decides: ["frames"] });
    expect(verdict.says[1]).toMatchObject({ kind: "undecided", requirement: "latency p95 <= 50 ms", value: 0.0495 });
    expect(verdict.nearest?.relax).toEqual([{ requirement: "latency p95 <= 50 ms", to: "latency p95 <= 51 ms" }]);
  });

  it("what too few frames leave open comes before what is missed, and asks for frames, not for no bound", () => {
    const few = design("SC@a uint8 tcp", { accuracy: 0.9, p95: 0.02, spread: Infinity });
    const lost = design("LC", { accuracy: 0.9, p95: Infinity, spread: 0 });
    const verdict = match([lost, few], needs, ["accuracy"]);
    expect(verdict.nearest).toEqual({ id: "SC@a uint8 tcp", relax: [] });
    expect(verdict.says[0]).toEqual({ kind: "unsure", design: "SC@a uint8 tcp", decides: ["frames"] });
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
    expect(match([], needs, ["accuracy"])).toEqual({ says: [{ kind: "nothing" }], fitting: [], ties: [], instead: [] });
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
    expect(verdict.runnerUp?.because).toContainEqual({ kind: "even", aim: "latency", value: 0.024_99, than: 0.025 });
  });

  it("that hides a better design is named", () => {
    const better = design("SC@a uint8 tcp", { accuracy: 0.95, p95: 0.0495 });
    const fits = design("LC", { accuracy: 0.8, p95: 0.02 });
    const unsure = { ...better, latency: { ...better.latency, p95: { value: 0.0495, lo: 0.04, hi: 0.06, n: 1000 } } };
    const verdict = match([fits, unsure, design("RC raw tcp", { accuracy: 0.7, p95: 0.01 })], needs, ["accuracy"]);
    expect(verdict.recommended).toBe("LC");
    expect(verdict.runnerUp?.id).toBe("SC@a uint8 tcp");
    expect(verdict.runnerUp?.because).toMatchObject([{ lo: 0.04, value: 0.0495, hi: 0.06 }]);
  });

  it("of compute times leaves throughput and piling up undecided", () => {
    const camera = design("LC");
    const state = (change: Partial<DesignResult>, bound: string) =>
      checkDesign({ ...camera, ...change }, require(bound))[0]!.state;
    const interval = { throughputInterval: { lo: 19, hi: 21 } };
    expect(state({ throughput: 20.5 }, "throughput >= 20 fps")).toBe("met");
    expect(state({ throughput: 20.5, ...interval }, "throughput >= 20 fps")).toBe("undecided");
    const unsure = { ...camera, throughput: 20.5, ...interval };
    expect(match([unsure], require("throughput >= 20 fps"), ["latency"]).says[0]).toEqual({
      kind: "unsure",
      design: "LC",
      decides: ["times"],
    });
    const overload = { offered: 20, sustained: 19.5 };
    expect(state({ overload }, "latency p95 <= 50 ms")).toBe("missed");
    expect(state({ overload, ...interval }, "latency p95 <= 50 ms")).toBe("undecided");
    expect(state({ overload, throughputInterval: { lo: 18, hi: 19.9 } }, "latency p95 <= 50 ms")).toBe("missed");
  });
});
