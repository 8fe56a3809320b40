/**
 * @file Gradients of recurrent layers: back-propagation through time, with a few nodes for each step. What does not
 * depend on later steps (gates, slopes) is computed for all steps at once.
 */
import { attributeInt, attributeString, attributeStrings } from "../../onnx/index.ts";
import { always, range, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra, type Algebra } from "./algebra.ts";

/** One direction of a layer. Steps run along axis 0, in the order in which this direction takes them. */
interface Direction {
  /** [steps, batch, inputs] */
  x: string;
  /** [gates, inputs], [gates, hidden], and the two biases [gates] if any. */
  w: string;
  r: string;
  wb: string | undefined;
  rb: string | undefined;
  /** Hidden states before and after each step, [steps, batch, hidden]. */
  before: string;
  after: string;
  /** Gradients of the hidden states from outside, one per step, [batch, hidden]. */
  dh: string[];
  /** The cell's state before the first step, and the gradient of that after the last, [batch, hidden]. */
  c0: string;
  dc: string | undefined;
  hidden: number;
  steps: number;
  /** Activations of this direction, in lower case. */
  activations: string[];
}

/** Gradients of one direction: of pre-activations from inputs and from hidden states, and of the first states. */
interface Back {
  /** [steps, batch, gates] */
  dxGates: string;
  dhGates: string;
  /** What the recurrent weights multiplied, per part of the gates; `before` unless told otherwise. */
  lastFactor?: string;
  dh0: string;
  dc0?: string;
}

/** Steps of a tensor [steps, ...], each without that axis. */
function stepsOf(c: RuleContext, x: string, steps: number): string[] {
  const { g } = c;
  const parts = steps === 1 ? [x] : g.ops("Split", [x], steps, { axis: { int: 0 }, num_outputs: { int: steps } });
  return parts.map((part) => g.squeeze(part, [0]));
}

function stack(c: RuleContext, parts: readonly string[], axis = 0): string {
  return c.g.op(
    "Concat",
    parts.map((part) => c.g.unsqueeze(part, [axis])),
    { axis: { int: axis } },
  );
}

const linear = (c: RuleContext, x: string, w: string): string => c.g.op("MatMul", [x, c.g.transpose(w, [1, 0])]);

/** The k-th part of a vector or matrix of gates along its last axis. */
function gate(c: RuleContext, of: string, k: number, d: Direction, axis: number): string {
  return c.g.slice(of, [k * d.hidden], [(k + 1) * d.hidden], [axis]);
}

/** s (1 - s), the slope of a sigmoid by its value. */
const sigmoidSlope = (m: Algebra, s: string): string => m.mul(s, m.sub(1, s));
const tanhSlope = (m: Algebra, t: string): string => m.sub(1, m.mul(t, t));

/** Pre-activations x W' + b, and h R' + b. */
function preactivations(c: RuleContext, d: Direction): { fromX: string; fromH: string } {
  const m = algebra(c);
  const plus = (y: string, bias: string | undefined): string => (bias === undefined ? y : m.add(y, bias));
  return { fromX: plus(linear(c, d.x, d.w), d.wb), fromH: plus(linear(c, d.before, d.r), d.rb) };
}

/** h' = f(a);  da = dh f'(a) */
function rnnBack(c: RuleContext, d: Direction): Back {
  const m = algebra(c);
  const [f] = d.activations;
  if (f !== "tanh" && f !== "relu" && f !== "sigmoid") throw c.refuse(`the activation ${f} is not supported`);
  const h = d.after;
  const slope = f === "tanh" ? tanhSlope(m, h) : f === "relu" ? m.of("Sign", h) : sigmoidSlope(m, h);
  const slopes = stepsOf(c, slope, d.steps);
  const gates: string[] = [];
  let later: string | undefined;
  for (let t = d.steps - 1; t >= 0; t--) {
    const dh = later === undefined ? d.dh[t]! : m.add(d.dh[t]!, later);
    gates[t] = m.mul(dh, slopes[t]!);
    later = c.g.op("MatMul", [gates[t]!, d.r]);
  }
  const all = stack(c, gates);
  return { dxGates: all, dhGates: all, dh0: later! };
}

