/** @file Readers of sound: WAV and FLAC. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { monoAt, readSound } from "../../packages/sei/dist/data/audio/index.js";
import { mono16, stereo24 } from "../../packages/sei/data/audio/testing/libflac.ts";
import { flacOf, wavOf } from "../../packages/sei/data/audio/testing/sound-files.ts";
import { mutateBytes } from "../mutate/bytes.ts";
import type { Target } from "../target.ts";

const wave = Array.from({ length: 60 }, (_, i) => Math.sin(i / 5));
const whole = wave.map((value) => Math.round(30_000 * value));
const seeds: Record<string, () => Uint8Array[]> = {
  wav: () => [wavOf([wave, wave], { bits: 24, extensible: true }), wavOf([wave], { bits: 32, format: 3 })],
  flac: () => [flacOf(whole, 8000), Buffer.from(mono16, "base64"), Buffer.from(stereo24, "base64")],
};

export const sounds: readonly Target[] = Object.entries(seeds).map(([ending, seed]): Target => ({
  name: `sound: ${ending}`,
  share: 3000,
  seeds: seed,
  mutate: (bytes, random) => mutateBytes(bytes as Uint8Array, random),
  async read(input, folder) {
    const path = join(folder, `a.${ending}`);
    await writeFile(path, input as Uint8Array);
    monoAt(await readSound(path), 16_000);
  },
}));
