/** @file Encoder and decoder as graph nodes. */
import { convolution, type LayerContext } from "../training/index.ts";
import type { BottleneckPlan } from "./plan.ts";

/** Convolution, normalisation, ReLU twice: [batch, C, H, W] to the latent. */
export function addEncoder(c: LayerContext, x: string, plan: BottleneckPlan): string {
  return plan.stages.reduce(
    (input, { inputs, outputs, kernel, stride }, i) =>
      convolution(c, input, `bottleneck/encoder/${i}`, { inputs, outputs, kernel, stride, pad: (kernel - 1) / 2 }),
    x,
  );
}

/** Transposed convolutions back to the tensor's shape; the last one has neither normalisation nor ReLU. */
export function addDecoder(c: LayerContext, latent: string, plan: BottleneckPlan): string {
  let y = latent;
  for (let i = plan.stages.length - 1; i >= 0; i--) {
    const { inputs, outputs, kernel, stride, height, width } = plan.stages[i]!;
    // (ceil(H / 2) - 1) 2 + 1 rows come back without padding; an even H misses one.
    const missing = (size: number): number => (stride === 2 ? size - (2 * Math.ceil(size / 2) - 1) : 0);
    y = convolution(c, y, `bottleneck/decoder/${i}`, {
      inputs: outputs,
      outputs: inputs,
      kernel,
      stride,
      pad: (kernel - 1) / 2,
      transposed: { outputPadding: [missing(height), missing(width)] },
      normalised: i > 0,
      activated: i > 0,
    });
  }
  return y;
}
