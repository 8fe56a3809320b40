/** @file Profiles from what other tools measured; a row per tool. */
import type { Machine, Profile } from "@split-et-impera/core/cost";
import type { GraphIndex } from "@split-et-impera/core/onnx";
import { readText } from "../../../files/index.ts";
import { checkWork, csv } from "./csv.ts";
import type { Importer } from "./importer.ts";
import { onnxruntime } from "./onnxruntime.ts";
import { trtexec } from "./trtexec.ts";

/** By the name of the tool. */
export const importers = { onnxruntime_perf_test: onnxruntime, trtexec, csv } satisfies Record<string, Importer>;

export type ImporterName = keyof typeof importers;

const mostBytes = 64 * 2 ** 20;

export interface ImportOptions {
  from: ImporterName;
  /** What the times are of, where the tool does not say. */
  work: string;
  model: { index: GraphIndex; sha256: string };
  /** What measured, as far as it is known. */
  machine: Pick<Machine, "engine" | "cpu">;
}

/**
 * A profile from another tool's file.
 * @throws InputError `ERR_PROFILE_IMPORT` with file, line and field
 */
export async function importProfile(
  file: string,
  { from, work, model, machine }: ImportOptions,
): Promise<{ profile: Profile; notes: string[] }> {
  checkWork(work, { file: "--work", index: model.index });
  const text = await readText(file, { code: "ERR_PROFILE_IMPORT", what: importers[from].reads, most: mostBytes });
  const { works, notes } = importers[from].read({ file, text, work, index: model.index });
  return {
    profile: {
      format: 2,
      source: from,
      machine: { ...machine, platform: "unknown", threads: 0 },
      model: model.sha256,
      works,
    },
    notes,
  };
}
