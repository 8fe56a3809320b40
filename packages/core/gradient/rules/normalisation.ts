/** @file Gradients of normalisations. */
import { attributeFloat } from "../../onnx/index.ts";
import { always, type RuleContext, type RuleTable } from "../rule.ts";

/** Inference: y = scale (x - mean) / sqrt(var + epsilon) + b, per channel, with given statistics. */
function batchNormalization(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const rank = c.dims(c.I(0)).length;
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const perChannel = (x: string): string => (spatial.length === 0 ? x : g.unsqueeze(x, spatial));
  const others = [0, ...spatial.map((axis) => axis + 1)];
  const deviation = g.op("Sqrt", [g.op("Add", [c.I(4), g.scalar(attributeFloat(c.node, "epsilon", 1e-5))])]);
  const dy = c.GO(0);
  let dScale: string | undefined;
  if (c.needs(1)) {
    const normalised = g.op("Div", [g.op("Sub", [c.I(0), perChannel(c.I(3))]), perChannel(deviation)]);
    dScale = g.reduceSum(g.op("Mul", [dy, normalised]), others, false);
  }
  return [
    c.needs(0) ? g.op("Mul", [dy, perChannel(g.op("Div", [c.I(1), deviation]))]) : undefined,
    dScale,
    c.needs(2) ? g.reduceSum(dy, others, false) : undefined,
  ];
}

export const normalisation: RuleTable = { BatchNormalization: always(batchNormalization) };
