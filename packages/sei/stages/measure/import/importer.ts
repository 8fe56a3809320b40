/** @file Taking over times from other tools: what an importer is, and what several share. */
import { costOf, type Cost } from "@split-et-impera/core/cost";
import { InputError } from "@split-et-impera/core/errors";
import type { GraphIndex } from "@split-et-impera/core/onnx";
import { shown } from "@split-et-impera/core/units";

/** A tool whose output holds times. */
export interface Importer {
  /** What it reads, in words. */
  reads: string;
  /** @throws InputError `ERR_PROFILE_IMPORT` with file and line */
  read(source: ImportSource): Imported;
}

export interface ImportSource {
  /** Path, for messages. */
  file: string;
  text: string;
  /** What the times are of, where the tool does not say: `whole` unless told otherwise. */
  work: string;
  /** The model that was timed. */
  index: GraphIndex;
}

export interface Imported {
  works: Record<string, Cost>;
  /** What the file did not tell, in sentences. */
  notes: string[];
}

/** Runs of a file at most. */
const mostRuns = 1_000_000;
/** Runs that follow each other are taken as so many rounds: they share what the machine did meanwhile. */
const rounds = 10;

/** The cost of runs in the order in which they were made. */
export function costOfRuns(seconds: readonly number[]): Cost {
  const size = Math.ceil(seconds.length / rounds);
  const parts = Array.from({ length: Math.ceil(seconds.length / size) }, (_, i) => ({
    quiet: seconds.slice(i * size, (i + 1) * size),
    disturbed: [],
  }));
  return costOf(parts);
}

/**
 * The cost of `n` runs of which some quantiles are known: runs straight between them.
 * @param quantiles ascending, each with its value in seconds; from 0 to 1
 */
export function costOfQuantiles(quantiles: readonly (readonly [p: number, seconds: number])[], n: number): Cost {
  const count = 100;
  const runs = Array.from({ length: count }, (_, i) => {
    const p = (i + 0.5) / count;
    const after = quantiles.findIndex(([q]) => q >= p);
    const [q1, high] = quantiles[after]!;
    const [q0, low] = quantiles[Math.max(0, after - 1)]!;
    return q1 > q0 ? low + ((high - low) * (p - q0)) / (q1 - q0) : high;
  });
  return { ...costOf([{ quiet: runs, disturbed: [] }]), n };
}

export function fail(file: string, line: number | undefined, message: string): InputError {
  return new InputError("ERR_PROFILE_IMPORT", `${file}${line === undefined ? "" : `:${line}`}: ${message}`);
}

/** A time above 0, in seconds. */
export function timeFrom(
  value: unknown,
  perSecond: number,
  where: { file: string; line?: number; field: string },
): number {
  const text = typeof value === "string" ? value.trim() : value;
  const seconds = (text === "" ? Number.NaN : Number(text)) / perSecond;
  if (typeof text === "object" || !(seconds > 0 && seconds < 1e6))
    throw fail(where.file, where.line, `${where.field}: expected a time above 0, got ${shown(value)}`);
  return seconds;
}

export function checkCount(count: number, file: string): void {
  if (count > mostRuns) throw fail(file, undefined, `expected at most ${mostRuns} runs, got more`);
}
