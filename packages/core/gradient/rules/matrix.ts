/** @file Gradients of matrix products. */
import { attributeFloat, attributeInt, attributeString } from "../../onnx/index.ts";
import { always, range, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra } from "./algebra.ts";

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
    dC = sumTo(c, beta === 1 ? dy : algebra(c).mul(dy, beta), c.I(2));
  }
  return [dA, dB, dC];
}

/** Sums a [M, N] gradient to the shape of C, which broadcasts to it. */
function sumTo(c: RuleContext, gradient: string, to: string): string {
  const dims = c.dims(to);
  const axes = [0, 1].filter((axis) => {
    const own = dims[axis - (2 - dims.length)];
    return own === undefined || own === 1;
  });
  if (axes.length === 0) return gradient;
  if (dims.length === 1 && dims[0] !== 1) return c.g.reduceSum(gradient, [0], false);
  return c.g.reshapeLike(c.g.reduceSum(gradient, axes, true), to);
}

/** y = A B with numpy's rules: leading dimensions broadcast, vectors are promoted. */
function matMul(c: RuleContext): (string | undefined)[] {
  const [a, b] = [c.I(0), c.I(1)];
  return factors(c, c.GO(0), { name: a, dims: c.dims(a) }, { name: b, dims: c.dims(b) });
}

interface Factor {
  name: string;
  dims: readonly number[];
}

/** The gradients of two factors of the node's output, which may be the inputs or what was made of them. */
function factors(c: RuleContext, gradient: string, left: Factor, right: Factor): (string | undefined)[] {
  const { g } = c;
  const { dims: a } = left;
  const { dims: b } = right;
  // Vectors become matrices, so that one rule holds.
  const A = a.length === 1 ? g.unsqueeze(left.name, [0]) : left.name;
  const B = b.length === 1 ? g.unsqueeze(right.name, [1]) : right.name;
  let dy = gradient;
  const rank = c.dims(c.O(0)).length;
  if (a.length === 1 && b.length === 1) dy = g.reshape(dy, [1, 1]);
  else if (a.length === 1) dy = g.unsqueeze(dy, [rank - 1]);
  else if (b.length === 1) dy = g.unsqueeze(dy, [rank]);
  const swap = (x: string, dims: number): string => {
    const perm = range(dims);
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
    const axes = range(lead).filter((i) => {
      const j = i - (lead - ownLead);
      return j < 0 || (own[j] === 1 && (whole[i] !== 1 || c.fixed(c.O(0))[i] === undefined));
    });
    const summed = axes.length === 0 ? gradient : g.reduceSum(gradient, axes, true);
    return axes.length > 0 || own.length === 1 ? g.reshapeLike(summed, to) : summed;
  };
  let dB: string | undefined;
  if (c.needs(1) && rankB === 2 && rankA > 2) {
    // All rows at once: one product instead of one for each leading index and a sum.
    const rows = (x: string, columns: string): string => g.op("Reshape", [x, columns]);
    const width = (x: string, axis: number): string =>
      g.op("Concat", [g.ints([-1]), g.sizes(x, [axis])], { axis: { int: 0 } });
    const product = g.op(
      "Gemm",
      [rows(A, width(right.name, 0)), rows(dy, b.length === 1 ? g.ints([-1, 1]) : width(right.name, 1))],
      {
        transA: { int: 1 },
      },
    );
    dB = b.length === 1 ? g.reshapeLike(product, right.name) : product;
  } else if (c.needs(1)) dB = back(g.op("MatMul", [swap(A, rankA), dy]), rankB, b, right.name);
  return [c.needs(0) ? back(g.op("MatMul", [dy, swap(B, rankB)]), rankA, a, left.name) : undefined, dB];
}

/**
 * y = alpha A' B', where A' is A with its axes in another order: the last two exchanged, or before that the first moved in
 * front of the last ("transBatchA"). ONNX Runtime makes it of products with transpositions and factors.
 */
