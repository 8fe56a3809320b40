/** @file The study of the fixture, its model's layers, and its designs: as a crude model of a link has them. */
import { checkDesign, latencyCurve, localDesign, over, remoteDesign, splitDesign } from "@split-et-impera/core/design";
import type { Design, DesignResult, Latency, SaliencyPoint } from "@split-et-impera/core/design";
import type { Estimate } from "@split-et-impera/core/statistics";
import type { Requirement, Study } from "@split-et-impera/core/study";
import type { Random } from "@split-et-impera/core/random";
import { usualOrder } from "@split-et-impera/core/wire";

export const classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
export const images = 2000;
const deadline = 0.05;

/** Wilson's 95 % interval. */
export function proportion(value: number, n: number): Estimate {
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

export function saliencyPoints(random: Random): SaliencyPoint[] {
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

export const requirements: Requirement[] = [
  { text: "latency p95 <= 50 ms", metric: "latency", statistic: "p95", operator: "<=", value: deadline },
  { text: "accuracy >= 83 %", metric: "accuracy", operator: ">=", value: 0.83 },
  { text: "bytes <= 800 B", metric: "bytes", operator: "<=", value: 800 },
  { text: "deadline-misses <= 2 %", metric: "deadline-misses", operator: "<=", value: 0.02 },
  { text: "memory on camera <= 64 MB", metric: "memory", host: "camera", operator: "<=", value: 64e6 },
];

export const study: Study = {
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

export function plans(points: readonly SaliencyPoint[], random: Random): Plan[] {
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

export function designOf(plan: Plan, asked: readonly Requirement[], loss: number, random: Random): DesignResult {
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
