/** @file Gradients of attention and of rotary positions. */
import { attribute, attributeFloat, attributeInt, attributeInts } from "../../onnx/index.ts";
import { int64 } from "../../tensor/index.ts";
import { always, range, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra } from "./algebra.ts";

/** The heads of an attention: queries share keys and values in groups. */
interface Heads {
  queries: number;
  keys: number;
  /** Queries per key; where it is 1, tensors are [batch, heads, steps, width], else [batch, keys, share, steps, width]. */
  share: number;
}

function headsOf(c: RuleContext): Heads {
  const whole = c.dims(c.I(0)).length === 4;
  const queries = whole ? c.dims(c.I(0))[1]! : attributeInt(c.node, "q_num_heads", 0);
  const keys = whole ? c.dims(c.I(1))[1]! : attributeInt(c.node, "kv_num_heads", 0);
  return { queries, keys, share: queries / keys };
}

/** Brings an operand, [batch, heads, steps, width] or [batch, steps, heads width], to one matrix per head. */
function split(c: RuleContext, x: string, like: string, heads: number, { keys, share }: Heads): string {
  const { g } = c;
  const four = c.dims(like).length === 4;
  const lead = share === 1 ? [heads] : [keys, heads / keys];
  if (four) return share === 1 ? x : splitHeads(c, x, lead);
  const apart = g.reshape(x, [0, 0, ...lead, -1]);
  return g.transpose(apart, share === 1 ? [0, 2, 1, 3] : [0, 2, 3, 1, 4]);
}

/** [batch, heads, a, b] with the heads as two axes. */
function splitHeads(c: RuleContext, x: string, lead: readonly number[]): string {
  const { g } = c;
  const dims = g.op("Concat", [g.sizes(x, [0]), g.ints(lead), g.sizes(x, [2, 3])], { axis: { int: 0 } });
  return g.op("Reshape", [x, dims]);
}

/** The way back from `split`, to the shape of an input. */
function merge(c: RuleContext, gradient: string, like: string, { share }: Heads): string {
  const { g } = c;
  const four = c.dims(like).length === 4;
  if (four && share === 1) return gradient;
  const flat = four ? gradient : g.transpose(gradient, share === 1 ? [0, 2, 1, 3] : [0, 3, 1, 2, 4]);
  return g.reshapeLike(flat, like);
}

/** Sums a gradient [batch, heads, steps, keys] to the shape of a mask that broadcasts to it. */
function sumToMask(c: RuleContext, gradient: string, mask: string, whole: readonly number[]): string {
  const own = c.dims(mask);
  const missing = whole.length - own.length;
  if (own.at(-1) !== 1 && own.at(-1) !== whole.at(-1)) throw c.refuse("a mask shorter than the keys is not supported");
  const axes = range(4).filter((axis) => axis < missing || own[axis - missing] === 1);
  return axes.length === 0 ? gradient : c.g.reshapeLike(c.g.reduceSum(gradient, axes, true), mask);
}

/**
 * Y = P V with P = softmax of S, S = scale Q K' through a soft cap and a mask. The operator itself gives P, whatever its masks.
 *
 *     dV = P' dY;  dP = dY V';  dS = P (dP - sum dP P);  dQ = scale dS K;  dK = scale dS' Q
 */
