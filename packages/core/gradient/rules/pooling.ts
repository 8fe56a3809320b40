/** @file Gradients of poolings. */
import { attributeInt, attributeInts } from "../../onnx/index.ts";
import { InputError } from "../../errors/index.ts";
import { float32 } from "../../tensor/index.ts";
import { always, type RuleContext, type RuleTable } from "../rule.ts";
import { windowPads } from "./window.ts";

/** The gradient of each window goes to its maximum, the first one where several are equal. */
function maxPool(c: RuleContext): string[] {
  const { g, node } = c;
  if (attributeInt(node, "storage_order", 0) !== 0) {
    throw new InputError("ERR_GRADIENT", `MaxPool "${node.name}": column-major indices are not supported`);
  }
  const kernel = attributeInts(node, "kernel_shape")!;
  const strides = attributeInts(node, "strides") ?? kernel.map(() => 1);
  const apart = kernel.every((k, i) => k <= strides[i]!) && !attributeInts(node, "dilations")?.some((d) => d > 1);
  if (!apart && g.opset < 16) {
    throw new InputError(
      "ERR_GRADIENT",
      `MaxPool "${node.name}": overlapping windows need operator set 16 or newer, the model has ${g.opset}`,
    );
  }
  // Indices into the flattened input.
  const flat = (x: string): string => g.reshape(x, [-1]);
  const zeros = g.zerosLike(flat(c.I(0)));
  const scattered = g.op("ScatterElements", [zeros, flat(c.addOutput(1)), flat(c.GO(0))], {
    axis: { int: 0 },
    ...(!apart && { reduction: { string: "add" } }),
  });
  return [g.reshapeLike(scattered, c.I(0))];
}

/** Each output's gradient, divided by its window's count, is spread over the window: a depthwise ConvTranspose of ones. */
function averagePool(c: RuleContext): string[] {
  const { g, node } = c;
  const dims = c.dims(c.I(0));
  const channels = dims[1]!;
  const kernel = attributeInts(node, "kernel_shape")!;
  const strides = attributeInts(node, "strides") ?? kernel.map(() => 1);
  const dilations = attributeInts(node, "dilations") ?? kernel.map(() => 1);
  const { pads, outputPadding } = windowPads(c, kernel, strides, dilations);
  const area = kernel.reduce((a, b) => a * b, 1);
  const ones = (count: number): string =>
    g.constant(float32([count, 1, ...kernel], new Float32Array(count * area).fill(1)));
  const window = {
    kernel_shape: { ints: kernel },
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: pads },
  };
  let share: string;
  if (attributeInt(node, "count_include_pad", 0) === 1 || pads.every((pad) => pad === 0)) {
    share = g.op("Div", [c.GO(0), g.scalar(area)]);
  } else {
    const plane = g.constant(
      float32([1, 1, ...dims.slice(2)], new Float32Array(dims.slice(2).reduce((a, b) => a * b, 1)).fill(1)),
    );
    share = g.op("Div", [c.GO(0), g.op("Conv", [plane, ones(1)], window)]);
  }
  return [
    g.op("ConvTranspose", [share, ones(channels)], {
      ...window,
      group: { int: channels },
      output_padding: { ints: outputPadding },
    }),
  ];
}

export const pooling: RuleTable = {
  MaxPool: [
    { since: 8, gradient: maxPool },
    { since: 1, gradient: { refused: "MaxPool gives its indices since operator set 8" } },
  ],
  AveragePool: always((c) => {
    if (attributeInt(c.node, "ceil_mode", 0) === 1) {
      throw new InputError("ERR_GRADIENT", `AveragePool "${c.node.name}": ceil_mode is not supported`);
    }
    return averagePool(c);
  }),
  GlobalAveragePool: always((c) => {
    const { g } = c;
    const area = c
      .dims(c.I(0))
      .slice(2)
      .reduce((a, b) => a * b, 1);
    return [g.expandLike(g.op("Div", [c.GO(0), g.scalar(area)]), c.I(0))];
  }),
};
