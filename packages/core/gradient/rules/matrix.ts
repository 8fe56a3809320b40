/** @file Gradients of matrix products. */
import { attributeFloat, attributeInt } from "../../onnx/index.ts";
import { always, type RuleContext, type RuleTable } from "../rule.ts";

/** y = alpha A' B' + beta C, where A' is A or its transpose. */
function gemm(c: RuleContext): (string | undefined)[] {
  const { g, node } = c;
  const alpha = { float: attributeFloat(node, "alpha", 1) };
  const transA = attributeInt(node, "transA", 0);
  const transB = attributeInt(node, "transB", 0);
  const product = (a: string, b: string, ta: number, tb: number): string =>
    g.op("Gemm", [a, b], { alpha, transA: { int: ta }, transB: { int: tb } });
  const dy = c.GO(0);
  let dA: string | undefined;
  let dB: string | undefined;
  let dC: string | undefined;
  // dA' = alpha dy B'^T
  if (c.needs(0)) dA = transA ? product(c.I(1), dy, transB, 1) : product(dy, c.I(1), 0, 1 - transB);
  // dB' = alpha A'^T dy
  if (c.needs(1)) dB = transB ? product(dy, c.I(0), 1, transA) : product(c.I(0), dy, 1 - transA, 0);
  if (c.needs(2)) {
    const beta = attributeFloat(node, "beta", 1);
    dC = sumTo(c, beta === 1 ? dy : g.op("Mul", [dy, g.scalar(beta)]), c.I(2));
  }
  return [dA, dB, dC];
}

/** Sums a [M, N] gradient to the shape of C, which broadcasts to it. */
function sumTo(c: RuleContext, gradient: string, to: string): string {
  const dims = c.dims(to);
  const whole = c.dims(c.O(0));
  const axes = [0, 1].filter((axis) => {
    const own = dims[axis - (2 - dims.length)];
    return own === undefined || (own === 1 && whole[axis] !== 1);
  });
  return axes.length === 0 ? gradient : c.g.reshapeLike(c.g.reduceSum(gradient, axes, true), to);
}

/** y = A B with numpy's rules: leading dimensions broadcast, vectors are promoted. */
function matMul(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const a = c.dims(c.I(0));
  const b = c.dims(c.I(1));
  // Vectors become matrices, so that one rule holds.
  const A = a.length === 1 ? g.unsqueeze(c.I(0), [0]) : c.I(0);
  const B = b.length === 1 ? g.unsqueeze(c.I(1), [1]) : c.I(1);
  let dy = c.GO(0);
  const rank = c.dims(c.O(0)).length;
  if (a.length === 1 && b.length === 1) dy = g.reshape(dy, [1, 1]);
  else if (a.length === 1) dy = g.unsqueeze(dy, [rank - 1]);
  else if (b.length === 1) dy = g.unsqueeze(dy, [rank]);
  const swap = (x: string, dims: number): string => {
    const perm = Array.from({ length: dims }, (_, i) => i);
    perm.push(perm.splice(-2, 1)[0]!);
    return g.transpose(x, perm);
  };
  const rankA = Math.max(2, a.length);
  const rankB = Math.max(2, b.length);
  const back = (gradient: string, from: number, own: readonly number[], to: string): string => {
    // Leading dimensions that were broadcast are summed away.
    const lead = Math.max(rankA, rankB) - 2;
    const ownLead = from - 2;
    const whole = c.dims(c.O(0));
    const axes = Array.from({ length: lead }, (_, i) => i).filter((i) => {
      const j = i - (lead - ownLead);
      return j < 0 || (own[j] === 1 && whole[i] !== 1);
    });
    const summed = axes.length === 0 ? gradient : g.reduceSum(gradient, axes, true);
    return axes.length > 0 || own.length === 1 ? g.reshapeLike(summed, to) : summed;
  };
  return [
    c.needs(0) ? back(g.op("MatMul", [dy, swap(B, rankB)]), rankA, a, c.I(0)) : undefined,
    c.needs(1) ? back(g.op("MatMul", [swap(A, rankA), dy]), rankB, b, c.I(1)) : undefined,
  ];
}

export const matrix: RuleTable = { Gemm: always(gemm), MatMul: always(matMul) };
