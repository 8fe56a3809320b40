/** @file A context for programs: what they do not hand in is what the command line uses, without a word on the terminal. */
import { engine } from "@split-et-impera/ort";
import { inProcess } from "../jobs/index.ts";
import { openStore } from "../store/index.ts";
import type { Context, Progress } from "./context.ts";

const silent: Progress = { task: (_, work) => work(() => {}) };

/** A context of these parts and the usual others: ONNX Runtime, the user's store, this process, no progress. */
export function contextOf(parts: Partial<Context> = {}): Context {
  return {
    engine,
    store: parts.store ?? openStore(),
    jobs: inProcess,
    signal: new AbortController().signal,
    progress: silent,
    update: () => {},
    ...parts,
  };
}
