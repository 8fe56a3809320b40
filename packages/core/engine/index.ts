/** @file What core needs of an inference engine. Core never imports one; it is handed one. */
import type { Tensors } from "../tensor/index.ts";
import type { TrialJob, TrialOptions, TrialResult } from "./trial.ts";

export {
  summarise,
  tryHere,
  tryModel,
  type Observed,
  type Refused,
  type TrialJob,
  type TrialOptions,
  type TrialResult,
  type TrialRun,
} from "./trial.ts";

export interface EngineOptions {
  /** `none` keeps the operators as written, for bit-exact comparisons. Default `all`. */
  optimisation?: "all" | "none";
  /** Threads for one operator. Default: all cores. */
  threads?: number;
  /**
   * Whether threads that wait for work during a run keep a processor busy meanwhile, which is quicker where nobody else wants it.
   * Between runs they sleep. Default: true.
   */
  spin?: boolean;
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
  /**
   * Runs a model in a process of its own, which a model that crashes the engine, or asks for more memory or time than
   * models do, takes with it. Absent where there are no processes.
   *
   * @throws InputError `ERR_MODEL_CRASH`, `ERR_MODEL_MEMORY`, `ERR_MODEL_TIME`, `ERR_MODEL_REJECTED`
   */
  tryApart?(job: TrialJob, options?: TrialOptions): Promise<TrialResult[]>;
  /** The block of channels of ONNX Runtime's own layout of convolutions (see gradient/blocked.ts), or 1. */
  channelBlock?(): Promise<number>;
}
