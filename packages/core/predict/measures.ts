/** @file What a tensor and the gradient by it say of a cut, per sample: cheap measures that may predict how well it splits. */
import { sizeOf, type Tensor } from "../tensor/index.ts";

export interface Measures {
  /** The mean of the Grad-CAM map, of which the Cumulative Saliency is the mean over samples. */
  saliency: Float64Array;
  /** The mean square of the activations. */
  energy: Float64Array;
  /** The gradient's Euclidean norm. */
  gradientNorm: Float64Array;
  /** The sum of |gradient times activation|. */
  gradientActivation: Float64Array;
}

/**
 * @param activation [samples, ...], with channels along `channels`
 * @param gradient of the answer's score by it
 */
export function measuresOf(activation: Tensor<"float32">, gradient: Tensor<"float32">, channels: number): Measures {
  const { dims } = activation;
  const [samples, C, size] = [dims[0]!, dims[channels]!, sizeOf(dims.slice(1))];
  const inner = sizeOf(dims.slice(channels + 1));
  const positions = size / C;
  const found = new Float64Array(4 * samples);
  const alpha = new Float64Array(C);
  const map = new Float64Array(positions);
  for (let n = 0; n < samples; n++) {
    alpha.fill(0);
    map.fill(0);
    let [energy, norm, product] = [0, 0, 0];
    each(n, size, C, inner, (i, c) => {
      const [a, g] = [activation.data[i]!, gradient.data[i]!];
      energy += a * a;
      norm += g * g;
      product += Math.abs(a * g);
      alpha[c]! += g / positions;
    });
    each(n, size, C, inner, (i, c, p) => (map[p]! += (alpha[c]! * activation.data[i]!) / C));
    found[n] = map.reduce((sum, value) => sum + Math.max(0, value), 0) / positions;
    found[samples + n] = energy / size;
    found[2 * samples + n] = Math.sqrt(norm);
    found[3 * samples + n] = product;
  }
  const part = (k: number): Float64Array => found.slice(k * samples, (k + 1) * samples);
  return { saliency: part(0), energy: part(1), gradientNorm: part(2), gradientActivation: part(3) };
}

/**
 * The Fisher information of a gate before each channel, summed over channels: per sample sum over c of (sum over positions of a g)^2 / 2,
 * with g the gradient of the log-likelihood. (Theis et al., Faster gaze prediction with dense networks and Fisher pruning, 2018.)
 */
export function fisherOf(activation: Tensor<"float32">, gradient: Tensor<"float32">, channels: number): Float64Array {
  const { dims } = activation;
  const [C, size] = [dims[channels]!, sizeOf(dims.slice(1))];
  const inner = sizeOf(dims.slice(channels + 1));
  const sums = new Float64Array(C);
  return Float64Array.from({ length: dims[0]! }, (_, n) => {
    sums.fill(0);
    each(n, size, C, inner, (i, c) => (sums[c]! += activation.data[i]! * gradient.data[i]!));
    return sums.reduce((sum, value) => sum + value * value, 0) / 2;
  });
}

/** The means of the channels over their positions, [samples, channels], one after the other. */
export function pooled(activation: Tensor<"float32">, channels: number): Float64Array {
  const { dims } = activation;
  const [samples, C, size] = [dims[0]!, dims[channels]!, sizeOf(dims.slice(1))];
  const inner = sizeOf(dims.slice(channels + 1));
  const found = new Float64Array(samples * C);
  for (let n = 0; n < samples; n++)
    each(n, size, C, inner, (i, c) => (found[n * C + c]! += (activation.data[i]! * C) / size));
  return found;
}

/** Every element of a sample: its place, its channel, its position. */
function each(n: number, size: number, C: number, inner: number, see: (i: number, c: number, p: number) => void): void {
  for (let o = 0, i = n * size; i < (n + 1) * size; o++)
    for (let c = 0; c < C; c++) for (let k = 0; k < inner; k++, i++) see(i, c, o * inner + k);
}
