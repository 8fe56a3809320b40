/**
 * @file The belt's detector: a small network without anchors. Every cell of a grid says how sure it is of the middle of a part
 * of each class, and that part's box (X. Zhou, D. Wang, P. Krähenbühl, Objects as Points, 2019).
 */
import type { GraphBuilder } from "@split-et-impera/core/onnx";
import { float32, type Tensor } from "@split-et-impera/core/tensor";
import { convolution, type LayerContext } from "@split-et-impera/core/training";
import type { ObjectAnnotation } from "@split-et-impera/core/task";

/** Pixels of a cell, and cells along each side. */
const cell = 8;
export const cells = 8;
const places = cells * cells;
/** Sides are told as powers of e times this many pixels. */
const usualSide = 16;

/** Scores as logits [batch, classes, places], and x, y (in cells from the cell's middle), log width, log height [batch, 4, places]. */
export interface Heads {
  logits: string;
  boxes: string;
}

/** Five convolutions, of which three halve the picture, and the two heads. */
export function heads(c: LayerContext, image: string, classes: number): Heads {
  const { g } = c;
  const halved = (x: string, name: string): string =>
    g.opAs(name, "MaxPool", [x], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
  let x = convolution(c, image, "conv1", { inputs: 3, outputs: 16, kernel: 3, pad: 1 });
  x = halved(x, "pool1");
  x = convolution(c, x, "conv2", { inputs: 16, outputs: 24, kernel: 3, pad: 1 });
  x = halved(x, "pool2");
  x = convolution(c, x, "conv3", { inputs: 24, outputs: 32, kernel: 3, pad: 1 });
  x = halved(x, "pool3");
  x = convolution(c, x, "conv4", { inputs: 32, outputs: 64, kernel: 3, pad: 1 });
  x = convolution(c, x, "conv5", { inputs: 64, outputs: 64, kernel: 3, pad: 1 });
  const head = (name: string, outputs: number): string =>
    g.reshape(convolution(c, x, name, { inputs: 64, outputs, kernel: 1, normalised: false, activated: false }), [0, outputs, places]);
  return { logits: head("scores", classes), boxes: head("boxes", 4) };
}

/** The middles of the cells, in cells: [2, places]. */
const middles = float32(
  [2, places],
  [
    ...Array.from({ length: places }, (_, k) => (k % cells) + 0.5),
    ...Array.from({ length: places }, (_, k) => Math.floor(k / cells) + 0.5),
  ],
);

/** Ultralytics' form, [batch, 4 + classes, places]: middle, width, height in pixels, and a score per class. */
export function detections(g: GraphBuilder, { logits, boxes }: Heads): string {
  const part = (from: number): string => g.slice(boxes, [from], [from + 2], [1]);
  const centre = g.op("Mul", [g.op("Add", [part(0), g.constant(middles)]), g.scalar(cell)]);
  const sides = g.op("Mul", [g.op("Exp", [part(2)]), g.scalar(usualSide)]);
  return g.opAs("detections", "Concat", [centre, sides, g.op("Sigmoid", [logits])], { axis: { int: 1 } });
}

/** What the heads should say of pictures. */
export interface Truths {
  /** 1 where a part's middle is, less the further a cell's middle is from one: [batch, classes, places]. */
  heat: Tensor<"float32">;
  /** As the head has them, and 1 where one is known: [batch, 4, places] and [batch, 1, places]. */
  boxes: Tensor<"float32">;
  known: Tensor<"float32">;
}

/** How far around a part's middle others may be sure of it without being wrong, in cells. */
const spread = 0.6;

export function truthsOf(pictures: readonly (readonly ObjectAnnotation[])[], classes: number): Truths {
  const heat = float32([pictures.length, classes, places], new Float32Array(pictures.length * classes * places));
  const boxes = float32([pictures.length, 4, places], new Float32Array(pictures.length * 4 * places));
  const known = float32([pictures.length, 1, places], new Float32Array(pictures.length * places));
  pictures.forEach((objects, picture) => {
    for (const { class: label, box: [left, top, width, height] } of objects) {
      const [x, y] = [(left + width / 2) / cell, (top + height / 2) / cell];
      const own = Math.floor(y) * cells + Math.floor(x);
      for (let k = 0; k < places; k++) {
        const [dx, dy] = [x - middles.data[k]!, y - middles.data[places + k]!];
        const near = k === own ? 1 : Math.min(0.9, Math.exp(-(dx * dx + dy * dy) / (2 * spread * spread)));
        const at = (picture * classes + label) * places + k;
        heat.data[at] = Math.max(heat.data[at]!, near);
      }
      const says = [x - middles.data[own]!, y - middles.data[places + own]!, Math.log(width / usualSide), Math.log(height / usualSide)];
      says.forEach((value, i) => (boxes.data[(picture * 4 + i) * places + own] = value));
      known.data[picture * places + own] = 1;
    }
  });
  return { heat, boxes, known };
}

/**
 * The loss over the number of parts: of scores p, -(1 - p)^2 log p at middles and -(1 - heat)^4 p^2 log(1 - p) elsewhere; of boxes, the
 * absolute differences where one is known.
 */
export function detectionLoss(g: GraphBuilder, { logits, boxes }: Heads, truth: Record<keyof Truths, string>): string {
  const one = g.scalar(1);
  const p = g.op("Sigmoid", [logits]);
  const power = (x: string, n: number): string => Array.from({ length: n - 1 }).reduce<string>((y) => g.op("Mul", [y, x]), x);
  const product = (...factors: string[]): string => factors.reduce((a, b) => g.op("Mul", [a, b]));
  const middle = g.cast(g.op("Equal", [truth.heat, one]), "float32");
  // -log p = log(1 + e^-z), and -log(1 - p) = log(1 + e^z).
  const right = product(middle, power(g.op("Sub", [one, p]), 2), g.op("Softplus", [g.op("Neg", [logits])]));
  const wrong = product(power(g.op("Sub", [one, truth.heat]), 4), power(p, 2), g.op("Softplus", [logits]));
  const off = product(truth.known, g.op("Abs", [g.op("Sub", [boxes, truth.boxes])]));
  const sum = (x: string): string => g.reduceSum(x, [0, 1, 2], false);
  const parts = g.op("Max", [sum(truth.known), one]);
  return g.op("Div", [g.op("Add", [g.op("Add", [sum(right), sum(wrong)]), sum(off)]), parts]);
}
