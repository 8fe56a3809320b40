/** @file What core needs of an inference engine. Core never imports one; it is handed one. */
import type { Tensors } from "../tensor/index.ts";

export interface EngineOptions {
  /** `none` keeps the operators as written, for bit-exact comparisons. Default `all`. */
  optimisation?: "all" | "none";
  /** Threads for one operator. Default: all cores. */
  threads?: number;
}

/** A loaded model, ready to run. */
export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Runs the model; `fetches` limits and orders the outputs. */
  run(feeds: Tensors, fetches?: readonly string[]): Promise<Tensors>;
  release(): Promise<void>;
}

export interface Engine {
  /** Name and version, for provenance. */
  readonly name: string;
  /**
   * Loads a serialised ONNX model, or the file at a path (needed where weights lie in external files).
   * Throws `InputError` with the runtime's reason when the model is not valid.
   */
  load(model: Uint8Array | string, options?: EngineOptions): Promise<Session>;
  /** The block of channels of ONNX Runtime's own layout of convolutions (see gradient/blocked.ts), or 1. */
  channelBlock?(): Promise<number>;
}