/** Gates i, o, f, g;  c' = f c + i g;  h' = o tanh c' */
function lstmBack(c: RuleContext, d: Direction): Back {
  const { g } = c;
  const m = algebra(c);
  if (d.activations.join() !== "sigmoid,tanh,tanh") throw c.refuse("only sigmoid, tanh, tanh are supported");
  const { fromX, fromH } = preactivations(c, d);
  const a = m.add(fromX, fromH);
  const [i, o, f] = range(3).map((k) => m.of("Sigmoid", gate(c, a, k, d, 2))) as [string, string, string];
  const candidate = m.of("Tanh", gate(c, a, 3, d, 2));
  const added = stepsOf(c, m.mul(i, candidate), d.steps);
  const keep = stepsOf(c, f, d.steps);
  const cells = [d.c0];
  for (let t = 0; t < d.steps; t++) cells.push(m.add(m.mul(keep[t]!, cells[t]!), added[t]!));
  const before = stack(c, cells.slice(0, -1));
  const t = m.of("Tanh", stack(c, cells.slice(1)));
  // dc = dc' f' + dh o (1 - tanh^2 c');  gates get dc or dh times what stands here
  const toCell = stepsOf(c, m.mul(o, tanhSlope(m, t)), d.steps);
  const slopes = [
    m.mul(candidate, sigmoidSlope(m, i)),
    m.mul(t, sigmoidSlope(m, o)),
    m.mul(before, sigmoidSlope(m, f)),
    m.mul(i, tanhSlope(m, candidate)),
  ];
  const factors = stepsOf(c, g.op("Concat", slopes, { axis: { int: 2 } }), d.steps);
  const gates: string[] = [];
  let later: string | undefined;
  let cell = d.dc;
  for (let k = d.steps - 1; k >= 0; k--) {
    const dh = later === undefined ? d.dh[k]! : m.add(d.dh[k]!, later);
    const through = m.mul(dh, toCell[k]!);
    const dc = cell === undefined ? through : m.add(cell, through);
    gates[k] = m.mul(g.op("Concat", [dc, dh, dc, dc], { axis: { int: 1 } }), factors[k]!);
    later = g.op("MatMul", [gates[k]!, d.r]);
    cell = m.mul(dc, keep[k]!);
  }
  const all = stack(c, gates);
  return { dxGates: all, dhGates: all, dh0: later!, dc0: cell! };
}

