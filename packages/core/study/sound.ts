/** @file How a study says that sound is read. */

export interface SoundOptions {
  /** Samples a second that the model takes. Default 16000. */
  rate?: number;
  /** New samples of a window. Absent: whole clips, or, where the data have times, what the model takes. */
  window?: number;
  /** Samples from the start of a window to that of the next. Default: a window. */
  step?: number;
  /** Samples before the new ones, zeros where a stream begins. Default 0. */
  context?: number;
  /** Turns samples into a mel spectrogram. Absent: they are taken as they are. */
  mel?: MelOptions;
}

/** A mel spectrogram, as librosa computes it. */
export interface MelOptions {
  /** Samples of a transform. */
  size: number;
  /** Samples of Hann's window, in the middle of the transform. Default: its size. */
  window?: number;
  /** Samples from one transform to the next. */
  hop: number;
  /** Mel bands. */
  bands: number;
  /** Hertz at which the bands begin and end. Default: 0 and half the rate. */
  low?: number;
  high?: number;
  /** HTK's formula, or Slaney's of Auditory Toolbox: straight below 1 kHz. */
  scale: "htk" | "slaney";
  /** Whether bands have one area (Slaney's), or one height. */
  norm: "area" | "height";
  /** Of the magnitude: 1 or 2. */
  power: 1 | 2;
  /** Whether the first transform's middle is the first sample, with zeros before it. Default: yes. */
  centre?: boolean;
  /** What is taken of it. Default: nothing. */
  log?: "ln" | "log10" | "db";
  /** Least value of which a logarithm is taken. Default 1e-10. */
  floor?: number;
}
