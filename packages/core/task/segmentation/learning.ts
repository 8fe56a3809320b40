/** @file Maps of classes in graphs: what saliency follows back, and the loss of training. */
import { InputError } from "../../errors/index.ts";
import type { GraphBuilder } from "../../onnx/index.ts";
import { int64, type Tensor } from "../../tensor/index.ts";
import type { Target } from "../task.ts";
import { voidClass } from "../annotation.ts";
import { pixelsAt } from "./class-map.ts";
import type { MapPlace } from "./place.ts";
import type { Segments } from "./truth.ts";

interface Mapped extends MapPlace {
  labels: readonly number[];
}

/** Classes int64 [n, height, width], all at the size of the first. */
export function mapTruths(truths: readonly Segments[]): Tensor<"int64"> {
  const { height = 1, width = 1 } = truths[0]?.map ?? {};
  return int64(
    [truths.length, height, width],
    truths.flatMap(({ map }) => Array.from(pixelsAt(map!, height, width))),
  );
}

/** y is the mean over the pixels of the answer, or of the truth, of the logit of their class. */
export function maskTarget(
  g: GraphBuilder,
  binding: Mapped & { threshold: number },
  truth: string | undefined,
): Target {
  const { scores, channels, form, last, squashed, threshold } = binding;
  if (form === "labels" && channels === 1)
    throw new InputError(
      "ERR_TASK_OUTPUT",
      `the labels "${binding.output}" come from no ArgMax over scores, so no gradient leads back from them`,
    );
  const axis = last ? 3 : 1;
  const edge = squashed ? Math.log(threshold / (1 - threshold)) : threshold;
  const own = (): string =>
    channels > 1
      ? oneHot(g, g.argMax(scores, axis), binding)
      : g.cast(g.op("Greater", [scores, g.scalar(edge)]), "float32");
  const mask = truth === undefined ? own() : oneHot(g, numbersOf(g, truth, binding), binding);
  const flat = byImage(g, mask);
  const seed = g.op("Div", [flat, g.op("Max", [g.reduceSum(flat, [1], true), g.scalar(1)])]);
  return { tensor: scores, seed: g.reshapeLike(seed, scores) };
}

/** The mean over images of the mean cross-entropy of the pixels that are not void; the sum of their shares of right pixels. */
export function mapLoss(
  g: GraphBuilder,
  binding: Mapped,
  truth: string,
): { loss: string; metrics: Record<string, string> } {
  const { scores, channels, last, squashed } = binding;
  const axis = last ? 3 : 1;
  const numbers = numbersOf(g, truth, binding);
  const known = byImage(g, g.cast(g.op("Less", [numbers, g.ints([Math.max(2, channels)])]), "float32"));
  const pixels = g.op("Max", [g.reduceSum(known, [1], false), g.scalar(1)]);
  const meanOf = (perPixel: string): string =>
    g.op("Div", [g.reduceSum(g.op("Mul", [byImage(g, perPixel), known]), [1], false), pixels]);
  const [loss, right] =
    channels > 1
      ? [
          g.op("Neg", [
            g.reduceSum(
              g.op("Mul", [g.op("LogSoftmax", [scores], { axis: { int: axis } }), oneHot(g, numbers, binding)]),
              [axis],
              false,
            ),
          ]),
          g.op("Equal", [g.argMax(scores, axis), numbers]),
        ]
      : binary(g, scores, numbers, squashed);
  return {
    loss: g.reduceMean(meanOf(loss), [0], false),
    metrics: { correct: g.reduceSum(meanOf(g.cast(right, "float32")), [0], false) },
  };
}

/** Of one number per pixel: log(1 + exp(-z)) of a logit, turned where the pixel is not of the class; of a probability the squared error. */
function binary(g: GraphBuilder, scores: string, numbers: string, squashed: boolean): [string, string] {
  const wanted = g.cast(g.op("Equal", [numbers, g.ints([1])]), "float32");
  const found = g.reshapeLike(scores, wanted);
  const signs = g.op("Sub", [g.op("Mul", [wanted, g.scalar(2)]), g.scalar(1)]);
  const margin = g.op("Mul", [g.op("Sub", [found, g.scalar(squashed ? 0 : 0.5)]), signs]);
  const gap = g.op("Sub", [found, wanted]);
  const loss = squashed ? g.op("Softplus", [g.op("Neg", [margin])]) : g.op("Mul", [gap, gap]);
  return [loss, g.op("Greater", [margin, g.scalar(0)])];
}

/** Classes of pixels as the model's numbers at the size of its map, int64 [n, height, width]; void ones are no number. */
function numbersOf(g: GraphBuilder, truth: string, { height, width, labels, channels }: Mapped): string {
  const none = Math.max(2, channels);
  const table = Array.from({ length: Math.max(voidClass, ...labels) + 1 }, () => none);
  for (let number = Math.min(labels.length, none) - 1; number >= 0; number--) table[labels[number]!] = number;
  table[voidClass] = none;
  const numbers = g.op("Gather", [g.constant(int64([table.length], table)), truth]);
  const picture = g.unsqueeze(g.cast(numbers, "float32"), [1]);
  const sizes = g.op("Concat", [g.sizes(picture, [0, 1]), g.ints([height, width])], { axis: { int: 0 } });
  const resized = g.op("Resize", [picture, "", "", sizes], {
    mode: { string: "nearest" },
    coordinate_transformation_mode: { string: "asymmetric" },
    nearest_mode: { string: "floor" },
  });
  return g.cast(g.squeeze(resized, [1]), "int64");
}

/** 1 at the number of each pixel, along the dimension of the classes; a number per pixel is 1 where it is 1. */
function oneHot(g: GraphBuilder, numbers: string, { channels, last }: Mapped): string {
  if (channels === 1) return g.unsqueeze(g.cast(g.op("Equal", [numbers, g.ints([1])]), "float32"), [1]);
  return g.oneHot(numbers, channels, last ? -1 : 1);
}

/** All numbers of an image in a row. */
const byImage = (g: GraphBuilder, x: string): string => g.op("Flatten", [x], { axis: { int: 1 } });
