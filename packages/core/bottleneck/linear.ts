/** @file Bottlenecks that nothing trains: principal components over channels, cosines over positions. */
import { internal } from "../errors/index.ts";
import { float32, sizeOf, type Tensor } from "../tensor/index.ts";
import type { Parameters } from "../training/index.ts";
import { symmetricEigen } from "./eigen.ts";
import type { BottleneckPlan } from "./plan.ts";

/** Multiplications for a covariance, at most: of large tensors some positions are looked at. */
const mostWork = 4e9;

/**
 * Encoder and decoder of a linear bottleneck, fitted to what was seen of the tensor.
 *
 * With m the channels' means, U the eigenvectors of their covariance (principal components) and D the orthonormal cosines
 * (DCT-II) over a block's positions, the coefficients of a block x are
 *
 *     z = (U x D) of (x - m),   of which those with the largest mean squares cross
 *     x' = m + the same weights back
 *
 * Since all is orthonormal, squared errors of coefficients are squared errors of the tensor.
 * @param seen [samples, ...plan.shape]
 */
export function fitLinear(plan: BottleneckPlan, seen: Tensor<"float32">): Parameters {
  const stage = plan.stages[0]!;
  const { inputs: C, outputs: K } = stage;
  const side = plan.layers === "blocks" ? stage.kernel : 1;
  const x = channelsFirst(seen, plan.axis + 1);
  const { mean, components } = principal(x);
  const cosines = cosinesOf(side, stage.sizes.length);
  const chosen = strongest(x, mean, components, cosines, side, K);
  const area = cosines.length;
  const weight = new Float32Array(K * C * area);
  const bias = new Float32Array(K);
  chosen.forEach(({ component, frequency }, k) => {
    let offset = 0;
    for (let c = 0; c < C; c++) {
      const u = components[component * C + c]!;
      for (let p = 0; p < area; p++) {
        const w = u * cosines[frequency]![p]!;
        weight[(k * C + c) * area + p] = w;
        offset += w * mean[c]!;
      }
    }
    bias[k] = -offset;
  });
  const name = "bottleneck";
  const back = float32([C], Float32Array.from(mean));
  const kernel = [K, C, ...stage.sizes.map(() => side)];
  const decoder = plan.layers === "blocks" ? float32(kernel, weight) : float32([K, C], weight);
  // Convolutions and their transposes hold the same weights alike; a product with the tensor has them turned.
  const encoder = plan.layers === "blocks" ? decoder : float32([C, K], turned(weight, K, C));
  return new Map([
    [`${name}/encoder/0/weight`, encoder],
    [`${name}/encoder/0/bias`, float32([K], bias)],
    [`${name}/decoder/0/weight`, decoder],
    [`${name}/decoder/0/bias`, back],
  ]);
}

/** A tensor as [samples, channels, positions], these one after the other. */
interface Channels {
  data: Float32Array;
  samples: number;
  channels: number;
  sizes: number[];
}

function channelsFirst({ dims, data }: Tensor<"float32">, axis: number): Channels {
  const [samples = 0, channels = 1] = [dims[0], dims[axis]];
  const sizes = dims.slice(1).filter((_, i) => i + 1 !== axis);
  const inner = sizeOf(dims.slice(axis + 1));
  const outer = sizeOf(dims.slice(1, axis));
  if (outer === 1) return { data, samples, channels, sizes };
  const all = new Float32Array(data.length);
  const positions = outer * inner;
  for (let n = 0; n < samples; n++)
    for (let o = 0; o < outer; o++)
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < inner; i++)
          all[(n * channels + c) * positions + o * inner + i] = data[((n * outer + o) * channels + c) * inner + i]!;
  return { data: all, samples, channels, sizes };
}

/** Means of the channels and the principal components, the strongest first. */
function principal({ data, samples, channels: C, sizes }: Channels): { mean: Float64Array; components: Float64Array } {
  const positions = sizeOf(sizes);
  const all = samples * positions;
  if (all === 0) throw internal("a linear bottleneck of no samples");
  const stride = Math.max(1, Math.ceil((all * C * C) / 2 / mostWork));
  const mean = new Float64Array(C);
  const sum = new Float64Array(C * C);
  const x = new Float64Array(C);
  let count = 0;
  for (let c = 0; c < C; c++) {
    for (let n = 0; n < samples; n++)
      for (let p = 0, at = (n * C + c) * positions; p < positions; p++) mean[c]! += data[at + p]!;
    mean[c]! /= all;
  }
  for (let i = 0; i < all; i += stride) {
    const [n, p] = [Math.floor(i / positions), i % positions];
    for (let c = 0; c < C; c++) x[c] = data[(n * C + c) * positions + p]! - mean[c]!;
    for (let a = 0; a < C; a++) {
      const xa = x[a]!;
      if (xa === 0) continue;
      const row = a * C;
      for (let b = 0; b <= a; b++) sum[row + b]! += xa * x[b]!;
    }
    count++;
  }
  return {
    mean,
    components: symmetricEigen(
      sum.map((value) => value / count),
      C,
    ).vectors,
  };
}

