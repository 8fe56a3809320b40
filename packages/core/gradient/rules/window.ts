/** @file Where windows of convolutions and poolings lie. */
import { attributeInts, attributeString } from "../../onnx/index.ts";
import type { RuleContext } from "../rule.ts";

/** Padding as it was for the observed shapes, and what the transposed operation needs to give the input's shape back. */
export interface WindowPads {
  /** Begin per axis, then end per axis. */
  pads: number[];
  /** Input elements beyond the last window, per axis. */
  outputPadding: number[];
}

/** Resolves `pads` and `auto_pad` of input 0 for the observed spatial sizes. */
export function windowPads(
  c: RuleContext,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): WindowPads {
  const sizes = c.dims(c.I(0)).slice(2);
  const outputs = c.dims(c.O(0)).slice(2);
  const extent = kernel.map((k, i) => dilations[i]! * (k - 1) + 1);
  const auto = attributeString(c.node, "auto_pad", "NOTSET");
  let pads: number[];
  if (auto === "NOTSET" || auto === "") pads = attributeInts(c.node, "pads") ?? sizes.flatMap(() => [0, 0]);
  else if (auto === "VALID") pads = sizes.flatMap(() => [0, 0]);
  else {
    const total = sizes.map((size, i) => Math.max(0, (outputs[i]! - 1) * strides[i]! + extent[i]! - size));
    const less = total.map((sum) => Math.floor(sum / 2));
    const more = total.map((sum) => Math.ceil(sum / 2));
    pads = auto === "SAME_UPPER" ? [...less, ...more] : [...more, ...less];
  }
  const outputPadding = sizes.map(
    (size, i) => size + pads[i]! + pads[i + sizes.length]! - ((outputs[i]! - 1) * strides[i]! + extent[i]!),
  );
  return { pads, outputPadding };
}