/** Gates z, r, n;  h' = (1 - z) n + z h, where r weighs h before or after its product with the weights. */
function gruBack(c: RuleContext, d: Direction): Back {
  const { g } = c;
  const m = algebra(c);
  if (d.activations.join() !== "sigmoid,tanh") throw c.refuse("only sigmoid, tanh are supported");
  const after = attributeInt(c.node, "linear_before_reset", 0) === 1;
  const { fromX, fromH } = preactivations(c, d);
  const part = (k: number, of: string): string => gate(c, of, k, d, 2);
  const [z, r] = [0, 1].map((k) => m.of("Sigmoid", m.add(part(k, fromX), part(k, fromH)))) as [string, string];
  const weighted = m.mul(r, d.before);
  const [rz, rr, rn] = range(3).map((k) => gate(c, d.r, k, d, 0)) as [string, string, string];
  let inner = part(2, fromH);
  if (!after) {
    inner = linear(c, weighted, rn);
    if (d.rb !== undefined) inner = m.add(inner, gate(c, d.rb, 2, d, 0));
  }
  const n = m.of("Tanh", m.add(part(2, fromX), after ? m.mul(r, inner) : inner));
  const slopeZ = m.mul(m.sub(d.before, n), sigmoidSlope(m, z));
  const slopeN = m.mul(m.sub(1, z), tanhSlope(m, n));
  // What da_r is a multiple of: of dh, or of the gradient of r h.
  const slopeR = after ? m.mul(slopeN, inner, sigmoidSlope(m, r)) : m.mul(d.before, sigmoidSlope(m, r));
  const split = (x: string): string[] => stepsOf(c, x, d.steps);
  const [zs, rs] = [split(z), split(r)];
  const [kz, kn, kr] = [split(slopeZ), split(slopeN), split(slopeR)];
  const kq = after ? split(m.mul(slopeN, r)) : [];
  const gx: string[] = [];
  const gh: string[] = [];
  let later: string | undefined;
  const join = (...parts: string[]): string => g.op("Concat", parts, { axis: { int: 1 } });
  for (let t = d.steps - 1; t >= 0; t--) {
    const dh = later === undefined ? d.dh[t]! : m.add(d.dh[t]!, later);
    const [az, an] = [m.mul(dh, kz[t]!), m.mul(dh, kn[t]!)];
    const past = m.mul(dh, zs[t]!);
    if (after) {
      const ar = m.mul(dh, kr[t]!);
      gx[t] = join(az, ar, an);
      gh[t] = join(az, ar, m.mul(dh, kq[t]!));
      later = m.add(past, g.op("MatMul", [gh[t]!, d.r]));
    } else {
      const ds = g.op("MatMul", [an, rn]);
      const ar = m.mul(ds, kr[t]!);
      gx[t] = join(az, ar, an);
      gh[t] = gx[t]!;
      const through = m.add(g.op("MatMul", [az, rz]), g.op("MatMul", [ar, rr]));
      later = m.add(m.add(past, m.mul(ds, rs[t]!)), through);
    }
  }
  return {
    dxGates: stack(c, gx),
    dhGates: stack(c, gh),
    ...(!after && { lastFactor: weighted }),
    dh0: later!,
  };
}

const defaults: Record<string, string[]> = {
  RNN: ["tanh"],
  GRU: ["sigmoid", "tanh"],
  LSTM: ["sigmoid", "tanh", "tanh"],
};

