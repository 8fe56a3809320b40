/** @file The pictures of a folder, in the order of their names, fitted to the model's input. */
import { join } from "node:path";
import { dataError, listFolder } from "../../data/files.ts";
import { fittingOf } from "../../data/fit.ts";
import { isPicture, pictureInfo, readPicture } from "../../data/picture.ts";
import type { ImageShape } from "../../data/index.ts";
import type { Source } from "./source.ts";

/**
 * @param most frames; infinite: each picture once
 * @throws InputError where there is no picture
 */
export async function folderSource(folder: string, shape: ImageShape, rate: number, most: number): Promise<Source> {
  const { files } = await listFolder(folder, "a folder of pictures");
  const pictures = files.filter(isPicture).sort();
  if (pictures.length === 0) throw dataError(folder, "a folder with pictures", "none");
  const count = most === Infinity ? pictures.length : most;
  const channels = shape.channels as 1 | 3;
  const read = async (name: string): Promise<Uint8Array> => {
    const path = join(folder, name);
    const info = await pictureInfo(path);
    return readPicture(path, fittingOf(info, {}, shape), info, channels);
  };
  return {
    name: `${pictures.length} pictures of ${folder}`,
    rate,
    async *frames(signal) {
      // The next one is read while this one is on its way.
      let next = read(pictures[0]!);
      for (let i = 0; i < count && !signal.aborted; i++) {
        const pixels = await next;
        if (i + 1 < count) {
          next = read(pictures[(i + 1) % pictures.length]!);
          // Its failure is told when it is its turn.
          next.catch(() => undefined);
        }
        yield { value: { pixels }, of: pictures[i % pictures.length]! };
      }
    },
  };
}
