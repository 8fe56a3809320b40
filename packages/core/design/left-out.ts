/** @file What statements about the best placement leave out, and why. */
import type { PlacementName } from "./result.ts";

/** Placements or designs that the optimum, its break-evens and its map say nothing about. */
export type LeftOut =
  /** A host has no room for its part; bytes. Of a cut without its codec. */
  | { because: "memory"; what: PlacementName; host: string; needs: number; has: number }
  /** Designs with bottlenecks: they are other networks, timed and simulated by themselves. By compression. */
  | { because: "bottleneck"; compressions: number[] }
  /** Remote designs that send a picture file: how long coding takes is not added up. */
  | { because: "coding"; inputs: string[] }
  /** Cuts that are legal and were not timed: of very many, evenly chosen ones. */
  | { because: "many"; cuts: number }
  /** Cuts of several tensors that lie across those that are added up, so that no sum holds both. */
  | { because: "several"; cuts: number };
