/** @file What a data set is, and how one is made of 8-bit images held in memory. */
import { float32, type Tensor } from "@split-et-impera/core/tensor";
import type { DataOptions } from "@split-et-impera/core/study";
import { lacking, type Annotation } from "@split-et-impera/core/task";
import { checkNormalise, checkPixelScale, normalisePixels, type ImageShape, type Layout } from "./normalise.ts";

export interface Dataset {
  /** Format and split, for people: `cifar10 test`. */
  name: string;
  /** Names by label; none where the data tell no classes apart. */
  classes: string[];
  /** Number of samples, after the study's limit. */
  count: number;
  /** 8-bit images as the camera has them; absent for samples that are no pictures. */
  image?: ImageShape & {
    /** Image `index` as height x width x channels bytes; a view, not to be written to. */
    pixels: (index: number) => Uint8Array;
  };
  /** What is known of a sample. */
  annotation: (index: number) => Annotation;
  /** Whether a stream begins with a sample: state of those before it is none of its. Absent: samples are no streams. */
  begins?: (index: number) => boolean;
  /** The model's input for these samples: float32, the batch first; pictures [n, C, H, W] or [n, H, W, C], normalised as the study says. */
  batch: (indices: ArrayLike<number>) => Tensor<"float32">;
  /** What the data have for inputs of a model by their names, beside what `batch` gives. */
  inputs?: ReadonlyMap<string, NamedInput>;
  /** The name under which the data have what `batch` gives, where they have names. */
  main?: string;
  /** Whether there is nothing but a number of samples, all of whose inputs are to be made up. */
  empty?: true;
  /** What people should know: what was passed over, how pictures were fitted, which order classes have. */
  notes: string[];
  /** What all pixels are made from, where they are made and not read: with the first of them, it stands for the rest in digests. */
  madeFrom?: unknown;
}

/** What data have for one input of a model, sample by sample. */
export interface NamedInput {
  /** Of a sample, without a batch. */
  dims: readonly number[];
  /** The numbers of these samples, one after the other. */
  batch(indices: ArrayLike<number>): ArrayLike<number> & Iterable<number>;
  /** The array or column, for messages. */
  where: string;
}

/** Images of one shape. `pixels(index)` gives one as height x width x channels bytes. */
export interface Images {
  name: string;
  classes: string[];
  shape: ImageShape;
  count: number;
  pixels: (index: number) => Uint8Array;
  annotation: (index: number) => Annotation;
  notes?: string[];
  madeFrom?: unknown;
}

/** A data set over 8-bit images, normalised as `options` say. */
export function imageDataset(images: Images, options: Pick<DataOptions, "normalise" | "layout">): Dataset {
  const { name, classes, shape, count, pixels, annotation, notes = [], madeFrom } = images;
  const { normalise, layout } = options;
  checkNormalise(normalise, shape.channels);
  checkPixelScale(normalise);
  return {
    name,
    classes,
    count,
    image: { ...shape, pixels },
    annotation,
    batch: (indices) =>
      imageBatch(
        Array.from(indices, (index) => pixels(index)),
        shape,
        normalise,
        layout,
      ),
    notes,
    ...(madeFrom !== undefined && { madeFrom }),
  };
}

/** The model's input for images that need not be a data set's own, such as decoded lossy ones. */
export function imageBatch(
  images: readonly Uint8Array[],
  shape: ImageShape,
  normalise: DataOptions["normalise"],
  layout: Layout,
): Tensor<"float32"> {
  const { height, width, channels } = shape;
  const size = height * width * channels;
  const together = new Uint8Array(images.length * size);
  for (let i = 0; i < images.length; i++) together.set(images[i]!, i * size);
  const data = normalisePixels(together, shape, normalise, layout);
  const dims = layout === "NCHW" ? [channels, height, width] : [height, width, channels];
  return float32([images.length, ...dims], data);
}

/** Memory that a data set may take; beyond it, a limit or a smaller size is due. */
export const memoryLimit = 2 ** 31;

/**
 * The class of a sample, as its place among the data's.
 * @throws InputError ERR_TASK_TRUTH where the data do not say it
 */
export function labelOf({ annotation }: Pick<Dataset, "annotation">, index: number): number {
  return annotation(index).label ?? lacking("a class", "classification");
}

/** The classes that a sample shows, each once: its own, those of its objects, and those of its pixels. */
export function classesIn({ annotation, classes }: Pick<Dataset, "annotation" | "classes">, index: number): number[] {
  const { label, labels = [], objects = [], mask } = annotation(index);
  const found = new Set([...labels, ...objects.map((one) => one.class), ...(mask?.classes ?? [])]);
  if (label !== undefined) found.add(label);
  return Array.from(found)
    .filter((one) => one < classes.length)
    .sort((a, b) => a - b);
}