function attention(c: RuleContext): (string | undefined)[] {
  const { g, node } = c;
  const m = algebra(c);
  const [q, k, v] = [c.I(0), c.I(1), c.I(2)];
  if (node.output[3]) throw c.refuse("scores as an output are not supported");
  const heads = headsOf(c);
  node.attribute = node.attribute.filter(({ name }) => name !== "qk_matmul_output_mode");
  node.attribute.push(attribute("qk_matmul_output_mode", { int: 3 }));
  const scores = c.addOutput(3);
  const P = heads.share === 1 ? scores : splitHeads(c, scores, [heads.keys, heads.share]);
  const Q = split(c, q, q, heads.queries, heads);
  const past = c.I(4) !== "";
  // Keys and values of earlier steps stand in front.
  const whole = (own: string, before: string, i: number): string => {
    if (!past) return split(c, own, own, heads.keys, heads);
    const four = c.dims(own).length === 4 ? own : g.transpose(g.reshape(own, [0, 0, heads.keys, -1]), [0, 2, 1, 3]);
    const all = node.output[i] || g.op("Concat", [before, four], { axis: { int: 2 } });
    return heads.share === 1 ? all : g.unsqueeze(all, [2]);
  };
  const K = whole(k, c.I(4), 1);
  const V = whole(v, c.I(5), 2);
  const last = heads.share === 1 ? [0, 1, 3, 2] : [0, 1, 2, 4, 3];
  const product = (a: string, b: string): string => g.op("MatMul", [a, b]);
  const turned = (x: string): string => g.transpose(x, last);
  const width = c.dims(q).at(-1)! / (c.dims(q).length === 4 ? 1 : heads.queries);
  const scale = attributeFloat(node, "scale", 0) || 1 / Math.sqrt(width);
  const cap = attributeFloat(node, "softcap", 0);
  /** The gradient of keys or values, of which several queries share one, and of those of earlier steps. */
  const toKeys = (of: string | undefined, own: string, before: string, i: number): [string?, string?] => {
    let sum = of === undefined || heads.share === 1 ? of : g.reduceSum(of, [2], false);
    if (c.has(i)) sum = sum === undefined ? c.GO(i) : m.add(sum, c.GO(i));
    if (sum === undefined) return [];
    const single = { ...heads, share: 1 };
    if (!past && !c.has(i) && heads.share !== 1 && c.dims(own).length === 4) return [g.reshapeLike(sum, own)];
    if (!past) return [merge(c, sum, own, single)];
    const [first, rest] = g.ops("Split", [sum, g.op("Concat", [g.sizes(before, [2]), steps(own)], axis0)], 2, {
      axis: { int: 2 },
    });
    return [merge(c, rest!, own, single), first];
  };
  const axis0 = { axis: { int: 0 } };
  const steps = (own: string): string => g.sizes(own, [c.dims(own).length === 4 ? 2 : 1]);
  if (!c.has(0)) {
    const [dK, dPastK] = toKeys(undefined, k, c.I(4), 1);
    const [dV, dPastV] = toKeys(undefined, v, c.I(5), 2);
    return [undefined, dK, dV, undefined, dPastK, dPastV];
  }
  const dY = split(c, c.GO(0), q, heads.queries, heads);
  const dP = product(dY, turned(V));
  const weighted = m.mul(dP, P);
  let dS = m.sub(weighted, m.mul(P, g.reduceSum(weighted, [-1], true)));
  const capped = (): string => {
    const t = m.of("Tanh", m.mul(product(Q, turned(K)), scale / cap));
    return m.mul(dS, m.sub(1, m.mul(t, t)));
  };
  const dMask = c.needs(3)
    ? sumToMask(c, heads.share === 1 ? dS : g.reshapeLike(dS, scores), c.I(3), [
        c.dims(q)[0]!,
        heads.queries,
        c.dims(q).at(-2)!,
        c.dims(c.I(3)).at(-1)!,
      ])
    : undefined;
  if (cap !== 0) dS = capped();
  dS = m.mul(dS, scale);
  const [dK, dPastK] = toKeys(c.needs(1) || c.needs(4) ? product(turned(dS), Q) : undefined, k, c.I(4), 1);
  const [dV, dPastV] = toKeys(c.needs(2) || c.needs(5) ? product(turned(P), dY) : undefined, v, c.I(5), 2);
  return [c.needs(0) ? merge(c, product(dS, K), q, heads) : undefined, dK, dV, dMask, dPastK, dPastV];
}

