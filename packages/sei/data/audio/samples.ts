/** @file Clips as samples of a model: whole, or in windows; as they are, or as mel spectrograms. */
import { InputError } from "@split-et-impera/core/errors";
import type { SoundOptions } from "@split-et-impera/core/study";
import type { Annotation } from "@split-et-impera/core/task";
import { dataError } from "../files.ts";
import { memoryLimit } from "../dataset.ts";
import type { Clip, Clips } from "./folder.ts";
import { melSpectrogram } from "./mel.ts";
import { readSound } from "./read-sound.ts";
import { monoAt } from "./sound.ts";
import { windowCount, windowOf, type Interval, type WindowOptions } from "./windows.ts";

/** Samples in the order of time, one stream after the other. */
export interface SoundSamples {
  count: number;
  /** How many clips they are of, from the first. */
  clips: number;
  /** Without the batch: samples, or bands and frames. */
  dims: number[];
  /** Writes the model's input for a sample. */
  write(index: number, into: Float32Array): void;
  annotation(index: number): Annotation;
  /** Whether a stream begins with this sample: state of one before it is none of its. */
  begins(index: number): boolean;
}

/**
 * Reads clips until there are `limit` samples.
 * @param wanted numbers that the model takes; whole clips are cut or filled up with zeros to so many
 */
export async function soundSamples(
  { clips, timed }: Pick<Clips, "clips" | "timed">,
  { rate = 16_000, window, step, context = 0, mel }: SoundOptions,
  limit: number,
  wanted: number | undefined,
): Promise<SoundSamples> {
  if (timed && window === undefined && wanted === undefined)
    throw new InputError(
      "ERR_DATA_SHAPE",
      "data.sound.window: expected the new samples of a window, since the data have times; got none",
    );
  const inWindows = window ?? (timed ? wanted! - context : undefined);
  const streams: Stream[] = [];
  let [count, total] = [0, 0];
  for (const clip of clips) {
    if (count >= limit) break;
    const samples = monoAt(await readSound(clip.path), rate);
    total += samples.length;
    if (4 * total > memoryLimit) throw dataError(clip.path, "sound of at most 2 GiB in all", "more; lower data.limit");
    const cut = inWindows ?? wanted ?? streams[0]?.options.size ?? samples.length;
    const options = { size: cut, context, ...(step !== undefined && { step }) };
    // A whole clip is one window, however long.
    const own = inWindows === undefined ? 1 : windowCount(samples.length, options);
    streams.push({ clip, samples, options, first: count });
    count += own;
  }
  const [first] = streams;
  if (!first || count === 0)
    throw new InputError("ERR_DATA_EMPTY", "no window of sound is left: the clips are shorter than one");
  const transform = mel && melSpectrogram({ rate, ...mel });
  const size = first.options.size + context;
  const shape = transform?.(new Float32Array(size));
  const at = (index: number): [Stream, number] => {
    const stream = streams.findLast((one) => one.first <= index)!;
    return [stream, index - stream.first];
  };
  return {
    count: Math.min(count, limit),
    clips: streams.length,
    dims: shape ? [shape.bands, shape.frames] : [size],
    write(index, into) {
      const [{ samples, options }, place] = at(index);
      if (!transform) windowOf(samples, place, options, into.fill(0));
      else into.set(transform(windowOf(samples, place, options)).data);
    },
    annotation(index) {
      const [{ clip, options }, place] = at(index);
      const { intervals, label, text } = clip;
      return {
        ...(text !== undefined && { text }),
        ...(intervals ? { label: labelAt(place, options, rate, intervals) } : label !== undefined && { label }),
      };
    },
    begins: (index) => at(index)[1] === 0,
  };
}

interface Stream {
  clip: Clip;
  samples: Float32Array;
  options: WindowOptions;
  /** The number of its first sample among all. */
  first: number;
}

/** What is heard in the middle of a window: 0 for nothing; 1, or one more than the class, for something. */
function labelAt(
  index: number,
  { size, step = size }: WindowOptions,
  rate: number,
  intervals: readonly (Interval & { label?: number })[],
): number {
  const middle = (index * step + size / 2) / rate;
  const found = intervals.find(({ start, end }) => middle >= start && middle < end);
  return found ? (found.label ?? 0) + 1 : 0;
}
