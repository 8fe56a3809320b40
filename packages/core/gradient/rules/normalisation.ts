/** @file Gradients of normalisations. */
import { attributeFloat, attributeInt, attributeInts } from "../../onnx/index.ts";
import { always, axisOf, range, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra } from "./algebra.ts";

/** h = (x - mean) r with r = 1 / sqrt(variance + epsilon) along some axes; without `centred` mean counts as 0. */
interface Normalised {
  h: string;
  r: string;
  axes: readonly number[];
  centred: boolean;
}

function normalise(c: RuleContext, x: string, axes: readonly number[], epsilon: number, centred = true): Normalised {
  const { g } = c;
  const m = algebra(c);
  const from = centred ? m.sub(x, g.reduceMean(x, axes, true)) : x;
  const variance = g.reduceMean(m.mul(from, from), axes, true);
  const r = m.of("Reciprocal", m.of("Sqrt", m.add(variance, epsilon)));
  return { h: m.mul(from, r), r, axes, centred };
}

/** dx = r (dh - mean dh - h mean (dh h)), the means along the axes; the first only where the mean was taken off. */
function denormalise(c: RuleContext, dh: string, { h, r, axes, centred }: Normalised): string {
  const { g } = c;
  const m = algebra(c);
  const along = m.mul(h, g.reduceMean(m.mul(dh, h), axes, true));
  const rest = centred ? m.sub(dh, g.reduceMean(dh, axes, true)) : dh;
  return m.mul(m.sub(rest, along), r);
}

/** A vector per channel, shaped to broadcast over [batch, channels, ...]. */
function perChannel(c: RuleContext, x: string): string {
  const spatial = range(c.dims(c.I(0)).length - 2, 1);
  return spatial.length === 0 ? x : c.g.unsqueeze(x, spatial);
}

const othersThanChannel = (c: RuleContext): number[] => [0, ...range(c.dims(c.I(0)).length - 2, 2)];

/** y = scale h + b, per channel; h with given statistics, or in training with the batch's own. */
function batchNormalization(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const m = algebra(c);
  const dy = c.GO(0);
  const epsilon = attributeFloat(c.node, "epsilon", 1e-5);
  const others = othersThanChannel(c);
  if (attributeInt(c.node, "training_mode", 0) === 1) {
    if (c.has(1) || c.has(2)) throw c.refuse("gradients of the running statistics are not supported");
    const n = normalise(c, c.I(0), others, epsilon);
    return [
      c.needs(0) ? denormalise(c, m.mul(dy, perChannel(c, c.I(1))), n) : undefined,
      c.needs(1) ? g.reduceSum(m.mul(dy, n.h), others, false) : undefined,
      c.needs(2) ? g.reduceSum(dy, others, false) : undefined,
    ];
  }
  const deviation = m.of("Sqrt", m.add(c.I(4), epsilon));
  const slope = perChannel(c, m.div(c.I(1), deviation));
  const centred = (): string => m.sub(c.I(0), perChannel(c, c.I(3)));
  const scaled = c.needs(0) || c.needs(3) ? m.mul(dy, slope) : "";
  let byH: string | undefined;
  if (c.needs(1) || c.needs(4)) byH = g.reduceSum(m.mul(dy, m.div(centred(), perChannel(c, deviation))), others, false);
  return [
    c.needs(0) ? scaled : undefined,
    c.needs(1) ? byH : undefined,
    c.needs(2) ? g.reduceSum(dy, others, false) : undefined,
    c.needs(3) ? m.of("Neg", g.reduceSum(scaled, others, false)) : undefined,
    // dh/dvariance = -h / 2 (variance + epsilon)
    c.needs(4) ? m.mul(m.div(m.mul(byH!, c.I(1)), m.add(c.I(4), epsilon)), -0.5) : undefined,
  ];
}

