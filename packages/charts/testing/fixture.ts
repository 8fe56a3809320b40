/** @file A result as a study of VGG16 on CIFAR-10 might end, for tests: made from a seed, measured nowhere. */
import {
  axisName,
  checkDesign,
  frontOf,
  latencyCurve,
  localDesign,
  match,
  namedDesigns,
  over,
  paretoSet,
  remoteDesign,
  splitDesign,
  wordsOf,
} from "@split-et-impera/core/design";
import type {
  CodecSearchResult,
  Design,
  DesignResult,
  Latency,
  Result,
  SaliencyPoint,
  SweepPoint,
} from "@split-et-impera/core/design";
import type { Estimate } from "@split-et-impera/core/statistics";
import type { Requirement, Study } from "@split-et-impera/core/study";
import { randomStream, type Random } from "@split-et-impera/core/random";
import { usualOrder } from "@split-et-impera/core/wire";
import { exampleMaps } from "./pictures.ts";

const classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const images = 2000;
const deadline = 0.05;

/** Wilson's 95 % interval. */
function proportion(value: number, n: number): Estimate {
  const z = 1.96;
  const p = Math.max(0, Math.min(1, value));
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { value: p, lo: Math.max(0, centre - half), hi: Math.min(1, centre + half), n };
}

const around = (value: number, share: number, n: number): Estimate => ({
  value,
  lo: value * (1 - share),
  hi: value * (1 + share),
  n,
});

/** VGG16's layers as PyTorch's exporter names them: [module, operator, channels, side]. */
function layers(): { tensor: string; operator: string; shape: number[] }[] {
  const plan: (number | "pool")[] = [32, 32, "pool", 64, 64, "pool", 96, 96, 96, "pool"];
  plan.push(192, 192, 192, "pool", 192, 192, 192, "pool");
  const found: { tensor: string; operator: string; shape: number[] }[] = [];
  let module = 0;
  let side = 32;
  let channels = 3;
  for (const step of plan) {
    if (step === "pool") {
      side /= 2;
      found.push(layer(module++, "MaxPool", [channels, side, side]));
    } else {
      channels = step;
      found.push(layer(module, "Conv", [channels, side, side]), layer(module + 2, "Relu", [channels, side, side]));
      module += 3;
    }
  }
  return found;
}

const layer = (module: number, operator: string, shape: number[]) => ({
  tensor: `/features/features.${module}/${operator}_output_0`,
  operator,
  shape,
});

function saliencyPoints(random: Random): SaliencyPoint[] {
  const points = layers().map((layer, i): SaliencyPoint => {
    const bumps = 0.45 * Math.sin(i * 0.95) + 0.12 * Math.sin(i * 2.9) + 0.05 * random.normal();
    const cs = 10 ** (-4.9 + 0.075 * i + bumps);
    const bytes = 4 * layer.shape.reduce((a, b) => a * b, 1);
    return Object.assign(layer, { bytes, cs, lo: cs * 0.86, hi: cs * 1.16, legal: true, candidate: false });
  });
  points[4]!.legal = false;
  for (const [i, point] of points.entries()) {
    const before = points[i - 1]?.cs ?? -Infinity;
    const after = points[i + 1]?.cs ?? -Infinity;
    point.candidate = point.legal && i > 0 && point.cs > before && point.cs > after;
  }
  return points;
}

const requirements: Requirement[] = [
  { text: "latency p95 <= 50 ms", metric: "latency", statistic: "p95", operator: "<=", value: deadline },
  { text: "accuracy >= 83 %", metric: "accuracy", operator: ">=", value: 0.83 },
  { text: "bytes <= 800 B", metric: "bytes", operator: "<=", value: 800 },
  { text: "deadline-misses <= 2 %", metric: "deadline-misses", operator: "<=", value: 0.02 },
  { text: "memory on camera <= 64 MB", metric: "memory", host: "camera", operator: "<=", value: 64e6 },
];

