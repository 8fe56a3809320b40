/** @file Where windows of convolutions and poolings lie, and their transpose: spreading outputs over windows. */
import { attributeInt, attributeInts, attributeString } from "../../onnx/index.ts";
import { range, type RuleContext } from "../rule.ts";
import { padComputed } from "./pad.ts";

export interface Window {
  kernel: readonly number[];
  strides: readonly number[];
  dilations: readonly number[];
  /** Begin per axis, then end per axis, as given; undefined where `auto_pad` rules. */
  pads: readonly number[] | undefined;
  group: number;
}

/** The window of a node, with ONNX's defaults. `kernel` from the weights or the attribute. */
export function windowOf(c: RuleContext, kernel: readonly number[]): Window {
  const { node } = c;
  const auto = attributeString(node, "auto_pad", "NOTSET");
  const none = [...kernel, ...kernel].map(() => 0);
  return {
    kernel,
    strides: attributeInts(node, "strides") ?? kernel.map(() => 1),
    dilations: attributeInts(node, "dilations") ?? kernel.map(() => 1),
    pads:
      auto === "NOTSET" || auto === "" ? (attributeInts(node, "pads") ?? none) : auto === "VALID" ? none : undefined,
    group: attributeInt(node, "group", 1),
  };
}

/** Elements from a window's first to its last. */
export function extents({ kernel, dilations }: Window): number[] {
  return kernel.map((k, i) => dilations[i]! * (k - 1) + 1);
}

export interface Placement {
  /** Padding before and behind, as needed by all windows: never less than given, more where windows reach further. */
  begin: number[];
  end: number[];
  /** Elements behind the last window. */
  rest: number[];
}

/** Where windows lie for spatial sizes that are fixed; undefined when some depend on what is fed. */
export function placementOf(c: RuleContext, window: Window, x: string, y: string): Placement | undefined {
  const sizes = c.fixed(x).slice(2);
  if (sizes.includes(undefined)) return undefined;
  const outputs = c.dims(y).slice(2);
  const reach = extents(window).map((extent, i) => (outputs[i]! - 1) * window.strides[i]! + extent);
  const n = sizes.length;
  const begin = range(n).map((i) => window.pads?.[i] ?? autoBegin(c, reach[i]! - sizes[i]!));
  const end = range(n).map((i) => Math.max(window.pads?.[i + n] ?? 0, reach[i]! - sizes[i]! - begin[i]!));
  return { begin, end, rest: range(n).map((i) => begin[i]! + sizes[i]! + end[i]! - reach[i]!) };
}

function autoBegin(c: RuleContext, total: number): number {
  const half = Math.max(0, total) / 2;
  return attributeString(c.node, "auto_pad", "") === "SAME_LOWER" ? Math.ceil(half) : Math.floor(half);
}

/** The padding before each axis at run time, int64 [spatial axes]. */
export function beginAtRunTime(c: RuleContext, window: Window, x: string, y: string): string {
  const { g } = c;
  const n = window.kernel.length;
  if (window.pads) return g.ints(window.pads.slice(0, n));
  const axes = range(n, 2);
  // reach = (o - 1) s + extent = o s + (extent - s)
  const beyond = extents(window).map((extent, i) => extent - window.strides[i]!);
  const reach = g.op("Add", [g.op("Mul", [g.sizes(y, axes), g.ints(window.strides)]), g.ints(beyond)]);
  const total = g.op("Max", [g.op("Sub", [reach, g.sizes(x, axes)]), g.ints([0])]);
  const lower = attributeString(c.node, "auto_pad", "") === "SAME_LOWER";
  return g.op("Div", [lower ? g.op("Add", [total, g.ints([1])]) : total, g.ints([2])]);
}

/**
 * The transpose of taking windows of x: `dy`, of y's spatial sizes, spread with the weights [channels of dy, ...] over
 * windows of x's sizes.
 */
export function spread(c: RuleContext, dy: string, weight: string, window: Window, x: string, y: string): string {
  const { g } = c;
  const { kernel, strides, dilations, group } = window;
  const common = {
    kernel_shape: { ints: kernel },
    strides: { ints: strides },
    dilations: { ints: dilations },
    group: { int: group },
  };
  const place = placementOf(c, window, x, y);
  if (place && place.rest.every((rest, i) => rest < Math.max(strides[i]!, dilations[i]!))) {
    return g.op("ConvTranspose", [dy, weight], {
      ...common,
      pads: { ints: [...place.begin, ...place.end] },
      output_padding: { ints: place.rest },
    });
  }
  // All that the windows reach, and from it the part that is x.
  const all = g.op("ConvTranspose", [dy, weight], common);
  const axes = range(kernel.length, 2);
  const begin = beginAtRunTime(c, window, x, y);
  const reached = g.sizes(all, axes);
  const end = g.op("Sub", [g.op("Add", [begin, g.sizes(x, axes)]), reached]);
  // A negative padding crops.
  const pads = g.op("Concat", [g.op("Neg", [begin]), end], { axis: { int: 0 } });
  return padComputed(g, all, kernel.length + 2, axes, pads);
}
