/** @file Mel spectrograms, as librosa computes them (B. McFee et al., "librosa" (2015)). */
import type { MelOptions as MelShape } from "@split-et-impera/core/study";
import { powerSpectrum } from "./fourier.ts";

/** A mel spectrogram of samples at `rate` a second. */
export interface MelOptions extends MelShape {
  rate: number;
}

/** A spectrogram: `bands` rows of `frames` numbers. */
export interface Spectrogram {
  bands: number;
  frames: number;
  data: Float32Array;
}

/** The mel spectrogram of a stream. Made once for its options, since its filters take long. */
export function melSpectrogram(options: MelOptions): (samples: Float32Array) => Spectrogram {
  const { size, window = size, hop, bands, power, centre = true, log, floor = 1e-10 } = options;
  const spectrum = powerSpectrum(size);
  const filters = melFilters(options);
  const left = (size - window) >> 1;
  const shape = Float64Array.from({ length: size }, (_, k) =>
    k < left || k >= left + window ? 0 : 0.5 - 0.5 * Math.cos((2 * Math.PI * (k - left)) / window),
  );
  const scale = scales[log ?? "none"];
  return (samples) => {
    const before = centre ? size >> 1 : 0;
    const length = samples.length + 2 * before;
    const frames = length < size ? 0 : 1 + Math.floor((length - size) / hop);
    const data = new Float32Array(bands * frames);
    const block = new Float64Array(size);
    for (let t = 0; t < frames; t++) {
      for (let k = 0; k < size; k++) block[k] = shape[k]! * (samples[t * hop - before + k] ?? 0);
      const found = spectrum(block);
      if (power === 1) for (let j = 0; j < found.length; j++) found[j] = Math.sqrt(found[j]!);
      for (const [b, { first, weights }] of filters.entries()) {
        let sum = 0;
        for (let j = 0; j < weights.length; j++) sum += weights[j]! * found[first + j]!;
        data[b * frames + t] = scale(sum, floor);
      }
    }
    return { bands, frames, data };
  };
}

const scales: Record<"none" | "ln" | "log10" | "db", (value: number, floor: number) => number> = {
  none: (value) => value,
  ln: (value, floor) => Math.log(Math.max(value, floor)),
  log10: (value, floor) => Math.log10(Math.max(value, floor)),
  db: (value, floor) => 10 * Math.log10(Math.max(value, floor)),
};

/** A band: its weights, and the first frequency that it looks at. */
interface Filter {
  first: number;
  weights: Float64Array;
}

/** Triangles that overlap by half, evenly spread over the mel scale. */
function melFilters({ rate, size, bands, low = 0, high = rate / 2, scale, norm }: MelOptions): Filter[] {
  const { toMel, toHertz } = melScales[scale];
  const [from, to] = [toMel(low), toMel(high)];
  const edges = Array.from({ length: bands + 2 }, (_, i) => toHertz(from + ((to - from) * i) / (bands + 1)));
  const bins = (size >> 1) + 1;
  return Array.from({ length: bands }, (_, b) => {
    const [start, top, end] = edges.slice(b, b + 3) as [number, number, number];
    const height = norm === "area" ? 2 / (end - start) : 1;
    const all = Array.from({ length: bins }, (_, j) => {
      const hertz = (j * rate) / size;
      return height * Math.max(0, Math.min((hertz - start) / (top - start), (end - hertz) / (end - top)));
    });
    const first = Math.max(
      0,
      all.findIndex((weight) => weight > 0),
    );
    const last = all.findLastIndex((weight) => weight > 0);
    return { first, weights: Float64Array.from(all.slice(first, last + 1)) };
  });
}

/** Slaney's: 200 / 3 Hz a mel below 1 kHz, 6.4 times in 27 mels above. */
const [perMel, knee, step] = [200 / 3, 15, Math.log(6.4) / 27];

const melScales = {
  htk: {
    toMel: (hertz: number) => 2595 * Math.log10(1 + hertz / 700),
    toHertz: (mel: number) => 700 * (10 ** (mel / 2595) - 1),
  },
  slaney: {
    toMel: (hertz: number) => (hertz < 1000 ? hertz / perMel : knee + Math.log(hertz / 1000) / step),
    toHertz: (mel: number) => (mel < knee ? perMel * mel : 1000 * Math.exp(step * (mel - knee))),
  },
} as const;
