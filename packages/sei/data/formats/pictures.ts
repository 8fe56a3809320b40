/** @file Pictures of any sizes read as pictures of one size. */
import { memoryLimit } from "../dataset.ts";
import { pixelLimit, pixelStore } from "../pixel-store.ts";
import { dataError } from "../files.ts";
import { fitText, fittingOf, type Fitting, type Size } from "../fit.ts";
import type { Source } from "../format.ts";
import { wantedInput, type ImageShape } from "../normalise.ts";
import { mapBounded } from "../parallel.ts";
import { pictureInfo, readPicture, type PictureSource } from "../picture.ts";

/** Pictures to look at for colours where the model does not say: spread over the classes. */
const looked = 32;

/** A picture's file; or how its bytes are had, and where they lie, for messages. */
export type PictureFile = string | { path: string; bytes: () => Promise<Uint8Array> };

const load = async (file: PictureFile): Promise<PictureSource> =>
  typeof file === "string" ? file : { path: file.path, bytes: await file.bytes() };

interface Wanted extends Pick<Source, "options" | "progress"> {
  /** For messages. */
  folder: string;
  /** The pictures that say size and colours where the model does not: the same for both splits. */
  all: readonly PictureFile[];
  /** Those to read. */
  chosen: readonly PictureFile[];
  /** Bytes of the truths of a picture, by its pixels in the end. Default: none. */
  truthBytes?: (to: Size) => number;
  /** Told where each picture went. */
  onPicture?: (at: number, from: Size, fitting: Fitting) => Promise<void>;
}

/** Reads pictures as the model or the study wants them. `fitted` says how they were changed, where they were. */
export async function readPictures({
  folder,
  all,
  chosen,
  options,
  progress,
  truthBytes,
  onPicture,
}: Wanted): Promise<{ shape: ImageShape; pixels: (index: number) => Uint8Array; fitted: string[] }> {
  const wanted = wantedInput(options);
  const fit = options.fit ?? {};
  const first = await pictureInfo(await load(all[0]!));
  const size = wanted.height && wanted.width ? { height: wanted.height, width: wanted.width } : undefined;
  // Without a model the first picture says the size.
  const aim = size ?? (options.fit ? undefined : within(first));
  const channels = wanted.channels ?? (await channelsOf(all));
  const { to } = fittingOf(first, fit, aim);
  const bytes = to.height * to.width * channels;
  const truths = truthBytes?.(to) ?? 0;
  if (bytes * chosen.length > pixelLimit || truths * chosen.length > memoryLimit) {
    throw dataError(
      folder,
      "images that fit into 64 GiB, and what is known of their pixels into 2 GiB",
      `${chosen.length} of ${bytes} bytes; lower data.limit or choose a smaller size`,
    );
  }
  const store = pixelStore(chosen.length, bytes);
  let done = 0;
  let changed = 0;
  const sizes = new Map<string, number>();
  await mapBounded(chosen, 4, async (file, at) => {
    const source = await load(file);
    const info = await pictureInfo(source);
    const fitting = fittingOf(info, fit, aim);
    if (fitting.to.height !== to.height || fitting.to.width !== to.width) {
      throw dataError(
        typeof file === "string" ? file : file.path,
        `${to.height} x ${to.width} after resizing, as the first has`,
        `${fitting.to.height} x ${fitting.to.width}; data.crop gives all the same size`,
      );
    }
    const name = `${info.height} x ${info.width}`;
    sizes.set(name, (sizes.get(name) ?? 0) + 1);
    if (name !== `${to.height} x ${to.width}`) changed++;
    store.put(at, await readPicture(source, fitting, info, channels));
    await onPicture?.(at, info, fitting);
    progress?.(++done, chosen.length);
  });
  const listed = Array.from(sizes).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const fitted =
    changed === 0
      ? []
      : [
          `${changed} of ${chosen.length} pictures ${fitText(fit, aim)} (sizes: ${shorten(listed.map(([name]) => name))})`,
        ];
  return { shape: { height: to.height, width: to.width, channels }, pixels: store.get, fitted };
}

/** Where no model says the size, no side is longer: a header may claim anything, and photos are larger than any model's input. */
const longest = 2048;

function within({ height, width }: Size): Size {
  const factor = Math.min(1, longest / Math.max(height, width));
  const side = (pixels: number): number => Math.max(1, Math.round(pixels * factor));
  return { height: side(height), width: side(width) };
}

/** Three where any of some pictures of every part of the folder has colours. */
async function channelsOf(files: readonly PictureFile[]): Promise<1 | 3> {
  const step = Math.max(1, Math.floor(files.length / looked));
  const some = files.filter((_, i) => i % step === 0);
  const found = await mapBounded(some, 4, async (file) => pictureInfo(await load(file)));
  return found.some(({ channels }) => channels === 3) ? 3 : 1;
}

/** The first names of a long list. */
export const shorten = (names: readonly string[]): string =>
  names.length <= 12 ? names.join(", ") : `${names.slice(0, 12).join(", ")} and ${names.length - 12} more`;