const study: Study = {
  name: "CIFAR-10 classification at a conveyor belt",
  model: "models/vgg16-cifar10.onnx",
  data: {
    format: "cifar10",
    path: "data/cifar-10-batches-bin",
    normalise: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
    layout: "NCHW",
    limit: { test: images, train: 5000 },
  },
  hosts: { camera: { speed: 0.05, memory: 64e6 }, server: { speed: 1 } },
  links: [
    {
      between: ["camera", "server"],
      rate: 20e6,
      delay: 0.005,
      loss: { rate: 0.01, burst: 1 },
      queue: 100,
      duplex: "full",
      header: 38,
    },
  ],
  frames: { host: "camera", rate: 20, count: 400, answer: { host: "camera", bytes: 64 } },
  requirements,
  explore: {
    scenarios: ["LC", "RC", "SC"],
    candidates: { from: "saliency", most: 5 },
    saliency: { target: "label", classes: [], images: 500 },
    codecs: ["float32", "uint8"],
    inputs: [{ format: "raw" }, { format: "png" }, { format: "webp", quality: 90 }, { format: "jpeg", quality: 90 }],
    bottlenecks: [
      {
        compression: 64,
        epochs: { frozen: 10, joint: 2 },
        learningRate: 0.001,
        batch: 64,
        augment: ["mirror", "shift"],
      },
    ],
    plain: true,
    transports: ["tcp", "udp"],
    losses: [0, 0.01, 0.03, 0.05],
  },
  objective: ["accuracy", "latency"],
  seed: 7,
};

interface Plan {
  id: string;
  kind: DesignResult["kind"];
  cut?: string;
  codec?: string;
  bottleneck?: number;
  transport?: "tcp" | "udp";
  bytes: number;
  /** Share of the network's work on the camera. */
  share: number;
  clean: number;
}

function plans(points: readonly SaliencyPoint[], random: Random): Plan[] {
  const found: Plan[] = [{ id: "LC", kind: "LC", bytes: 0, share: 1, clean: 0.866 }];
  const inputs = [
    ["raw", 3072, 0.866],
    ["png", 2310, 0.866],
    ["webp-90", 905, 0.859],
    ["jpeg-90", 1120, 0.855],
  ] as const;
  for (const transport of ["tcp", "udp"] as const) {
    for (const [codec, bytes, clean] of inputs) {
      found.push({ id: `RC ${codec} ${transport}`, kind: "RC", codec, transport, bytes, share: 0, clean });
    }
    for (const [i, point] of points.entries()) {
      if (!point.candidate) continue;
      for (const codec of ["float32", "uint8"]) {
        for (const bottleneck of [undefined, 64]) {
          const values = point.bytes / 4 / (bottleneck ?? 1);
          found.push({
            id: `SC@${point.tensor} ${codec}${bottleneck ? ` ${bottleneck}x` : ""} ${transport}`,
            kind: "SC",
            cut: point.tensor,
            codec,
            bottleneck,
            transport,
            bytes: Math.ceil(values * (codec === "float32" ? 4 : 1)) + 16,
            share: (i + 1) / points.length,
            clean: 0.866 - (bottleneck ? 0.012 + 0.025 * random.uniform() : 0) - (codec === "uint8" ? 0.001 : 0),
          });
        }
      }
    }
  }
  return found;
}

