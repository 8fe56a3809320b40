/** @file The shape of a bottleneck: an under-complete autoencoder for a tensor of the model. */
import { InputError, internal } from "../errors/index.ts";
import type { Inspection } from "../onnx/index.ts";
import { sizeOf } from "../tensor/index.ts";

/** One convolution of the encoder; the decoder runs them back. */
export interface Stage {
  inputs: number;
  outputs: number;
  kernel: number;
  stride: number;
  /** Sizes before the convolution. */
  height: number;
  width: number;
}

export interface BottleneckPlan {
  /** [C, H, W] of the tensor it stands for. */
  shape: readonly [number, number, number];
  /** [C', H', W'] of the latent that crosses the wire. */
  latent: readonly [number, number, number];
  /** How many times fewer values the latent has. */
  compression: number;
  stages: readonly Stage[];
}

/**
 * Plans an encoder of two 3x3 convolutions for `compression` times fewer values. With 64 it is the published one:
 * strides 2 and 2, C to C/8 to C/4 channels. Where the tensor is too small to be halved twice, channels shrink instead.
 */
export function planBottleneck(shape: readonly number[], compression: number): BottleneckPlan {
  const [channels, height, width] = shape;
  if (shape.length !== 3 || channels === undefined || height === undefined || width === undefined) {
    throw new InputError(
      "ERR_BOTTLENECK",
      `a bottleneck needs a tensor [channels, height, width], got [${shape.join(", ")}]`,
    );
  }
  const values = sizeOf(shape);
  let [h, w] = [height, width];
  const windows = [0, 1].map(() => {
    const stride = Math.min(h, w) >= 2 ? 2 : 1;
    const window = { kernel: h === 1 && w === 1 ? 1 : 3, stride, height: h, width: w };
    if (stride === 2) [h, w] = [Math.ceil(h / 2), Math.ceil(w / 2)];
    return window;
  });
  const latent = Math.max(1, Math.round(values / (compression * h * w)));
  const middle = Math.max(1, Math.round(channels / 8), Math.ceil(latent / 2));
  const sizes = [channels, middle, latent];
  const stages = windows.map((window, i): Stage =>
    Object.assign(window, { inputs: sizes[i]!, outputs: sizes[i + 1]! }),
  );
  if (latent * h * w >= values) {
    throw new InputError("ERR_BOTTLENECK", `a tensor of ${values} values cannot be made ${compression} times smaller`);
  }
  return { shape: [channels, height, width], latent: [latent, h, w], compression: values / (latent * h * w), stages };
}

/**
 * The plan at a legal cut of a model. Throws `InputError` ERR_BOTTLENECK where it holds no float32 feature map per image,
 * so that a study knows before it computes anything for it.
 */
export function planAt({ cuts, seen, batch }: Inspection, tensor: string, compression: number): BottleneckPlan {
  const cut = cuts.find(({ tensors }) => tensors[0] === tensor);
  if (!cut) throw internal(`"${tensor}" is no legal cut`);
  const { type, dims } = seen.get(tensor)!;
  if (type === "float32" && dims[0] === (batch?.size ?? 1)) return planBottleneck(cut.shapes[0]!, compression);
  throw new InputError(
    "ERR_BOTTLENECK",
    `"${tensor}" holds ${type} [${dims.join(", ")}]; expected float32 with the batch as first dimension`,
  );
}
