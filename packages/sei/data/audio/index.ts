/** @file Sound: files, rates, windows of streams, mel spectrograms. */
export { melSpectrogram, type MelOptions, type Spectrogram } from "./mel.ts";
export { looksLikeClips, readClips, type Clip, type Clips } from "./folder.ts";
export { soundSamples, type SoundSamples } from "./samples.ts";
export { isSound, readSound, soundEndings } from "./read-sound.ts";
export { monoAt, type Sound } from "./sound.ts";
export { isActive, windowCount, windowOf, type Interval, type WindowOptions } from "./windows.ts";