function fusedMatMul(c: RuleContext): (string | undefined)[] {
  const { g, node } = c;
  const alpha = attributeFloat(node, "alpha", 1);
  const orders = ["A", "B"].map((side, i) => {
    const order = range(c.dims(c.I(i)).length);
    if (order.length < 2) return order;
    if (attributeInt(node, `transBatch${side}`, 0) === 1) order.splice(-1, 0, order.shift()!);
    if (attributeInt(node, `trans${side}`, 0) === 1) order.push(order.splice(-2, 1)[0]!);
    return order;
  });
  const moved = (order: readonly number[]): boolean => order.some((axis, i) => axis !== i);
  const [left, right] = orders.map((order, i): Factor => {
    const name = c.I(i);
    return { name: moved(order) ? g.transpose(name, order) : name, dims: order.map((axis) => c.dims(name)[axis]!) };
  }) as [Factor, Factor];
  const dy = alpha === 1 ? c.GO(0) : algebra(c).mul(c.GO(0), alpha);
  return factors(c, dy, left, right).map((of, i) => {
    const order = orders[i]!;
    return of !== undefined && moved(order)
      ? g.transpose(
          of,
          order.map((_, axis) => order.indexOf(axis)),
        )
      : of;
  });
}

/** Numpy's einsum with explicit letters: the terms of the inputs and of the output. */
function einsumTerms(c: RuleContext): { inputs: string[]; output: string } {
  const equation = attributeString(c.node, "equation", "").replaceAll(" ", "");
  const [left, right] = equation.split("->") as [string, string | undefined];
  const terms = left.split(",");
  // Dimensions behind an ellipsis get the letters that are left, aligned at their end.
  const free = "ZYXWVUTSRQPONMLKJIHGFEDCBA".split("").filter((letter) => !equation.includes(letter));
  const hidden = Math.max(
    0,
    ...terms.map((term, i) => (term.includes("...") ? c.dims(c.I(i)).length - term.length + 3 : 0)),
  );
  const letters = free.slice(0, hidden).join("");
  const inputs = terms.map((term, i) =>
    term.replace("...", letters.slice(hidden - (c.dims(c.I(i)).length - term.length + 3))),
  );
  if (right !== undefined) return { inputs, output: right.replace("...", letters) };
  const all = inputs.join("");
  const once = [...new Set(all)].filter((letter) => all.split(letter).length === 2 && !letters.includes(letter));
  return { inputs, output: letters + once.sort().join("") };
}

/** The gradient of an einsum's factor is the einsum of dy and the other factors. */
function einsum(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const { inputs, output } = einsumTerms(c);
  return inputs.map((term, i) => {
    if (!c.needs(i)) return undefined;
    if (new Set(term).size < term.length) throw c.refuse(`repeated index in the term "${term}" is not supported`);
    const others = inputs.flatMap((other, k) => (k === i ? [] : [{ term: other, name: c.I(k) }]));
    const own = c.dims(c.I(i));
    const known = new Set([output, ...others.map((other) => other.term)].join(""));
    // Letters that are summed in this factor alone, or broadcast from a size of 1.
    const present = term
      .split("")
      .filter((letter) => known.has(letter))
      .join("");
    const equation = `${[output, ...others.map((other) => other.term)].join(",")}->${present}`;
    let dx = g.op("Einsum", [c.GO(0), ...others.map(({ name }) => name)], { equation: { string: equation } });
    const single = present.split("").flatMap((letter, axis) => (own[term.indexOf(letter)] === 1 ? [axis] : []));
    if (single.length > 0) dx = g.reduceSum(dx, single, true);
    const missing = term.split("").flatMap((letter, axis) => (known.has(letter) ? [] : [axis]));
    return missing.length === 0 ? dx : g.expandLike(g.unsqueeze(dx, missing), c.I(i));
  });
}

export const matrix: RuleTable = { Gemm: always(gemm), MatMul: always(matMul), Einsum: always(einsum) };

export const fusedMatrix: RuleTable = { FusedMatMul: always(fusedMatMul), TransposeMatMul: always(fusedMatMul) };
