/** @file Optimisers as graph nodes: one row each, with PyTorch's semantics. */
import type { GraphBuilder } from "../onnx/index.ts";

export type OptimiserKind = "sgd" | "adam" | "adamw";

export interface OptimiserOptions {
  kind: OptimiserKind;
  /** Share of the old direction that is kept; sgd alone. Default 0.9. */
  momentum?: number;
  /** Looks one step ahead along the momentum (Nesterov); sgd alone. Default false. */
  nesterov?: boolean;
  /** Decay of Adam's two moments. Default 0.9 and 0.999. */
  betas?: readonly [number, number];
  /**
   * Pulls kernels and matrices (rank 2 or more; not biases and scales) towards zero. sgd and adam add it to the
   * gradient (L2), adamw shrinks the weights by rate * decay beside the step. Default 0.
   */
  weightDecay?: number;
}

/** What an optimiser is told of one parameter; all are names of tensors. */
interface Update {
  parameter: string;
  gradient: string;
  /** One per slot. */
  state: readonly string[];
  /** The weight decay that holds for this parameter. */
  decay: number;
  /** The name of a scalar that the row's `scalars` give. */
  scalar(name: string): string;
}

interface Row {
  /** What is kept per parameter from step to step; zeros at first. */
  slots(options: OptimiserOptions): readonly string[];
  /** Values that change from step to step; `t` counts from 1. */
  scalars(rate: number, t: number, options: OptimiserOptions): Record<string, number>;
  update(g: GraphBuilder, u: Update, options: OptimiserOptions): { parameter: string; state: string[] };
}

/** a x + b y for numbers a and b */
function blend(g: GraphBuilder, a: number, x: string, b: number, y: string): string {
  const scaled = (by: number, of: string): string => (by === 1 ? of : g.op("Mul", [of, g.scalar(by)]));
  return g.op("Add", [scaled(a, x), scaled(b, y)]);
}

const l2 = (g: GraphBuilder, { gradient, parameter, decay }: Update): string =>
  decay === 0 ? gradient : blend(g, 1, gradient, decay, parameter);

/** v' = mu v + g;  p' = p - a v', or p - a (g + mu v') looking ahead */
const sgd: Row = {
  slots: ({ momentum = 0.9 }) => (momentum === 0 ? [] : ["momentum"]),
  scalars: (rate) => ({ rate }),
  update(g, u, { momentum = 0.9, nesterov = false }) {
    const gradient = l2(g, u);
    const velocity = momentum === 0 ? undefined : blend(g, momentum, u.state[0]!, 1, gradient);
    const ahead = velocity !== undefined && nesterov ? blend(g, 1, gradient, momentum, velocity) : velocity;
    const step = g.op("Mul", [ahead ?? gradient, u.scalar("rate")]);
    return { parameter: g.op("Sub", [u.parameter, step]), state: velocity === undefined ? [] : [velocity] };
  },
};

/**
 * m' = b1 m + g;  v' = b2 v + g^2;  step = a m' / (sqrt v' + e)
 *
 * These are Adam's moments (Kingma and Ba, 2015) without the factors 1 - b1 and 1 - b2, which together with the corrections
 * for the moments' start at zero are in the scalars: with s = sqrt((1 - b2^t) / (1 - b2)),
 * a = rate s (1 - b1) / (1 - b1^t) and e = epsilon s. That saves two passes over all parameters.
 */
function adamStep(g: GraphBuilder, u: Update, gradient: string, options: OptimiserOptions): [string, string, string] {
  const [beta1, beta2] = options.betas ?? [0.9, 0.999];
  const m = blend(g, beta1, u.state[0]!, 1, gradient);
  const v = blend(g, beta2, u.state[1]!, 1, g.op("Mul", [gradient, gradient]));
  const direction = g.op("Div", [m, g.op("Add", [g.op("Sqrt", [v]), u.scalar("epsilon")])]);
  return [g.op("Mul", [direction, u.scalar("step-size")]), m, v];
}

function adamScalars(rate: number, t: number, options: OptimiserOptions): Record<string, number> {
  const [beta1, beta2] = options.betas ?? [0.9, 0.999];
  const s = Math.sqrt((1 - beta2 ** t) / (1 - beta2));
  return { "step-size": (rate * s * (1 - beta1)) / (1 - beta1 ** t), epsilon: 1e-8 * s };
}

const adam: Row = {
  slots: () => ["m1", "m2"],
  scalars: adamScalars,
  update(g, u, options) {
    const [step, m, v] = adamStep(g, u, l2(g, u), options);
    return { parameter: g.op("Sub", [u.parameter, step]), state: [m, v] };
  },
};

/** p' = (1 - rate decay) p - step  (Loshchilov and Hutter, 2019) */
const adamw: Row = {
  slots: adam.slots,
  scalars: (rate, t, options) => ({ ...adamScalars(rate, t, options), keep: 1 - rate * (options.weightDecay ?? 0) }),
  update(g, u, options) {
    const [step, m, v] = adamStep(g, u, u.gradient, options);
    const kept = u.decay === 0 ? u.parameter : g.op("Mul", [u.parameter, u.scalar("keep")]);
    return { parameter: g.op("Sub", [kept, step]), state: [m, v] };
  },
};

export const optimisers: Record<OptimiserKind, Row> = { sgd, adam, adamw };
