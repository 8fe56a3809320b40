/** @file A result as a study of VGG16 on CIFAR-10 might end, for tests: made from a seed, measured nowhere. */
import { axisName, frontOf, match, namedDesigns, paretoSet, wordsOf } from "@split-et-impera/core/design";
import type { CodecSearchResult, DesignResult, Result, SweepPoint } from "@split-et-impera/core/design";
import { randomStream } from "@split-et-impera/core/random";
import { classes, designOf, images, plans, proportion, requirements, saliencyPoints, study } from "./designs.ts";
import { exampleMaps } from "./pictures.ts";

export const hosts = { capturing: "camera", other: "server" };

/** At low rates nothing, then what the verdict recommends, at high rates the raw input. */
function lossMapOf(
  sweep: readonly Pick<Result["sweep"][number], "loss" | "verdict">[],
  designs: readonly DesignResult[],
): Result["lossMap"] {
  const rates = Array.from({ length: 10 }, (_, i) => 20e6 * 10 ** ((i - 4) / 3));
  const raw = designs.find((design) => design.kind === "RC" && wordsOf(design).codec === "raw")?.id ?? null;
  return {
    frames: 400,
    rates,
    losses: sweep.map(({ loss }) => loss),
    recommended: sweep.map(({ verdict }, row) =>
      rates.map((_, i) => (i < 2 + row ? null : i < 7 + row ? (verdict.recommended ?? null) : raw)),
    ),
  };
}

/** Recommended first, then what fits, then by accuracy and latency. */
function ordered(designs: readonly DesignResult[], fitting: readonly string[]): DesignResult[] {
  const place = ({ id }: DesignResult): number => (fitting.includes(id) ? fitting.indexOf(id) : fitting.length);
  return designs.toSorted(
    (a, b) =>
      place(a) - place(b) ||
      b.quality["accuracy"]!.value - a.quality["accuracy"]!.value ||
      a.latency.p95.value - b.latency.p95.value,
  );
}

/** Every class with as many images; some are harder, and lose more. */
function byClassOf(found: Pick<Result, "designs" | "verdict">): Result["byClass"] {
  const n = images / classes.length;
  const shares = classes.map((_, i) => 0.866 + 0.08 * Math.cos(2 * i));
  return {
    classes: [...classes],
    whole: shares.map((share) => proportion(share, n)),
    designs: namedDesigns(found, 7).map(({ id, drop }) => {
      const lost = shares.map((_, i) => drop["accuracy"]!.value * (1 + Math.cos(2 * i + 2)));
      return {
        id,
        quality: shares.map((share, i) => proportion(share - lost[i]!, n)),
        drop: lost.map((value) => ({ value, lo: value - 0.02, hi: value + 0.02, n })),
      };
    }),
  };
}

/** Ten epochs and two more for each cut with a bottleneck, falling as such do. */
function trainingOf(designs: readonly DesignResult[]): Result["training"] {
  const cuts = new Set(designs.filter((design) => wordsOf(design).bottleneck === 64).map((one) => wordsOf(one).cut!));
  return [...cuts].map((cut, k) => ({
    cut,
    compression: 64,
    epochs: Array.from({ length: 12 }, (_, i) => ({
      phase: i < 10 ? ("frozen" as const) : ("joint" as const),
      loss: (i < 10 ? 1 + k / 5 : 0.3) * Math.exp(-i / 4) + 0.25,
      accuracy: 0.88 - (0.4 + k / 20) * Math.exp(-i / 3),
    })),
  }));
}

/** A search at each cut without a bottleneck, of integers whose loss grows as they get fewer bits. */
function searchesOf(designs: readonly DesignResult[]): CodecSearchResult[] {
  const plain = designs.filter((design) => wordsOf(design).cut !== undefined && !wordsOf(design).bottleneck);
  const cuts = new Map(plain.map((design) => [wordsOf(design).cut!, design.bytes]));
  const tried = [8, 6, 5, 4, 3, 2, 1].flatMap((bits) => [0.7, 1, 1.4].map((step) => ({ bits, step })));
  return [...cuts].map(([cut, bytes], k) => {
    const drop = tried.map(({ bits, step }) => (0.2 * step * (k + 1)) / 3 ** bits);
    return {
      cut,
      whole: 0.97,
      allowed: 0.005,
      least: { codec: "rans4", step: 1.4 },
      tried: {
        codec: tried.map(({ bits }) => `rans${bits}`),
        step: tried.map(({ step }) => step),
        bytes: tried.map(({ bits, step }) => (bytes * bits) / 40 / step),
        drop,
        lo: drop.map((value) => value - 0.004),
        hi: drop.map((value) => value + 0.004),
        samples: tried.map(({ bits }) => (bits > 5 ? 300 : 2400)),
      },
    };
  });
}