/** A crude model of a link: enough for numbers that hang together. */
function behaviour(plan: Plan, loss: number, random: Random) {
  const packets = Math.ceil(plan.bytes / 1010);
  const head = 0.002 + plan.share * 0.06;
  const tail = (1 - plan.share) * 0.0045;
  const encode = plan.kind === "RC" && plan.codec !== "raw" ? 0.0021 : plan.bottleneck ? 0.0009 : 0.0003;
  const wire = plan.kind === "LC" ? 0 : 0.0051 + (plan.bytes * 8) / 20e6 + 0.0001 * packets;
  const queue = Math.max(0, (head + encode) / 0.05 - 1) * 0.6;
  const answer = plan.kind === "LC" ? 0 : 0.0051;
  const hit = 1 - (1 - loss) ** packets;
  const retry = plan.transport === "tcp" ? hit : 0;
  const parts = {
    head: plan.kind === "RC" ? 0 : head,
    encode: plan.kind === "LC" ? 0 : encode,
    queue,
    wire: wire + retry * 0.06,
    decode: plan.kind === "LC" ? 0 : 0.0003,
    middle: 0,
    tail: plan.kind === "LC" ? 0 : tail + 0.0008,
    answer,
  };
  const mean = Object.values(parts).reduce((a, b) => a + b, 0);
  const base = mean - retry * 0.06;
  const p95 = base * 1.06 + (retry > 0.05 ? 0.2 : 0) * Math.min(1, retry * 2) + 0.001 * random.uniform();
  const holes = plan.transport === "udp" ? hit * (plan.kind === "RC" ? 0.55 : plan.bottleneck ? 0.25 : 0.09) : 0;
  return {
    parts,
    latency: {
      median: around(base, 0.01, 400),
      p95: around(p95, 0.05, 400),
      p99: around(p95 * 1.12 + retry * 0.1, 0.09, 400),
      mean,
      max: p95 * 1.4 + retry * 0.4,
    },
    delivered: plan.clean * (1 - holes),
    misses: p95 > deadline ? Math.min(1, 0.05 + hit * 0.6 + queue * 4) : hit * 0.02,
  };
}

/** Segments and crossings of a plan. */
function partsOfDesign({ kind, cut, codec, bottleneck, transport }: Plan): Design {
  const ends = { inputs: ["input"], outputs: ["logits"] };
  if (kind === "LC") return localDesign(study, ends);
  const [format, quality] = (codec ?? "raw").split("-");
  const input = { format: format as "raw", ...(quality !== undefined && { quality: Number(quality) }) };
  const squeeze = {
    ...(bottleneck !== undefined && { bottleneck: { compression: bottleneck } }),
    ...(transport === "udp" && { order: usualOrder }),
  };
  const design =
    cut === undefined
      ? remoteDesign(study, ends, input)
      : splitDesign(study, ends, ["camera", "server"], [{ cut: [cut], codec: codec!, ...squeeze }]);
  return over(design, transport!);
}

/** 400 frames whose latencies have about these quantiles, straight between them. */
function curveOf({ median, p95, p99, max }: Omit<Latency, "curve">, lost: number): Latency["curve"] {
  const knots = [
    [0, median.value * 0.95],
    [0.5, median.value],
    [0.95, p95.value],
    [0.99, p99.value],
    [1, max],
  ] as const;
  const at = (share: number): number => {
    const k = knots.findIndex(([end]) => end >= share);
    const [[a, from], [b, to]] = [knots[Math.max(0, k - 1)]!, knots[k]!];
    return b > a ? from + ((share - a) / (b - a)) * (to - from) : to;
  };
  return latencyCurve(Float64Array.from({ length: 400 }, (_, i) => (i < lost ? Infinity : at((i + 1) / 400))));
}

function designOf(plan: Plan, asked: readonly Requirement[], loss: number, random: Random): DesignResult {
  const { parts, latency, delivered, misses } = behaviour(plan, loss, random);
  const { bytes, share, clean, id, kind } = plan;
  const framesLost = plan.transport === "udp" && loss > 0 ? random.integer(4) : 0;
  const metrics: Omit<DesignResult, "checks" | "pareto"> = {
    id,
    kind,
    ...partsOfDesign(plan),
    quality: { accuracy: proportion(delivered, images) },
    clean: { accuracy: proportion(clean, images) },
    drop: { accuracy: { value: 0.866 - delivered, lo: 0.862 - delivered, hi: 0.871 - delivered, n: images } },
    latency: { ...latency, curve: curveOf(latency, framesLost) },
    parts,
    deadlineMisses: proportion(misses, 400),
    framesLost,
    bytes,
    throughput: 1 / Math.max(parts.head + parts.encode, (bytes * 8) / 20e6, parts.tail, 0.001),
    memory: { camera: 2e6 + share * 60e6, server: plan.kind === "LC" ? 0 : 62e6 - share * 55e6 },
  };
  return { ...metrics, checks: checkDesign(metrics, asked), pareto: false };
}

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
