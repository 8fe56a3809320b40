/** @file Pictures of any size brought to one: resized, cropped or letterboxed, in torchvision's words. */
import type { FitOptions } from "@split-et-impera/core/study";

/** Height and width in pixels. */
export interface Size {
  height: number;
  width: number;
}

/** How one picture gets to its size: scaled to `scaled`, then cut out or padded so that `to` is left. */
export interface Fitting {
  scaled: Size;
  /** Where `to` begins in the scaled picture; negative where it is padded there. */
  top: number;
  left: number;
  to: Size;
  /** Value of what is added at the sides; black where absent. */
  bars?: number;
}

/** Grey of the bars that letterboxing adds, as YOLO has it. */
const letterboxGrey = 114;

/**
 * The fitting of a picture.
 *
 * - `resize: n`: the shorter side becomes n, the longer one int(n * longer / shorter); `[h, w]`: exactly, stretched.
 *   As torchvision's `Resize`.
 * - `crop`: the middle, from round((side - crop) / 2), half to even; what is missing is black. As `CenterCrop`.
 * - `letterbox`: the whole picture within the size, the rest grey.
 *
 * `wanted` is the model's input: where nothing is asked for, the picture is resized to cover it with its aspect kept;
 * and where no crop is asked for, its middle of this size is taken.
 */
export function fittingOf(from: Size, { resize, crop, letterbox }: FitOptions, wanted: Size | undefined): Fitting {
  if (letterbox) {
    const to = sizeOf(letterbox);
    const factor = Math.min(to.height / from.height, to.width / from.width);
    return { ...centred(scale(from, factor, to), to), bars: letterboxGrey };
  }
  const scaled = resize ? resized(from, resize) : from;
  if (crop) return centred(scaled, sizeOf(crop));
  if (!wanted) return centred(scaled, scaled);
  if (resize) return centred(scaled, wanted);
  const factor = Math.max(wanted.height / from.height, wanted.width / from.width);
  const { height, width } = scale(from, factor, wanted);
  return centred({ height: Math.max(height, wanted.height), width: Math.max(width, wanted.width) }, wanted);
}

const sizeOf = (size: readonly number[]): Size => ({ height: size[0]!, width: size[1] ?? size[0]! });

function resized(from: Size, size: readonly number[]): Size {
  if (size.length > 1) return sizeOf(size);
  const [shorter] = size as [number];
  // int(), as torchvision has it.
  const longer = (own: number, other: number): number => Math.max(1, Math.floor((shorter * own) / other));
  return from.height <= from.width
    ? { height: shorter, width: longer(from.width, from.height) }
    : { height: longer(from.height, from.width), width: shorter };
}

function scale(from: Size, factor: number, near: Size): Size {
  // A side that should meet the size does, whatever rounding says.
  const side = (own: number, wanted: number): number =>
    Math.abs(own * factor - wanted) < 1e-6 ? wanted : Math.max(1, Math.round(own * factor));
  return { height: side(from.height, near.height), width: side(from.width, near.width) };
}

function centred(scaled: Size, to: Size): Fitting {
  return { scaled, top: middle(scaled.height - to.height), left: middle(scaled.width - to.width), to };
}

/** Half of it, halves to the even number: Python's round(). */
function middle(rest: number): number {
  const half = rest / 2;
  if (Number.isInteger(half)) return half;
  const low = Math.floor(half);
  return low % 2 === 0 ? low : low + 1;
}

/** What a study asks for, in words: `resized to 256 on the shorter side, 224 x 224 cut from the middle`. */
export function fitText({ resize, crop, letterbox }: FitOptions, wanted: Size | undefined): string {
  const by = (size: readonly number[]): string => `${size[0]} x ${size[1] ?? size[0]}`;
  if (letterbox) return `letterboxed into ${by(letterbox)}`;
  const parts = [
    ...(resize ? [resize.length > 1 ? `resized to ${by(resize)}` : `resized to ${resize[0]} on the shorter side`] : []),
    ...(crop ? [`${by(crop)} cut from the middle`] : []),
    ...(resize && !crop && wanted ? [`${by([wanted.height, wanted.width])} cut from the middle`] : []),
  ];
  if (parts.length > 0 || !wanted) return parts.join(", ");
  return `resized to cover ${wanted.height} x ${wanted.width} with their aspect kept, the middle cut out`;
}
