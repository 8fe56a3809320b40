/** @file Sound: files, rates, windows of streams, mel spectrograms. */
export { melSpectrogram, type MelOptions, type Spectrogram } from "./mel.ts";
export { isSound, readSound, soundEndings } from "./read-sound.ts";
export { monoAt, type Sound } from "./sound.ts";
export { isActive, windowCount, windowOf, type Interval, type WindowOptions } from "./windows.ts";