/** A rotation of pairs; its transpose turns the other way. `sin` and `cos` are the places of the tables. */
function rotation(c: RuleContext, cos: number, sin: number): (string | undefined)[] {
  if (c.needs(cos) || c.needs(sin)) throw c.refuse("gradients of the tables of angles are not supported");
  const inputs = c.node.input.map((name, i) => (i === 0 ? c.GO(0) : i === sin ? c.g.op("Neg", [name]) : name));
  const back = c.g.op(c.node.opType, inputs);
  const made = c.g.model.graph!.node.at(-1)!;
  made.domain = c.node.domain;
  made.attribute = c.node.attribute;
  return [back];
}

export const attending: RuleTable = {
  Attention: always(attention),
  RotaryEmbedding: always((c) => rotation(c, 1, 2)),
};

/** Q, K and V of ONNX Runtime's own attentions, [batch, heads, steps, width], with what is added to Q K'. */
interface Parts {
  Q: string;
  K: string;
  V: string;
  /** The inputs with the mask and the bias of the scores. */
  mask: number;
  bias: number;
}

const perHead = (c: RuleContext, x: string, heads: number): string =>
  c.g.transpose(c.g.reshape(x, [0, 0, heads, -1]), [0, 2, 1, 3]);
const joinHeads = (c: RuleContext, x: string): string => c.g.reshape(c.g.transpose(x, [0, 2, 1, 3]), [0, 0, -1]);

/** Gradients of [Q, K, V], [batch, steps, heads width] each, and of the scores. */
function fusedBack(c: RuleContext, { Q, K, V, mask, bias }: Parts, heads: number): { parts: string[]; dS: string } {
  const { g, node } = c;
  const m = algebra(c);
  if (c.has(1) || c.has(2)) throw c.refuse("gradients of the keys and values handed on are not supported");
  const turn = (x: string): string => g.transpose(x, [0, 1, 3, 2]);
  const product = (a: string, b: string): string => g.op("MatMul", [a, b]);
  const size = (x: string): string => g.squeeze(g.op("CastLike", [g.sizes(x, [3]), x]), [0]);
  const given = attributeFloat(node, "scale", 0);
  const scale = given === 0 ? m.of("Reciprocal", m.of("Sqrt", size(Q))) : c.scalar(given);
  let S = m.mul(product(Q, turn(K)), scale);
  if (c.I(bias) !== "") S = m.add(S, c.I(bias));
  if (c.I(mask) !== "") S = m.add(S, maskOf(c, c.I(mask), K));
  if (attributeInt(node, "unidirectional", 0) === 1) {
    const ones = m.add(m.mul(S, 0), 1);
    S = m.where(m.greater(g.op("Trilu", [ones], { upper: { int: 0 } }), 0), S, -1e30);
  }
  const P = g.op("Softmax", [S], { axis: { int: -1 } });
  const dY = perHead(c, c.GO(0), heads);
  const weighted = m.mul(product(dY, turn(V)), P);
  const dS = m.sub(weighted, m.mul(P, g.reduceSum(weighted, [-1], true)));
  const scaled = m.mul(dS, scale);
  const parts = [product(scaled, K), product(turn(scaled), Q), product(turn(P), dY)];
  return { parts: parts.map((part) => joinHeads(c, part)), dS };
}

/** What a mask of ones and zeros, [batch, keys] or [batch, steps, keys], or of lengths, [batch], adds to the scores. */
function maskOf(c: RuleContext, mask: string, K: string): string {
  const { g } = c;
  const m = algebra(c);
  const rank = c.dims(mask).length;
  const never = attributeFloat(c.node, "mask_filter_value", -10000);
  if (rank === 1) {
    if (c.dims(mask)[0] !== c.dims(c.O(0))[0]) throw c.refuse("a mask of starts and ends is not supported");
    const scalar = (value: number): string => g.constant(int64([], [value]));
    const keys = g.op("Range", [scalar(0), g.squeeze(g.sizes(K, [2]), [0]), scalar(1)]);
    const lengths = g.unsqueeze(g.cast(mask, "int64"), [1, 2, 3]);
    return m.where(g.op("Less", [keys, lengths]), 0, never);
  }
  if (rank > 3) throw c.refuse("a mask of four dimensions is not supported");
  const open = g.cast(mask, "bool");
  return m.where(g.unsqueeze(open, rank === 2 ? [1, 2] : [1]), 0, never);
}

