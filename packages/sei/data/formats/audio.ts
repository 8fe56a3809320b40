/** @file Sound files with a table of what is heard in them. */
import type { SoundOptions } from "@split-et-impera/core/study";
import { channelScale } from "@split-et-impera/core/task";
import { float32, sizeOf } from "@split-et-impera/core/tensor";
import { looksLikeClips, readClips, soundSamples, type Clips, type SoundSamples } from "../audio/index.ts";
import type { Dataset } from "../dataset.ts";
import type { DataFormat, Source } from "../format.ts";
import { checkNormalise } from "../normalise.ts";
import { shuffledIndices } from "../subset.ts";

export const audio: DataFormat = {
  means: "sound files (WAV, FLAC) with a table of what is heard in them",
  about:
    "WAV (whole numbers of 8 to 32 bits, floats) and FLAC files with a CSV, TSV, JSONL or Parquet table beside them, which " +
    "has a column of the file and either `start` and `end` in seconds (a row per time in which something is heard), or " +
    "`label` or `text` (a row per file). Channels are mixed to one, at the rate that `data.sound` says. With times, clips are " +
    "cut into windows, whose label is what is heard in their middle: the first class is that nothing is. Else a clip is a " +
    "sample, cut or filled up to what the model takes. `train/` and `test/` (or `val/`) each hold a table and are a split; " +
    "without them the first `limit.test` samples of a seeded shuffle of the clips are for testing and the other clips for " +
    "training (all of them where none are left, which is said).",
  pictures: false,
  normalise: { mean: [0], std: [1] },
  detect: looksLikeClips,
  open: openAudio,
};

async function openAudio({ path, split, limit, seed, options }: Source): Promise<Dataset> {
  const { sound = {}, normalise, input } = options;
  checkNormalise(normalise, 1);
  const found = await readClips(path, split, options.classes, options.columns);
  const wanted = input && wantedSamples(input, sound);
  const { samples, notes } = found.split
    ? { samples: await soundSamples(found, sound, limit, wanted), notes: [] }
    : await divided(found, sound, limit, wanted, { split, seed, test: options.limit.test });
  const dims = dimsFor(samples.dims, input);
  const size = sizeOf(dims);
  const { mean, std } = channelScale(normalise, 0);
  return {
    name: `audio ${split}`,
    classes: found.timed ? ["nothing", ...(found.classes.length > 0 ? found.classes : ["something"])] : found.classes,
    count: samples.count,
    annotation: (index) => samples.annotation(index),
    begins: (index) => samples.begins(index),
    batch(indices) {
      const data = new Float32Array(indices.length * size);
      for (let i = 0; i < indices.length; i++) samples.write(indices[i]!, data.subarray(i * size, (i + 1) * size));
      if (mean !== 0 || std !== 1) for (let i = 0; i < data.length; i++) data[i] = (data[i]! - mean) / std;
      return float32([indices.length, ...dims], data);
    },
    notes,
  };
}

/** Clips that no file divides: as many as the test takes, and the others. */
async function divided(
  { clips, timed }: Clips,
  sound: SoundOptions,
  limit: number,
  wanted: number | undefined,
  { split, seed, test }: { split: Source["split"]; seed: number; test: number },
): Promise<{ samples: SoundSamples; notes: string[] }> {
  const shuffled = Array.from(shuffledIndices(clips.length, "test", seed), (i) => clips[i]!);
  const first = await soundSamples({ clips: shuffled, timed }, sound, split === "test" ? limit : test, wanted);
  if (split === "test") return { samples: first, notes: [] };
  const rest = shuffled.slice(first.clips);
  const samples = await soundSamples({ clips: rest.length > 0 ? rest : shuffled, timed }, sound, limit, wanted);
  const said = `all ${clips.length} clips are for testing, so training takes the same ones; a lower data.limit.test leaves some for training`;
  return { samples, notes: rest.length > 0 ? [] : [said] };
}

/** How many samples make up the model's input; undefined where it leaves that open. */
function wantedSamples(input: readonly number[], { mel }: SoundOptions): number | undefined {
  const size = sizeOf(input);
  if (size === 0) return undefined;
  if (!mel) return size;
  const { bands, hop, centre = true } = mel;
  return Math.round(size / bands - 1) * hop + (centre ? 0 : mel.size);
}

/** The model's dimensions where they are these with ones in between, which come and go; open ones fit any. */
function dimsFor(own: readonly number[], input: readonly number[] | undefined): readonly number[] {
  const [long, other] = [own, input ?? []].map((dims) => dims.filter((n) => n !== 1));
  const same = long!.length === other!.length && long!.every((n, i) => other![i] === n || other![i] === 0);
  if (!input || !same) return own;
  let at = 0;
  return input.map((n) => (n === 1 ? 1 : long![at++]!));
}
