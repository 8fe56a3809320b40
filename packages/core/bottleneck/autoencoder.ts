/** @file Encoder and decoder as graph nodes. */
import { convolution, projection, type ConvolutionOptions, type LayerContext } from "../training/index.ts";
import type { BottleneckPlan } from "./plan.ts";

/** [batch, ...shape] to the latent: convolution, normalisation, ReLU twice, or one matrix. */
export function addEncoder(c: LayerContext, x: string, plan: BottleneckPlan): string {
  const { layers, stages } = plan;
  const name = (i: number): string => `bottleneck/encoder/${i}`;
  if (layers === "linear") return projection(c, x, name(0), stages[0]!.inputs, stages[0]!.outputs);
  if (layers === "blocks") return convolution(c, channelsTo(c, x, plan, "first"), name(0), blockLayer(plan));
  return stages.reduce(
    (input, { inputs, outputs, kernel, stride, sizes }, i) =>
      convolution(c, input, name(i), {
        inputs,
        outputs,
        kernel,
        stride,
        pad: (kernel - 1) / 2,
        positions: sizes.length,
      }),
    channelsTo(c, x, plan, "first"),
  );
}

/** The latent back to the tensor's shape by transposed convolutions, the last of which has neither normalisation nor ReLU, or by one matrix. */
export function addDecoder(c: LayerContext, latent: string, plan: BottleneckPlan): string {
  const { layers, stages } = plan;
  const name = (i: number): string => `bottleneck/decoder/${i}`;
  if (layers === "linear") return projection(c, latent, name(0), stages[0]!.outputs, stages[0]!.inputs);
  if (layers === "blocks") {
    const { inputs, outputs, ...layer } = blockLayer(plan);
    const transposed = { outputPadding: stages[0]!.sizes.map(() => 0) };
    const y = convolution(c, latent, name(0), { ...layer, inputs: outputs, outputs: inputs, transposed });
    return channelsTo(c, y, plan, "own");
  }
  let y = latent;
  for (let i = stages.length - 1; i >= 0; i--) {
    const { inputs, outputs, kernel, stride, sizes } = stages[i]!;
    // (ceil(H / 2) - 1) 2 + 1 rows come back without padding; an even H misses one.
    const missing = (size: number): number => (stride === 2 ? size - (2 * Math.ceil(size / 2) - 1) : 0);
    y = convolution(c, y, name(i), {
      inputs: outputs,
      outputs: inputs,
      kernel,
      stride,
      pad: (kernel - 1) / 2,
      positions: sizes.length,
      transposed: { outputPadding: sizes.map(missing) },
      normalised: i > 0,
      activated: i > 0,
    });
  }
  return channelsTo(c, y, plan, "own");
}

/** The one layer of an encoder of blocks. */
function blockLayer({ stages }: BottleneckPlan): ConvolutionOptions {
  const { inputs, outputs, kernel, stride, sizes } = stages[0]!;
  return { inputs, outputs, kernel, stride, positions: sizes.length, normalised: false, activated: false };
}

/** Channels behind the batch, as convolutions take them, or where the tensor has its own. */
function channelsTo(c: LayerContext, x: string, { axis, shape }: BottleneckPlan, place: "first" | "own"): string {
  if (axis === 0) return x;
  const positions = shape.map((_, i) => i + 1).filter((i) => i !== axis + 1);
  const first = [0, axis + 1, ...positions];
  const perm = place === "first" ? first : first.map((_, i) => first.indexOf(i));
  c.g.scope("bottleneck/");
  const y = c.g.op("Transpose", [x], { perm: { ints: perm } });
  c.g.scope("");
  return y;
}