/** Inputs: X, W, R, B, lengths, h0, and for LSTM c0 and P. Outputs: Y [steps, directions, batch, hidden], Y_h, Y_c. */
function recurrentRule(back: (c: RuleContext, d: Direction) => Back): (c: RuleContext) => (string | undefined)[] {
  return (c) => {
    const { g, node } = c;
    const m = algebra(c);
    if (attributeInt(node, "layout", 0) !== 0) throw c.refuse("layout 1 is not supported");
    if (attributeInt(node, "input_forget", 0) !== 0) throw c.refuse("input_forget is not supported");
    if (node.attribute.some(({ name }) => name === "clip")) throw c.refuse("clip is not supported");
    if (c.I(4) !== "") throw c.refuse("sequences of different lengths are not supported");
    if (c.I(7) !== "") throw c.refuse("peepholes are not supported");
    const steps = c.fixed(c.I(0))[0] ?? batchFirst(c);
    const [count, , hidden] = c.dims(c.I(2)) as [number, number, number];
    const way = attributeString(node, "direction", "forward");
    const lstm = node.opType === "LSTM";
    const names = attributeStrings(node, "activations")?.map((name) => name.toLowerCase());
    const y = c.addOutput(0);
    const reversed = (x: string): string => g.slice(x, [-1], [-steps - 1], [0], [-1]);
    const each = defaults[node.opType]!.length;

    const parts = range(count).map((k) => {
      const backwards = way === "reverse" || k === 1;
      const turn = (x: string): string => (backwards ? reversed(x) : x);
      const own = (x: string, axis = 0): string => g.squeeze(g.slice(x, [k], [k + 1], [axis]), [axis]);
      const after = turn(own(y, 1));
      const zero = (): string => {
        const last = g.squeeze(g.slice(after, [0], [1], [0]), [0]);
        return c.zerosLike(last);
      };
      const h0 = c.I(5) === "" ? zero() : own(c.I(5));
      const earlier = g.slice(after, [0], [steps - 1], [0]);
      const rows = (w: string): number => c.dims(w)[1]! / 2;
      const bias = c.I(3) === "" ? undefined : own(c.I(3));
      const half = c.I(3) === "" ? 0 : rows(c.I(3));
      const dy = c.has(0) ? stepsOf(c, turn(own(c.GO(0), 1)), steps) : undefined;
      const dh = range(steps).map((t) => dy?.[t] ?? "");
      if (dy === undefined) {
        const none = zero();
        dh.fill(none);
      }
      if (c.has(1)) dh[steps - 1] = m.add(dh[steps - 1]!, own(c.GO(1)));
      const d: Direction = {
        x: turn(c.I(0)),
        w: own(c.I(1)),
        r: own(c.I(2)),
        wb: bias && g.slice(bias, [0], [half], [0]),
        rb: bias && g.slice(bias, [half], [2 * half], [0]),
        before: g.op("Concat", [g.unsqueeze(h0, [0]), earlier], { axis: { int: 0 } }),
        after,
        dh,
        c0: lstm ? (c.I(6) === "" ? zero() : own(c.I(6))) : "",
        dc: lstm && c.has(2) ? own(c.GO(2)) : undefined,
        hidden,
        steps,
        activations: names?.slice(k * each, (k + 1) * each) ?? defaults[node.opType]!,
      };
      return Object.assign({ d, turn }, back(c, d));
    });

    const rowsOf = (x: string, width: number): string => g.reshape(x, [-1, width]);
    const product = (gates: string, factor: string, gatesWidth: number, width: number): string =>
      g.op("Gemm", [rowsOf(gates, gatesWidth), rowsOf(factor, width)], { transA: { int: 1 } });
    const width = c.dims(c.I(1))[1]!;
    const inputs = c.dims(c.I(1))[2]!;
    const dR = ({ d, dhGates, lastFactor }: (typeof parts)[number]): string => {
      if (lastFactor === undefined) return product(dhGates, d.before, width, hidden);
      const first = g.slice(dhGates, [0], [width - hidden], [2]);
      const last = g.slice(dhGates, [width - hidden], [width], [2]);
      const both = [product(first, d.before, width - hidden, hidden), product(last, lastFactor, hidden, hidden)];
      return g.op("Concat", both, { axis: { int: 0 } });
    };
    const sums = (gates: string): string => g.reduceSum(gates, [0, 1], false);
    const when = (i: number, make: () => string): string | undefined => (c.needs(i) ? make() : undefined);
    return [
      when(0, () =>
        parts.map(({ d, turn, dxGates }) => turn(g.op("MatMul", [dxGates, d.w]))).reduce((a, b) => m.add(a, b)),
      ),
      when(1, () =>
        stack(
          c,
          parts.map(({ d, dxGates }) => product(dxGates, d.x, width, inputs)),
        ),
      ),
      when(2, () => stack(c, parts.map(dR))),
      when(3, () =>
        stack(
          c,
          parts.map(({ dxGates, dhGates }) => g.op("Concat", [sums(dxGates), sums(dhGates)], { axis: { int: 0 } })),
        ),
      ),
      undefined,
      when(5, () =>
        stack(
          c,
          parts.map(({ dh0 }) => dh0),
        ),
      ),
      when(6, () =>
        stack(
          c,
          parts.map(({ dc0 }) => dc0!),
        ),
      ),
    ];
  };
}

/**
 * Without a second run the first axis of a tensor counts as free, because it is the batch elsewhere; here it is the
 * sequence. A length that does differ between runs is refused.
 */
function batchFirst(c: RuleContext): number {
  if (c.sized) throw c.refuse("a sequence length that is free is not supported; export the model with a fixed one");
  return c.dims(c.I(0))[0]!;
}

export const recurrent: RuleTable = {
  RNN: always(recurrentRule(rnnBack)),
  GRU: always(recurrentRule(gruBack)),
  LSTM: always(recurrentRule(lstmBack)),
};