/** The gradient of what was added to the scores, [batch or 1, heads or 1, steps, keys]. */
function toBias(c: RuleContext, dS: string, bias: string): string {
  const axes = [0, 1].filter((axis) => c.dims(bias)[axis] === 1);
  return axes.length === 0 ? dS : c.g.reduceSum(dS, axes, true);
}

/** Queries, keys and values come projected, each [batch, steps, heads width]; a bias is added to them. */
function multiHeadAttention(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const m = algebra(c);
  const heads = attributeInt(c.node, "num_heads", 1);
  const inputs = range(3).map((i) => c.I(i));
  if (inputs.some((name) => name === "" || c.dims(name).length !== 3))
    throw c.refuse("only queries, keys and values of three dimensions each are supported");
  if (c.I(6) !== "" || c.I(8) !== "") throw c.refuse("keys and values of earlier steps are not supported");
  const widths = inputs.map((name) => c.dims(name)[2]!);
  const biases = c.I(3) === "" ? [] : g.ops("Split", [c.I(3), g.ints(widths)], 3, { axis: { int: 0 } });
  const [Q, K, V] = inputs.map((name, i) => perHead(c, biases[i] ? m.add(name, biases[i]) : name, heads)) as [
    string,
    string,
    string,
  ];
  const { parts, dS } = fusedBack(c, { Q, K, V, mask: 4, bias: 5 }, heads);
  const sums = (): string[] => parts.map((part) => g.reduceSum(part, [0, 1], false));
  return [
    ...parts,
    c.needs(3) ? g.op("Concat", sums(), { axis: { int: 0 } }) : undefined,
    undefined,
    c.needs(5) ? toBias(c, dS, c.I(5)) : undefined,
  ];
}

/** The same with the projection inside: [Q, K, V] = x W + b. */
function projectedAttention(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const heads = attributeInt(c.node, "num_heads", 1);
  const [x, W, b] = [c.I(0), c.I(1), c.I(2)];
  if (c.I(4) !== "") throw c.refuse("keys and values of earlier steps are not supported");
  if (attributeInt(c.node, "do_rotary", 0) === 1) throw c.refuse("rotary positions inside are not supported");
  const whole = c.dims(W)[1]!;
  const widths = attributeInts(c.node, "qkv_hidden_sizes") ?? [whole / 3, whole / 3, whole / 3];
  const product = g.op("MatMul", [x, W]);
  const projected = g.ops("Split", [b === "" ? product : g.op("Add", [product, b]), g.ints(widths)], 3, {
    axis: { int: 2 },
  });
  const [Q, K, V] = projected.map((part) => perHead(c, part, heads)) as [string, string, string];
  const { parts, dS } = fusedBack(c, { Q, K, V, mask: 3, bias: 5 }, heads);
  const dAll = g.op("Concat", parts, { axis: { int: 2 } });
  const rows = (of: string, width: number): string => g.reshape(of, [-1, width]);
  return [
    c.needs(0) ? g.op("MatMul", [dAll, g.transpose(W, [1, 0])]) : undefined,
    c.needs(1) ? g.op("Gemm", [rows(x, c.dims(W)[0]!), rows(dAll, whole)], { transA: { int: 1 } }) : undefined,
    c.needs(2) ? g.reduceSum(dAll, [0, 1], false) : undefined,
    undefined,
    undefined,
    c.needs(5) ? toBias(c, dS, c.I(5)) : undefined,
  ];
}

export const fusedAttending: RuleTable = {
  Attention: always(projectedAttention),
  MultiHeadAttention: always(multiHeadAttention),
  RotaryEmbedding: always((c) => rotation(c, 2, 3)),
};
