/** @file The pictures of a folder and the folders in it, in the order of their names, fitted to the model's input. */
import { InputError } from "@split-et-impera/core/errors";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { dataError, listFolder } from "../../data/files.ts";
import { fittingOf } from "../../data/fit.ts";
import { isPicture, pictureInfo, readPicture } from "../../data/picture.ts";
import type { ImageShape } from "../../data/index.ts";
import type { Source } from "./source.ts";

export interface FolderOptions {
  /** Frames a second. */
  rate: number;
  /** Frames; infinite: each picture once. */
  most: number;
  /** Told of each picture that cannot be read, once; it is passed over. */
  warn(text: string): void;
}

/** @throws InputError `ERR_DATA_FILE` where there is no picture; while frames are taken, where none can be read */
export async function folderSource(
  folder: string,
  shape: ImageShape,
  { rate, most, warn }: FolderOptions,
): Promise<Source> {
  const pictures = await picturesIn(folder);
  if (pictures.length === 0) throw dataError(folder, "a folder with pictures", "none");
  const channels = shape.channels as 1 | 3;
  const passedOver = new Set<string>();
  const read = async (name: string): Promise<Uint8Array | undefined> => {
    const path = join(folder, name);
    try {
      const info = await pictureInfo(path);
      return await readPicture(path, fittingOf(info, {}, shape), info, channels);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (!passedOver.has(name)) warn(`${error.message}; it is passed over`);
      passedOver.add(name);
      return undefined;
    }
  };
  return {
    name: `${pictures.length} pictures of ${folder}`,
    rate,
    async *frames(signal) {
      const nameOf = (i: number): string => pictures[i % pictures.length]!;
      const end = most === Infinity ? pictures.length : Infinity;
      let next = read(nameOf(0));
      for (let i = 0, shown = 0; i < end && shown < most && !signal.aborted; i++) {
        const pixels = await next;
        // The next one is read while this one is on its way.
        next = read(nameOf(i + 1));
        // Its failure is told when it is its turn.
        next.catch(() => undefined);
        if (pixels) {
          shown++;
          yield { value: { pixels }, of: nameOf(i) };
        } else if (passedOver.size === pictures.length) throw dataError(folder, "pictures that can be read", "none");
      }
    },
  };
}

/** By their paths from the folder. A folder that is reached again by a link is not looked at again. */
async function picturesIn(top: string): Promise<string[]> {
  const seen = new Set<string>();
  const list = async (within: string): Promise<string[]> => {
    const path = join(top, within);
    const { files, folders } = await listFolder(path, "a folder of pictures");
    const real = await realpath(path);
    if (seen.has(real)) return [];
    seen.add(real);
    const found = files.filter(isPicture).map((name) => join(within, name));
    for (const name of folders) found.push(...(await list(join(within, name))));
    return found;
  };
  return (await list("")).sort();
}
