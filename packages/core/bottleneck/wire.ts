/** @file The wire between encoder and decoder while they are trained: what of a latent is lost, and what stands in for it. */
import { lostOf } from "../network/index.ts";
import type { GraphBuilder } from "../onnx/index.ts";
import { randomStream } from "../random/index.ts";
import type { LossyLink } from "../study/index.ts";
import { float32, sizeOf, type Tensor } from "../tensor/index.ts";
import { codecs, lostElements, orders, rangesOutOfOrder, usualOrder } from "../wire/index.ts";

/** Fed to training: 1 where a value of the latent arrives, 0 where it is lost. */
export const arrivedName = "bottleneck/arrived";

/** The dimension of a latent, the batch included, whose places have a mean of their own: as codecs are calibrated. */
const channels = 1;
/** In how many rounds lost values take the mean of their neighbours; what is farther from all that arrived takes its channel's. */
const rounds = 4;

/**
 * What of the latents of some samples arrives, [samples, ...latent]; each loses datagrams of its own, which `seed` and
 * `run` decide. Of an entropy-coded tensor datagrams are taken to hold equally many values.
 */
export function drawArrived(
  latent: readonly number[],
  { codec, losses, bursts, payload }: LossyLink,
  samples: number,
  { seed, run }: { seed: number; run: number },
): Tensor<"float32"> {
  const [size, dims] = [sizeOf(latent), [1, ...latent]];
  const bits = 32 * codecs[codec].share;
  const bytes = Math.ceil((size * bits) / 8);
  const stride = orders[usualOrder].stride(dims, channels);
  const arrived = new Float32Array(samples * size).fill(1);
  const random = randomStream(seed, `lost/${run}`);
  for (let sample = 0; sample < samples; sample++) {
    const link = { rate: losses[random.integer(losses.length)]!, burst: bursts[random.integer(bursts.length)]! };
    const { missing } = lostOf({ bytes, payload, protection: { kind: "none" } }, link, random);
    const sent = lostElements([{ bytes: [0, bytes], elements: [0, size], divisible: true, bits }], missing);
    for (const [from, to] of rangesOutOfOrder(sent, dims, stride))
      arrived.fill(0, sample * size + from, sample * size + to);
  }
  return float32([samples, ...latent], arrived);
}

/**
 * The latent as it arrives: with m 1 where a value came, k the sum over neighbours along positions, each round
 *
 *     x <- x + (1 - m) k(x) / max(k(m), 1),   m <- m + (1 - m) min(k(m), 1),
 *
 * begun with x = m z; at last the rest is its channel's mean over the batch. It is `neighbours` of core/wire, which has no
 * bound of its rounds and knows means of calibration.
 */
export function addLosses(g: GraphBuilder, z: string, latent: readonly number[]): string {
  const scope = "bottleneck/wire/";
  g.input(arrivedName, "float32", ["batch", ...latent]);
  g.scope(scope);
  const one = g.scalar(1);
  const missing = (m: string): string => g.op("Sub", [one, m]);
  const mean = g.reduceMean(z, [0, ...latent.map((_, i) => i + 1).filter((axis) => axis !== channels)], true);
  let [x, m] = [g.op("Mul", [z, arrivedName]), arrivedName];
  const positions = latent.slice(channels);
  const reach = positions.reduce((sum, length) => sum + length - 1, 0);
  if (reach > 0) {
    const flat = (tensor: string): string => g.reshape(tensor, [-1, 1, ...positions]);
    const kernel = g.constant(crossOf(positions.length));
    const around = (tensor: string): string =>
      g.op("Conv", [tensor, kernel], { pads: { ints: Array.from({ length: 2 * positions.length }, () => 1) } });
    [x, m] = [flat(x), flat(m)];
    for (let round = 0; round < Math.min(rounds, reach); round++) {
      const [lost, near] = [missing(m), around(m)];
      x = g.op("Add", [x, g.op("Mul", [lost, g.op("Div", [around(x), g.op("Max", [near, one])])])]);
      m = g.op("Add", [m, g.op("Mul", [lost, g.op("Min", [near, one])])]);
    }
    [x, m] = [g.reshape(x, [-1, ...latent]), g.reshape(m, [-1, ...latent])];
  }
  const arrived = g.op("Add", [x, g.op("Mul", [missing(m), mean])]);
  g.scope("");
  return arrived;
}

/** [1, 1, 3, ...3] with 1 one step along each axis from the middle. */
function crossOf(rank: number): Tensor<"float32"> {
  const data = new Float32Array(3 ** rank);
  const middle = (data.length - 1) / 2;
  for (let axis = 0; axis < rank; axis++) for (const way of [-1, 1]) data[middle + way * 3 ** axis] = 1;
  return float32([1, 1, ...Array.from({ length: rank }, () => 3)], data);
}

/** All that read a tensor read what is made of it. */
export function rewire(g: GraphBuilder, tensor: string, made: (tensor: string) => string): void {
  const readers = g.model.graph!.node.filter(({ input }) => input.includes(tensor));
  const instead = made(tensor);
  for (const node of readers) node.input = node.input.map((name) => (name === tensor ? instead : name));
}
