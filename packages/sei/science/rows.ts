/** @file Everything found, as tidy rows: one for each cut, number of bytes, seed and kind of split; as a Parquet file and back. */
import { InputError } from "@split-et-impera/core/errors";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { ByteWriter, parquetWrite, type ColumnSource } from "hyparquet-writer";
import { stat } from "node:fs/promises";
import { reasonOf } from "../files/index.ts";
import type { CorrelateOptions, Raw } from "./correlate.ts";
import { mean, predictorNames, predictors, type Known, type PredictorName } from "./predictors.ts";
import type { Matter } from "./subject.ts";

/** How a split was made: fitted (PCA and an entropy code), or an autoencoder that was trained. */
export type TruthKind = "pca" | "trained";

export interface Row extends Record<PredictorName, number> {
  network: string;
  truth: TruthKind;
  bytes_asked: number;
  seed: number;
  cut: number;
  tensor: string;
  values: number;
  macs: number;
  bytes: number;
  quality: number;
  samples: number;
  /** Test sample by test sample, `1` where the answer was right, `0` where not; null where scores are shares. */
  scores: string | null;
  /** The class of each, a digit to base 36; null where they have none. */
  labels: string | null;
  /** Cumulative Saliency of the samples of each class, with blanks between; null where they have none. */
  saliency_by_class: string | null;
  /** Quality where datagrams of 32 bytes are lost. */
  quality_lossy: number | null;
  /** Quality after a training with a tenth of the samples. */
  short: number | null;
  predict_seconds: number;
  truth_seconds: number;
}

export function rowsOf(matter: Matter, { budgets, seeds }: CorrelateOptions, raw: Raw): Row[] {
  const labels = labelsOf(matter);
  return matter.cuts.flatMap((cut, i) => {
    const measured = raw.measured.cuts[i]!;
    const common = {
      network: matter.network,
      cut: i,
      tensor: cut.tensor,
      values: cut.shape.reduce((a, b) => a * b, 1),
      macs: matter.inspection.macs,
      labels,
      saliency_by_class: byClass(measured.saliency, raw.measured.labels),
    };
    const scoresAt = (budget: number): Record<PredictorName, number> => {
      const trials = raw.trials[i]!.map(
        (own) => own.trials.toSorted((a, b) => Math.abs(a.asked - budget) - Math.abs(b.asked - budget))[0]!,
      );
      const known: Known = { cut, measured, trials };
      return Object.fromEntries(predictorNames.map((name) => [name, predictors[name].score(known)])) as Record<
        PredictorName,
        number
      >;
    };
    const fitted = seeds.flatMap((seed, s) =>
      budgets.map((budget, b): Row => {
        const { trials, rehearsalSeconds, judgingSeconds } = raw.trials[i]![s]!;
        const { bytes, scores, lossy } = trials[b]!;
        return {
          ...common,
          ...scoresAt(budget),
          ...judged(scores),
          truth: "pca",
          bytes_asked: budget,
          seed,
          bytes,
          quality_lossy: lossy ? mean(lossy) : null,
          short: null,
          predict_seconds: rehearsalSeconds / budgets.length,
          truth_seconds: judgingSeconds / budgets.length,
        };
      }),
    );
    const trained = raw.trained[i]!.map(({ budget, seed, result, short }): Row => ({
      ...common,
      ...scoresAt(budget),
      ...judged(result.scores),
      truth: "trained",
      bytes_asked: budget,
      seed,
      bytes: result.bytes,
      quality_lossy: null,
      short: short ? mean(short.scores) : null,
      predict_seconds: mean(raw.trials[i]!.map((own) => own.rehearsalSeconds)) / budgets.length,
      truth_seconds: result.trainingSeconds,
    }));
    return [...fitted, ...trained];
  });
}

function judged(scores: Float32Array): Pick<Row, "quality" | "samples" | "scores"> {
  const binary = scores.every((score) => score === 0 || score === 1);
  return { quality: mean(scores), samples: scores.length, scores: binary ? Array.from(scores).join("") : null };
}

function labelsOf({ test }: Matter): string | null {
  const labels = Array.from({ length: test.count }, (_, i) => test.annotation(i).label);
  const known = labels.every((label) => label !== undefined && label < 36);
  return known ? labels.map((label) => label!.toString(36)).join("") : null;
}

function byClass(values: Float64Array, labels: readonly number[]): string | null {
  if (labels.length !== values.length || labels.length === 0) return null;
  const classes = 1 + Math.max(...labels);
  return Array.from({ length: classes }, (_, c) => mean(values.filter((__, i) => labels[i] === c)).toPrecision(5)).join(
    " ",
  );
}

const texts = new Set<keyof Row>(["network", "truth", "tensor", "scores", "labels", "saliency_by_class"]);
const wholes = new Set<keyof Row>(["bytes_asked", "seed", "cut", "values", "macs", "samples"]);

/** The rows as a Parquet file. */
export function parquetOf(rows: readonly Row[]): Uint8Array {
  const writer = new ByteWriter();
  const names = Object.keys(rows[0]!) as (keyof Row)[];
  const columnData = names.map((name): ColumnSource => ({
    name,
    data: rows.map((row) => (texts.has(name) ? row[name] : row[name] === null ? null : Number(row[name]))),
    type: texts.has(name) ? "STRING" : wholes.has(name) ? "INT32" : "DOUBLE",
    nullable: rows.some((row) => row[name] === null),
  }));
  void parquetWrite({ writer, columnData });
  return new Uint8Array(writer.getBuffer());
}

/** A row for every cut, number of bytes and seed, with a thousand samples or ten, is a few megabytes. */
const mostBytes = 256 * 2 ** 20;

/** What a row cannot do without; earlier files have fewer predictors. */
const needed = ["network", "truth", "bytes_asked", "seed", "cut", "tensor", "macs", "quality"] as const;

/**
 * The rows of a file that `parquetOf` made.
 * @throws InputError `ERR_RESULT` where there is no such file, or it holds something else
 */
export async function readRows(path: string): Promise<Row[]> {
  const fail = (but: string, cause?: unknown): InputError =>
    new InputError("ERR_RESULT", `${path}: expected Parquet that \`sei science correlate --out\` wrote, ${but}`, {
      cause,
    });
  const found = await stat(path).catch((error: unknown) => {
    const gone = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw fail(`but ${gone ? "there is no such file" : reasonOf(error)}`, error);
  });
  if (!found.isFile()) throw fail(found.isDirectory() ? "got a folder" : "got a pipe or device");
  if (found.size > mostBytes) throw fail(`at most ${mostBytes} bytes, got ${found.size}`);
  const read = async (): Promise<Record<string, unknown>[]> =>
    parquetReadObjects({ file: await asyncBufferFromFile(path) });
  const rows = await read().catch((error: unknown) => {
    throw fail(`got something else (${(error as Error).message})`, error);
  });
  if (rows.length === 0) throw fail("got no row");
  const missing = needed.filter((name) => rows[0]![name] === undefined);
  if (missing.length > 0) throw fail(`got rows without ${missing.join(", ")}`);
  return rows as unknown as Row[];
}
