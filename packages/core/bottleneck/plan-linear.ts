/** @file The shape of a bottleneck that nothing trains: fewer channels, or the coefficients of blocks. */
import { InputError } from "../errors/index.ts";
import { sizeOf } from "../tensor/index.ts";
import { linearStage, type BottleneckPlan } from "./plan.ts";

/** Coefficients of a block at least, so that there is something to choose from; as far as positions allow. */
const fewCoefficients = 8;
/** Most weights of a layer, and channels, whose covariance is decomposed. */
const mostWeights = 2 ** 22;
const mostChannels = 2048;
/**
 * Plans a linear bottleneck. Maps, lines and blocks fall into blocks of positions, of which each gives so many coefficients: a
 * convolution as wide as its stride. Tokens and vectors have fewer channels.
 *
 * @param axis which dimension holds the channels
 * @param leastSide of blocks, where positions allow: wider ones say the same in fewer numbers, and take more multiplications
 * @throws InputError ERR_BOTTLENECK where the tensor cannot be made so much smaller
 */
export function planLinear(shape: readonly number[], compression: number, axis = 0, leastSide = 1): BottleneckPlan {
  const channels = shape[axis];
  if (channels === undefined || shape.length > 4 || channels > mostChannels)
    throw new InputError(
      "ERR_BOTTLENECK",
      `a linear bottleneck needs a tensor with at most ${mostChannels} channels and three dimensions of positions, got [${shape.join(", ")}]`,
    );
  const positions = shape.filter((_, i) => i !== axis);
  const tokens = shape.length === 1 || (shape.length === 2 && axis === 1);
  const layers = tokens
    ? linearStage(channels, positions, compression)
    : blocks(channels, positions, compression, leastSide);
  const [values, latent] = [sizeOf(shape), sizeOf(layers.latent)];
  // With a compression of 1 it only turns the tensor, so that an entropy code has less to say.
  if (latent >= values && compression > 1)
    throw new InputError("ERR_BOTTLENECK", `a tensor of ${values} values cannot be made ${compression} times smaller`);
  return { shape: [...shape], axis, ...layers, compression: values / latent };
}

function blocks(
  channels: number,
  positions: readonly number[],
  compression: number,
  leastSide: number,
): Pick<BottleneckPlan, "layers" | "latent" | "stages"> {
  const kept = (side: number): number => Math.max(1, Math.round((channels * side ** positions.length) / compression));
  const weights = (side: number): number => kept(side) * channels * side ** positions.length;
  const sides = Array.from({ length: Math.min(...positions) }, (_, i) => i + 1).filter(
    (side) => positions.every((size) => size % side === 0) && weights(side) <= mostWeights,
  );
  const side = sides.find((one) => one >= leastSide && kept(one) >= fewCoefficients) ?? sides.at(-1) ?? 1;
  const outputs = kept(side);
  return {
    layers: "blocks",
    latent: [outputs, ...positions.map((size) => size / side)],
    stages: [{ inputs: channels, outputs, kernel: side, stride: side, sizes: positions }],
  };
}
