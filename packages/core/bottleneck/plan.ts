/** @file The shape of a bottleneck: an under-complete autoencoder for a tensor of the model. */
import { InputError } from "../errors/index.ts";
import { sizeOf } from "../tensor/index.ts";

/** One layer of the encoder; the decoder runs them back. */
export interface Stage {
  inputs: number;
  outputs: number;
  kernel: number;
  stride: number;
  /** Sizes of the positions before it. */
  sizes: readonly number[];
}

export interface BottleneckPlan {
  /** Of the tensor that it stands for, without the batch. */
  shape: readonly number[];
  /** Which dimension of `shape` holds the channels. */
  axis: number;
  /**
   * `convolutions` over the positions: a line, a map or a block. `linear`: each position by itself, as tokens and vectors
   * want it; channels are their last dimension. `blocks`: one convolution as wide as its stride, without normalisation or
   * ReLU, so that every block of positions is coded by itself.
   */
  layers: "convolutions" | "linear" | "blocks";
  /** Of the latent that crosses the wire: channels first for convolutions, last for what is linear. */
  latent: readonly number[];
  /** How many times fewer values the latent has. */
  compression: number;
  stages: readonly Stage[];
}

/** Most weights of one linear layer. */
const mostWeights = 2 ** 24;

/**
 * Plans an encoder for `compression` times fewer values.
 *
 * Maps [channels, height, width] have two 3x3 convolutions. With 64 it is the published one: strides 2 and 2, C to C/8 to
 * C/4 channels. Where the tensor is too small to be halved twice, channels shrink instead. Lines [channels, length] and
 * blocks of three dimensions have the same in one and three dimensions. Tokens [tokens, channels] and vectors keep their
 * positions and have fewer channels.
 *
 * @param axis which dimension holds the channels; default the first, of vectors their only one
 */
export function planBottleneck(shape: readonly number[], compression: number, axis = 0): BottleneckPlan {
  const channels = shape[axis];
  if (channels === undefined || shape.length > 4)
    throw new InputError(
      "ERR_BOTTLENECK",
      `a bottleneck needs a tensor with channels and at most three dimensions of positions, got [${shape.join(", ")}]`,
    );
  const values = sizeOf(shape);
  const positions = shape.filter((_, i) => i !== axis);
  const linear = shape.length === 1 || (shape.length === 2 && axis === 1);
  const plan = linear ? linearStage(channels, positions, compression) : convolutions(channels, positions, compression);
  if (sizeOf(plan.latent) >= values)
    throw new InputError("ERR_BOTTLENECK", `a tensor of ${values} values cannot be made ${compression} times smaller`);
  return { shape: [...shape], axis, ...plan, compression: values / sizeOf(plan.latent) };
}

type Layers = Pick<BottleneckPlan, "layers" | "latent" | "stages">;

/** One matrix for every position. */
export function linearStage(channels: number, positions: readonly number[], compression: number): Layers {
  const outputs = Math.max(1, Math.round(channels / compression));
  if (channels * outputs > mostWeights)
    throw new InputError(
      "ERR_BOTTLENECK",
      `${channels} numbers made ${outputs} need a matrix of ${channels * outputs} weights; expected at most ${mostWeights}`,
    );
  const stage = { inputs: channels, outputs, kernel: 1, stride: 1, sizes: positions };
  return { layers: "linear", latent: [...positions, outputs], stages: [stage] };
}

function convolutions(channels: number, positions: readonly number[], compression: number): Layers {
  let sizes = [...positions];
  const windows = [0, 1].map(() => {
    const stride = Math.min(...sizes) >= 2 ? 2 : 1;
    const window = { kernel: sizeOf(sizes) === 1 ? 1 : 3, stride, sizes };
    if (stride === 2) sizes = sizes.map((size) => Math.ceil(size / 2));
    return window;
  });
  const latent = Math.max(1, Math.round((channels * sizeOf(positions)) / (compression * sizeOf(sizes))));
  const middle = Math.max(1, Math.round(channels / 8), Math.ceil(latent / 2));
  const widths = [channels, middle, latent];
  const stages = windows.map((window, i): Stage => ({ inputs: widths[i]!, outputs: widths[i + 1]!, ...window }));
  return { layers: "convolutions", latent: [latent, ...sizes], stages };
}