/** y = scale h + b per channel, h over the positions of one image's channel. */
function instanceNormalization(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const m = algebra(c);
  const others = othersThanChannel(c);
  const n = normalise(c, c.I(0), others.slice(1), attributeFloat(c.node, "epsilon", 1e-5));
  return [
    c.needs(0) ? denormalise(c, m.mul(c.GO(0), perChannel(c, c.I(1))), n) : undefined,
    c.needs(1) ? g.reduceSum(m.mul(c.GO(0), n.h), others, false) : undefined,
    c.needs(2) ? g.reduceSum(c.GO(0), others, false) : undefined,
  ];
}

/** y = scale h + b, h over groups of channels. Since 21 scale and b are per channel, before per group. */
function groupNormalization(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const m = algebra(c);
  const groups = attributeInt(c.node, "num_groups", 1);
  const rows = (x: string): string => g.reshape(x, [0, groups, -1]);
  const n = normalise(c, rows(c.I(0)), [2], attributeFloat(c.node, "epsilon", 1e-5));
  const h = { ...n, h: n.h };
  const byGroup = g.opset < 21;
  const scale = byGroup ? g.unsqueeze(c.I(1), [1]) : perChannel(c, c.I(1));
  const dh = byGroup ? m.mul(rows(c.GO(0)), scale) : rows(m.mul(c.GO(0), scale));
  const sums = (x: string): string =>
    byGroup ? g.reduceSum(rows(x), [0, 2], false) : g.reduceSum(x, othersThanChannel(c), false);
  return [
    c.needs(0) ? g.reshapeLike(denormalise(c, dh, h), c.I(0)) : undefined,
    c.needs(1) ? sums(m.mul(c.GO(0), g.reshapeLike(n.h, c.I(0)))) : undefined,
    c.needs(2) ? sums(c.GO(0)) : undefined,
  ];
}

/** Sums a gradient of x's shape to the shape of a scale or bias that broadcasts to it from the last axes. */
function sumToVector(c: RuleContext, gradient: string, x: string, to: string): string {
  const { g } = c;
  const own = c.dims(to);
  const rank = c.dims(x).length;
  const axes = range(rank).filter((axis) => axis < rank - own.length || own[axis - (rank - own.length)] === 1);
  return axes.length === 0 ? gradient : g.reshapeLike(g.reduceSum(gradient, axes, true), to);
}

/** y = scale h + b, h over the axes from `axis` on; RMS normalisation takes no mean off. */
function layerNormalization(c: RuleContext, centred: boolean): (string | undefined)[] {
  if (c.has(1) || c.has(2)) throw c.refuse("gradients of mean and deviation are not supported");
  const m = algebra(c);
  const rank = c.dims(c.I(0)).length;
  const axis = axisOf(attributeInt(c.node, "axis", -1), rank);
  const n = normalise(c, c.I(0), range(rank - axis, axis), attributeFloat(c.node, "epsilon", 1e-5), centred);
  return [
    c.needs(0) ? denormalise(c, m.mul(c.GO(0), c.I(1)), n) : undefined,
    c.needs(1) ? sumToVector(c, m.mul(c.GO(0), n.h), c.I(0), c.I(1)) : undefined,
    c.needs(2) ? sumToVector(c, c.GO(0), c.I(0), c.I(2)) : undefined,
  ];
}

/** y = layer normalisation of s = x + skip + bias; s is an output too. */
function skipLayerNormalization(c: RuleContext, centred: boolean): (string | undefined)[] {
  const m = algebra(c);
  // Inputs: x, skip, scale, [shift where centred,] bias
  const bias = centred ? 4 : 3;
  const rank = c.dims(c.I(0)).length;
  const parts = [c.I(0), c.I(1), ...(c.I(bias) === "" ? [] : [c.I(bias)])];
  const s = parts.reduce((a, b) => m.add(a, b));
  const n = normalise(c, s, [rank - 1], attributeFloat(c.node, "epsilon", centred ? 1e-12 : 1e-6), centred);
  const dy = c.has(0) ? c.GO(0) : c.zerosLike(c.I(0));
  let ds = denormalise(c, m.mul(dy, c.I(2)), n);
  if (c.has(3)) ds = m.add(ds, c.GO(3));
  const to = (i: number, gradient: string): string | undefined =>
    c.needs(i) ? sumToVector(c, gradient, c.I(0), c.I(i)) : undefined;
  const first = [c.needs(0) ? ds : undefined, to(1, ds), to(2, m.mul(dy, n.h))];
  return centred ? [...first, to(3, dy), to(4, ds)] : [...first, to(3, ds)];
}