/** Orthonormal cosines over a block of `side` positions in each of so many dimensions: by frequency, the value at each position. */
function cosinesOf(side: number, dimensions: number): Float64Array[] {
  const line = Array.from({ length: side }, (_, f) =>
    Float64Array.from(
      { length: side },
      (_, p) => Math.sqrt((f === 0 ? 1 : 2) / side) * Math.cos((Math.PI * (p + 0.5) * f) / side),
    ),
  );
  let all = [Float64Array.of(1)];
  for (let d = 0; d < dimensions; d++)
    all = all.flatMap((before) =>
      line.map((own) =>
        Float64Array.from({ length: before.length * side }, (_, i) => before[Math.floor(i / side)]! * own[i % side]!),
      ),
    );
  return all;
}

interface Coefficient {
  component: number;
  frequency: number;
}

/** The coefficients of a block with the largest mean squares over samples. */
function strongest(
  { data, samples, channels: C, sizes }: Channels,
  mean: Float64Array,
  components: Float64Array,
  cosines: readonly Float64Array[],
  side: number,
  count: number,
): Coefficient[] {
  const area = cosines.length;
  const all = Array.from({ length: C * area }, (_, i) => ({ component: Math.floor(i / area), frequency: i % area }));
  // Of one position the components are sorted already.
  if (area === 1) return all.slice(0, count);
  const positions = sizeOf(sizes);
  const energy = new Float64Array(C * area);
  const block = new Float64Array(C * area);
  const places = blockPlaces(sizes, side);
  const stride = Math.max(1, Math.ceil((samples * places.length * C * area * (C + area)) / mostWork));
  const frequencies = new Float64Array(area);
  for (let b = 0; b < samples * places.length; b += stride) {
    const [n, place] = [Math.floor(b / places.length), places[b % places.length]!];
    block.fill(0);
    for (let c = 0; c < C; c++) {
      const at = (n * C + c) * positions;
      for (let f = 0; f < area; f++) {
        const own = cosines[f]!;
        let sum = 0;
        for (let p = 0; p < area; p++) sum += own[p]! * (data[at + place[p]!]! - mean[c]!);
        block[c * area + f] = sum;
      }
    }
    for (let k = 0; k < C; k++) {
      frequencies.fill(0);
      for (let c = 0; c < C; c++) {
        const u = components[k * C + c]!;
        for (let f = 0; f < area; f++) frequencies[f]! += u * block[c * area + f]!;
      }
      for (let f = 0; f < area; f++) energy[k * area + f]! += frequencies[f]! ** 2;
    }
  }
  return all
    .sort((a, b) => energy[b.component * area + b.frequency]! - energy[a.component * area + a.frequency]!)
    .slice(0, count);
}

/** Of each block, where its positions lie among all. */
function blockPlaces(sizes: readonly number[], side: number): Int32Array[] {
  const counts = sizes.map((size) => size / side);
  const strides = sizes.map((_, d) => sizeOf(sizes.slice(d + 1)));
  const within = Array.from({ length: side ** sizes.length }, (_, p) =>
    digits(
      p,
      sizes.map(() => side),
    ),
  );
  return Array.from({ length: sizeOf(counts) }, (_, b) => {
    const corner = digits(b, counts);
    return Int32Array.from(within, (own) =>
      own.reduce((sum, offset, d) => sum + (corner[d]! * side + offset) * strides[d]!, 0),
    );
  });
}

/** The digits of a number, the last the fastest. */
function digits(value: number, bases: readonly number[]): number[] {
  const found = bases.map(() => 0);
  for (let d = bases.length - 1; d >= 0; d--) {
    found[d] = value % bases[d]!;
    value = Math.floor(value / bases[d]!);
  }
  return found;
}

const turned = (weight: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: weight.length }, (_, i) => weight[(i % rows) * columns + Math.floor(i / rows)]!);
