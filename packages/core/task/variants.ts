/** @file Other ways in which the same data could have been fed: usual normalisations, channel orders and layouts. */
import { float32, type Tensor } from "../tensor/index.ts";

/** Of pixel / 255, by channel; one number stands for all channels, none for mean 0 and standard deviation 1. */
export interface Normalisation {
  mean: number[];
  std: number[];
}

/** How data are fed: (x - mean) / std by channel, channels as they come or the other way round, first or last. */
export interface Feeding {
  normalise: Normalisation;
  order: "RGB" | "BGR";
  layout: "NCHW" | "NHWC";
}

/** A feeding that models are usually trained with, and how people call it. */
export interface Variant extends Feeding {
  name: string;
}

/** Normalisations that models come with. */
export const usualNormalisations: readonly (Normalisation & { name: string })[] = [
  { name: "none (0 to 1)", mean: [0], std: [1] },
  { name: "ImageNet", mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  { name: "0.5 and 0.5 (-1 to 1)", mean: [0.5], std: [0.5] },
  { name: "0 to 255", mean: [0], std: [1 / 255] },
  { name: "CIFAR-10", mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  { name: "CIFAR-100", mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762] },
  { name: "MNIST", mean: [0.1307], std: [0.3081] },
  { name: "0.5 and 0.25", mean: [0.5], std: [0.25] },
];

/** Mean and deviation of a channel. */
export function channelScale({ mean, std }: Normalisation, channel: number): { mean: number; std: number } {
  return { mean: mean[mean.length === 1 ? 0 : channel] ?? 0, std: std[std.length === 1 ? 0 : channel] ?? 1 };
}

/**
 * The variants worth trying for inputs of these dimensions (batch included): every usual normalisation that fits the
 * channels and is not the own one, each also with the channels turned round where there are three; the other layout
 * where the dimensions allow it.
 */
export function variantsOf(own: Feeding, dims: readonly number[]): Variant[] {
  const channels = channelsOf(own.layout, dims);
  const orders: Feeding["order"][] = channels === 3 ? ["RGB", "BGR"] : ["RGB"];
  const layouts: Feeding["layout"][] =
    dims.length === 4 && dims[1] === dims[2] && dims[2] === dims[3] && channels > 1 ? ["NCHW", "NHWC"] : [own.layout];
  const known = [{ name: "", ...own.normalise }, ...usualNormalisations].filter(({ mean, std }) =>
    [mean.length, std.length].every((n) => n <= 1 || n === channels),
  );
  const seen = new Set<string>();
  return layouts.flatMap((layout) =>
    orders.flatMap((order) =>
      known.flatMap((normalise): Variant[] => {
        const key = JSON.stringify([
          layout,
          order,
          Array.from({ length: channels }, (_, c) => channelScale(normalise, c)),
        ]);
        if (seen.has(key)) return [];
        seen.add(key);
        const changed = [
          normalise.name === "" ? "" : `normalise ${normalise.name}`,
          order === own.order ? "" : "channels in the order blue, green, red",
          layout === own.layout ? "" : `layout ${layout}`,
        ].filter((part) => part !== "");
        if (changed.length === 0) return [];
        const { mean, std } = normalise;
        return [{ name: changed.join(", "), normalise: { mean: [...mean], std: [...std] }, order, layout }];
      }),
    ),
  );
}

const channelsOf = (layout: Feeding["layout"], dims: readonly number[]): number =>
  dims.length === 4 ? dims[layout === "NCHW" ? 1 : 3]! : 1;

/** The same images fed in another way. Throws nothing: a variant of `variantsOf` fits the dimensions. */
export function refeed(input: Tensor<"float32">, own: Feeding, other: Feeding): Tensor<"float32"> {
  const { dims, data } = input;
  const channels = channelsOf(own.layout, dims);
  const result = new Float32Array(data.length);
  const images = dims[0]!;
  const size = data.length / Math.max(1, images);
  const positions = size / channels;
  const place = (layout: Feeding["layout"], c: number, i: number): number =>
    layout === "NCHW" || channels === 1 ? c * positions + i : i * channels + c;
  for (let image = 0; image < images; image++) {
    const start = image * size;
    for (let c = 0; c < channels; c++) {
      const turned = own.order === other.order ? c : channels - 1 - c;
      const [from, to] = [channelScale(own.normalise, c), channelScale(other.normalise, turned)];
      for (let i = 0; i < positions; i++) {
        const x = data[start + place(own.layout, c, i)]! * from.std + from.mean;
        result[start + place(other.layout, turned, i)] = (x - to.mean) / to.std;
      }
    }
  }
  return float32(dims, result);
}