/** y = x s^-beta with s = bias + alpha/size times the sum of squares over a window of channels. */
function lrn(c: RuleContext): string[] {
  const { g } = c;
  const m = algebra(c);
  const size = attributeInt(c.node, "size", 1);
  const alpha = attributeFloat(c.node, "alpha", 1e-4) / size;
  const beta = attributeFloat(c.node, "beta", 0.75);
  const channels = c.fixed(c.I(0))[1];
  if (channels === undefined) throw c.refuse("a number of channels that is free is not supported");
  // The sum over a window is a product with a band matrix; the way back is with its transpose.
  const before = Math.floor((size - 1) / 2);
  const band = new Float32Array(channels * channels);
  for (let i = 0; i < channels; i++) {
    for (let k = Math.max(0, i - before); k < Math.min(channels, i - before + size); k++) band[i * channels + k] = 1;
  }
  const matrix = g.constant({ type: "float32", dims: [channels, channels], data: band });
  const x = g.reshape(c.I(0), [0, 0, -1]);
  const dy = g.reshape(c.GO(0), [0, 0, -1]);
  const s = m.add(m.mul(g.op("MatMul", [matrix, m.mul(x, x)]), alpha), attributeFloat(c.node, "bias", 1));
  const direct = m.mul(dy, m.pow(s, -beta));
  const through = g.op("MatMul", [g.transpose(matrix, [1, 0]), m.div(m.mul(direct, x), s)]);
  return [g.reshapeLike(m.sub(direct, m.mul(x, through, 2 * alpha * beta)), c.I(0))];
}

/** y = x / |x|;  dx = (dy - y' sum(dy y)) / |x| with y' = y for the 2-norm and sign x for the 1-norm */
function lpNormalization(c: RuleContext): string[] {
  const { g } = c;
  const m = algebra(c);
  const axes = [attributeInt(c.node, "axis", -1)];
  const two = attributeInt(c.node, "p", 2) === 2;
  const norm = g.op(two ? "ReduceL2" : "ReduceL1", [c.I(0), g.ints(axes)]);
  const along = m.mul(two ? c.O(0) : m.of("Sign", c.I(0)), g.reduceSum(m.mul(c.GO(0), c.O(0)), axes, true));
  return [m.where(m.greater(norm, 0), m.div(m.sub(c.GO(0), along), norm), 0)];
}

/** y = (x - mean) / (deviation + 1e-9), over the batch and the positions unless told otherwise. */
function meanVarianceNormalization(c: RuleContext): string[] {
  const axes = attributeInts(c.node, "axes") ?? [0, 2, 3];
  return [denormalise(c, c.GO(0), normalise(c, c.I(0), axes, 1e-18))];
}

export const normalisation: RuleTable = {
  BatchNormalization: always(batchNormalization),
  GroupNormalization: always(groupNormalization),
  InstanceNormalization: always(instanceNormalization),
  LRN: always(lrn),
  LayerNormalization: always((c) => layerNormalization(c, true)),
  LpNormalization: always(lpNormalization),
  MeanVarianceNormalization: always(meanVarianceNormalization),
  RMSNormalization: always((c) => layerNormalization(c, false)),
  // ONNX Runtime writes it without a domain.
  SimplifiedLayerNormalization: always((c) => layerNormalization(c, false)),
};

export const fusedNormalisation: RuleTable = {
  SkipLayerNormalization: always((c) => skipLayerNormalization(c, true)),
  SkipSimplifiedLayerNormalization: always((c) => skipLayerNormalization(c, false)),
};