export interface FixtureOptions {
  seed?: number;
  /** Whether a search for codecs is in it. */
  searched?: boolean;
  saliency?: boolean;
  /** Keeps only so many designs. */
  designs?: number;
  losses?: number[];
  /** A requirement on latency that nothing meets. */
  impossible?: boolean;
}

/** A result that hangs together but for the optimum, which is not the charts' to find; the same for the same options. */
export function chartResult(options: FixtureOptions = {}): Result {
  const random = randomStream(options.seed ?? 7, "report fixture");
  const points = saliencyPoints(random);
  const all = plans(points, random).slice(0, options.designs);
  const [latency, ...others] = requirements;
  const impossible = { ...latency!, text: "latency p95 <= 5 ms", value: 0.005 };
  const asked = options.impossible ? [impossible, ...others] : requirements;
  const axes = frontOf(asked, study.objective, "accuracy", hosts.capturing);
  const at = (loss: number) => {
    const found = all.map((plan) => designOf(plan, asked, loss, random));
    const front = paretoSet(found, axes);
    for (const design of found) design.pareto = front.has(design.id);
    const verdict = match(found, asked, study.objective, { capturing: hosts.capturing });
    return { loss, designs: ordered(found, verdict.fitting), verdict };
  };
  const own = at(0.01);
  const point = (d: DesignResult): SweepPoint => ({
    id: d.id,
    quality: d.quality,
    median: d.latency.median.value,
    p95: d.latency.p95.value,
    curve: d.latency.curve,
    deadlineMisses: d.deadlineMisses.value,
    framesLost: d.framesLost,
  });
  const sweep = (options.losses ?? study.explore.losses)
    .map(at)
    .map(({ loss, designs, verdict }) => ({ loss, designs: designs.map(point), verdict }));
  return {
    format: 2,
    version: "0.1.0",
    date: "2026-01-01T00:00:00.000Z",
    front: axes.map(axisName),
    study: { ...study, requirements: asked },
    model: {
      file: "vgg16-cifar10.onnx",
      bytes: 15_700_000,
      sha256: "3f".repeat(32),
      parameters: 3_920_000,
      macs: 90_400_000,
      operators: 44,
      input: { name: "input", shape: [3, 32, 32] },
      output: { name: "logits", shape: [1, 10] },
    },
    data: {
      name: "CIFAR-10",
      classes,
      testImages: images,
      trainImages: 5000,
      test: "ab".repeat(16),
      train: "cd".repeat(16),
    },
    whole: { quality: { accuracy: proportion(0.866, images) } },
    saliency:
      options.saliency === false
        ? undefined
        : { target: "label", classes: [], images: 500, points, examples: exampleMaps(points, classes, random) },
    designs: own.designs,
    verdict: own.verdict,
    byClass: byClassOf(own),
    training: trainingOf(own.designs),
    ...(options.searched && { searches: searchesOf(own.designs) }),
    lossMap: lossMapOf(
      [...sweep.filter(({ loss }) => loss !== own.loss), own].sort((a, b) => a.loss - b.loss),
      own.designs,
    ),
    sweep,
    stages: [
      { name: "read the study", seconds: 0.04, cached: false },
      { name: "observe the model", seconds: 1.3, cached: false },
      { name: "saliency", seconds: 21.4, cached: true },
      { name: "bottlenecks", seconds: 412.7, cached: false },
      { name: "simulate", seconds: 9.8, cached: false },
    ],
    machine: { engine: "ONNX Runtime 1.30.0 (CPU)", platform: "linux x64", cpu: "2 × 2.6 GHz", threads: 2 },
  };
}
