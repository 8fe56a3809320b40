import { expect, test } from "vitest";
import type { AttributeValue } from "../../onnx/index.ts";
import type { Tensor } from "../../tensor/index.ts";
import { operatorError, randomTensor, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const int = (value: number): AttributeValue => ({ int: value });
const float = (value: number): AttributeValue => ({ float: value });
const only32 = { only32: true } as const;

/** Queries, keys and values of 4 heads over 3 steps that attend to 5. */
const four = [
  [2, 4, 3, 6],
  [2, 4, 5, 6],
  [2, 4, 5, 2],
];
const grouped = [
  [2, 4, 3, 6],
  [2, 2, 5, 6],
  [2, 2, 5, 2],
];
const three = [
  [2, 3, 24],
  [2, 5, 24],
  [2, 5, 8],
];
const threeGrouped = [
  [2, 3, 24],
  [2, 5, 12],
  [2, 5, 4],
];
const heads = { q_num_heads: int(4), kv_num_heads: int(4) };
const shared = { q_num_heads: int(4), kv_num_heads: int(2) };
const past = [
  [2, 2, 4, 6],
  [2, 2, 4, 2],
];
/** Behind queries, keys and values: no mask, and what earlier steps left. */
const behind = { order: (x: string[]) => [...x.slice(0, 3), "", ...x.slice(3)] };

const microsoft = { domain: "com.microsoft", ...only32 } as const;
const int32 = (dims: number[], values: number[]): Tensor => ({ type: "int32", dims, data: Int32Array.from(values) });
const projected = { num_heads: int(2) };
const before = [
  [2, 3, 8],
  [2, 5, 8],
  [2, 5, 6],
];

/** ONNX Runtime's own attentions. */
const fused: OperatorCase[] = [
  { operator: "MultiHeadAttention", inputs: before, attributes: projected, ...microsoft },
  { operator: "MultiHeadAttention", inputs: [...before, [22]], attributes: projected, note: "bias", ...microsoft },
  {
    operator: "MultiHeadAttention",
    inputs: before,
    attributes: { ...projected, scale: float(0.3) },
    more: (g) => ["", g.constant(int32([2, 5], [1, 1, 1, 1, 0, 1, 1, 0, 0, 1]))],
    note: "mask",
    ...microsoft,
  },
  {
    operator: "MultiHeadAttention",
    inputs: [...before, [1, 2, 3, 5]],
    attributes: projected,
    order: (x) => [...x.slice(0, 3), "", "", x[3]!],
    note: "bias of the scores",
    ...microsoft,
  },
  { operator: "Attention", inputs: [[2, 3, 6], [6, 24], [24]], attributes: projected, ...microsoft },
  {
    operator: "Attention",
    inputs: [[2, 3, 6], [6, 24], [24]],
    attributes: { ...projected, unidirectional: int(1) },
    more: (g) => [g.constant(int32([2], [3, 2]))],
    note: "causal, lengths",
    ...microsoft,
  },
  {
    operator: "Attention",
    inputs: [[2, 3, 6], [6, 20], [20], [2, 2, 3, 3]],
    attributes: { ...projected, qkv_hidden_sizes: { ints: [8, 8, 4] } },
    order: (x) => [...x.slice(0, 3), "", "", x[3]!],
    note: "widths",
    ...microsoft,
  },
];

const cases: OperatorCase[] = [
  ...[23, 24].flatMap((opset): OperatorCase[] => [
    { operator: "Attention", inputs: four, opset },
    { operator: "Attention", inputs: four, attributes: { is_causal: int(1), scale: float(0.3) }, opset },
    { operator: "Attention", inputs: grouped, attributes: { is_causal: int(1) }, opset },
    { operator: "Attention", inputs: three, attributes: heads, opset },
    { operator: "Attention", inputs: threeGrouped, attributes: { ...shared, is_causal: int(1) }, opset },
    { operator: "Attention", inputs: [...four, [3, 5]], opset, note: "mask" },
    { operator: "Attention", inputs: [...grouped, [2, 1, 3, 5]], opset, note: "mask" },
    { operator: "Attention", inputs: [...threeGrouped, [4, 3, 5]], attributes: shared, opset, note: "mask" },
    { operator: "Attention", inputs: four, attributes: { softcap: float(0.5), is_causal: int(1) }, opset },
    { operator: "Attention", inputs: [...four, [3, 5]], attributes: { softcap: float(0.5) }, opset, note: "mask" },
    { operator: "Attention", inputs: [...grouped, ...past], opset, note: "past", outputs: 3, ...behind },
    {
      operator: "Attention",
      inputs: [...threeGrouped, ...past],
      attributes: { ...shared, is_causal: int(1) },
      opset,
      note: "past",
      outputs: 3,
      ...behind,
    },
    {
      operator: "Attention",
      inputs: [...grouped, ...past],
      opset,
      note: "present keys",
      outputs: 3,
      read: 1,
      ...behind,
    },
  ]),
  {
    operator: "Attention",
    inputs: four,
    more: (g) => [
      g.constant({ type: "bool", dims: [3, 5], data: Uint8Array.from("110100111010110".split(""), Number) }),
    ],
    opset: 23,
    note: "truth values as mask",
  },
  ...[0, 1].map((interleaved): OperatorCase => ({
    operator: "RotaryEmbedding",
    inputs: [[2, 3, 5, 8]],
    attributes: { interleaved: int(interleaved) },
    more: (g) => [
      ...["cos", "sin"].map((name) => g.constant(randomTensor([7, 4], name))),
      g.constant({ type: "int64", dims: [2, 5], data: BigInt64Array.from([0, 1, 2, 3, 4, 2, 3, 4, 5, 6], BigInt) }),
    ],
    opset: 23,
    only32: true,
  })),
  {
    operator: "RotaryEmbedding",
    inputs: [[2, 5, 24]],
    attributes: { num_heads: int(3), rotary_embedding_dim: int(4) },
    more: (g) => ["cos", "sin"].map((name) => g.constant(randomTensor([2, 5, 2], name))),
    opset: 23,
    note: "three dimensions, in part",
    ...only32,
  },
  {
    operator: "RotaryEmbedding",
    domain: "com.microsoft",
    inputs: [[2, 3, 5, 8]],
    more: (g) => [
      g.constant({ type: "int64", dims: [1], data: BigInt64Array.of(2n) }),
      ...["cos", "sin"].map((name) => g.constant(randomTensor([9, 4], name))),
    ],
    ...only32,
  },
  ...fused,
];

test.each(cases)("$domain $operator $note $opset $inputs $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
  if (!one.only32) expect(await operatorError(one, "float64")).toBeLessThan(tolerance.float64);
});
