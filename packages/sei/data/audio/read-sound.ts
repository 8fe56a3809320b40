/** @file Sound files, by the endings of their names. */
import { extname } from "node:path";
import { dataError, fileSize, readWhole } from "../files.ts";
import { parseFlac } from "./flac/flac.ts";
import { mostSoundBytes, type Sound } from "./sound.ts";
import { parseWav } from "./wav.ts";

const readers: Record<string, (bytes: Uint8Array, path: string) => Sound> = {
  ".wav": parseWav,
  ".wave": parseWav,
  ".flac": parseFlac,
};

/** For messages: `.wav, .wave, .flac` */
export const soundEndings = Object.keys(readers).join(", ");

export const isSound = (name: string): boolean => Object.hasOwn(readers, extname(name).toLowerCase());

/** Throws `InputError` naming the file, what was expected and what was found. */
export async function readSound(path: string): Promise<Sound> {
  const reader = readers[extname(path).toLowerCase()];
  if (!reader) throw dataError(path, `a sound (${soundEndings})`, "another ending");
  const size = await fileSize(path, `a sound (${soundEndings})`);
  if (size > mostSoundBytes) throw dataError(path, "a sound of at most 1 GiB", `${size} bytes`);
  return reader(await readWhole(path, `a sound (${soundEndings})`), path);
}
