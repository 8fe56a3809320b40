/** @file What the saliency of a model is, as plain data. */

export interface SaliencyPoint {
  tensor: string;
  operator: string;
  /** Without the batch dimension. */
  shape: number[];
  /** Bytes of one image's tensor as float32. */
  bytes: number;
  /** Cumulative Saliency (linear). */
  cs: number;
  /** 95 % interval over images. */
  lo: number;
  hi: number;
  /** Whether cutting here alone separates the model. */
  legal: boolean;
  candidate: boolean;
  /** Of a candidate: the tensor that is cut at in its place, the same numbers in a type of fewer bytes (quantised, say). */
  sends?: string;
}

export interface SaliencyResult {
  target: "label" | "predicted";
  classes: string[];
  images: number;
  points: SaliencyPoint[];
  /** Grad-CAM maps of a few images at each candidate, for the report. */
  examples: SaliencyExample[];
  /** What a reader should know of the scores, as that they are no logits; absent where all is as usual. */
  notes?: string[];
}

export interface SaliencyExample {
  /** Row-major RGB of the image, 0 to 255. */
  image: { width: number; height: number; rgb: number[] };
  label: string;
  predicted: string;
  maps: { tensor: string; width: number; height: number; values: number[] }[];
}
