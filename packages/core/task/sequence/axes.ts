/** @file Where samples, steps and classes lie in a tensor of scores: models put them in any order. */

/** Positions among the dimensions. What is absent has one element. */
export interface Axes {
  batch?: number;
  step?: number;
  class: number;
}

/**
 * The axes of scores of `rows` samples for `classes` classes: [N, T, C], [T, N, C], [N, C, T], [N, C], and all of these
 * with ones in between. Where several would do, classes are last and the batch first. Undefined where none fits.
 */
export function axesOf(dims: readonly number[], rows: number, classes: number): Axes | undefined {
  for (let k = dims.length - 1; k >= 0; k--) {
    if (dims[k] !== classes) continue;
    const others = Array.from(dims.keys()).filter((axis) => axis !== k);
    const batch = others.find((axis) => dims[axis] === rows);
    if (batch === undefined && rows !== 1) continue;
    const rest = others.filter((axis) => axis !== batch);
    const long = rest.filter((axis) => dims[axis] !== 1);
    if (long.length > 1) continue;
    const step = long[0] ?? rest[0];
    return { ...(batch !== undefined && { batch }), ...(step !== undefined && { step }), class: k };
  }
  return undefined;
}

/** How to walk through scores. */
export interface Walk {
  samples: number;
  steps: number;
  classes: number;
  /** Where the scores of a step begin, and how far apart they are. */
  start(sample: number, step: number): number;
  stride: number;
}

/** The walk through a tensor of these dimensions, in row-major order. */
export function walkOf(dims: readonly number[], { batch, step, class: classAxis }: Axes): Walk {
  const size = (axis: number | undefined): number => (axis === undefined ? 1 : dims[axis]!);
  const stride = (axis: number | undefined): number =>
    axis === undefined ? 0 : dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const [perSample, perStep] = [stride(batch), stride(step)];
  return {
    samples: size(batch),
    steps: size(step),
    classes: size(classAxis),
    start: (sample, at) => sample * perSample + at * perStep,
    stride: stride(classAxis),
  };
}
