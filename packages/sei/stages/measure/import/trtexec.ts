/**
 * @file NVIDIA's trtexec: `--exportTimes=FILE` writes an object per run, `--exportProfile=FILE` the time of every layer
 * (TensorRT, samples/common/sampleReporting.cpp).
 */
import type { Cost } from "@split-et-impera/core/cost";
import { nodesTowards, singleTensorCuts, type GraphIndex } from "@split-et-impera/core/onnx";
import { splitWork, wholeWork } from "@split-et-impera/core/cost";
import { shown } from "@split-et-impera/core/units";
import { checkCount, costOfRuns, fail, timeFrom, type Imported, type Importer, type ImportSource } from "./importer.ts";

type Row = Record<string, unknown>;

export const trtexec: Importer = {
  reads: "trtexec's --exportTimes (a run per entry) or --exportProfile (layers, for the heads too), JSON",
  read(source) {
    const { file, text } = source;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw fail(file, undefined, `expected JSON: ${(cause as Error).message.replaceAll(/\s+/g, " ")}`);
    }
    if (!Array.isArray(value) || value.length === 0 || !value.every((row) => typeof row === "object" && row !== null))
      throw fail(file, 1, "expected a list of runs (--exportTimes) or layers (--exportProfile)");
    const rows = value as Row[];
    checkCount(rows.length, file);
    if ("latencyMs" in rows[0]!) return runsOf(source, rows);
    if ("count" in rows[0]!) return layersOf(source, rows);
    throw fail(file, 1, `[0]: expected latencyMs or count, got ${Object.keys(rows[0]!).slice(0, 5).join(", ")}`);
  },
};

function runsOf({ file, work }: ImportSource, rows: readonly Row[]): Imported {
  const seconds = rows.map((row, i) => timeFrom(row["latencyMs"], 1000, { file, field: `[${i}].latencyMs` }));
  return {
    works: { [work]: costOfRuns(seconds) },
    notes: ["latencyMs is taken: with the copies to and from the device"],
  };
}

/** Layers add up to the whole; those up to a cut to its head, where every layer lies on one side of it. */
function layersOf({ file, index }: ImportSource, rows: readonly Row[]): Imported {
  const n = rows[0]!["count"];
  if (typeof n !== "number" || !Number.isInteger(n) || n < 1)
    throw fail(file, undefined, `[0].count: expected a number of runs, got ${shown(n)}`);
  const layers = rows.slice(1).map((row, i) => {
    const { name, averageMs } = row;
    if (typeof name !== "string") throw fail(file, undefined, `[${i + 1}].name: expected a text, got ${shown(name)}`);
    if (typeof averageMs !== "number" || !(averageMs >= 0 && averageMs < 1e9))
      throw fail(file, undefined, `[${i + 1}].averageMs: expected a time of 0 or more, got ${shown(averageMs)}`);
    return { name, seconds: averageMs / 1000 };
  });
  const sum = layers.reduce((total, { seconds }) => total + seconds, 0);
  if (!(sum > 0)) throw fail(file, undefined, "expected layers that take time, got none");
  const cost = (seconds: number): Cost => ({ seconds, lo: seconds, hi: seconds, n });
  const works: Record<string, Cost> = { [wholeWork]: cost(sum) };
  const parts = layers.map(({ name }) => nodesIn(name, index));
  const cuts = singleTensorCuts(index).map(({ tensor }) => tensor);
  let astride = 0;
  for (const tensor of cuts) {
    const before = nodesTowards(index, [tensor]);
    const seconds = headSeconds(layers, parts, before);
    if (seconds === undefined) astride++;
    else if (seconds > 0) works[splitWork(tensor, "").head] = cost(seconds);
  }
  return {
    works,
    notes: [
      "only means of layers are in the file: every frame takes them",
      ...(astride > 0
        ? [
            `${astride} of ${cuts.length} cuts are left out: a fused layer lies on both sides, or no layer is told from its name`,
          ]
        : []),
    ],
  };
}

/** The nodes of the model that a layer is made of: TensorRT joins their names with " + " and wraps them: `PWN(a, b)`, `{ForeignNode[a...b]}`. */
function nodesIn(layer: string, index: GraphIndex): number[] {
  const words = new Set(layer.split(/ \+ |[()[\]{},]|\.\.\.| /).map((word) => word.trim()));
  const found: number[] = [];
  index.nodes.forEach(({ name }, i) => {
    if (name !== "" && words.has(name)) found.push(i);
  });
  return found;
}

/** Seconds of the layers before a cut; undefined where one lies on both sides. What has no known node goes with the layer before it. */
function headSeconds(
  layers: readonly { seconds: number }[],
  parts: readonly (readonly number[])[],
  before: readonly boolean[],
): number | undefined {
  let seconds = 0;
  let inside = true;
  let known = false;
  for (const [i, nodes] of parts.entries()) {
    if (nodes.length > 0) {
      known = true;
      inside = nodes.every((node) => before[node]);
      if (!inside && nodes.some((node) => before[node])) return undefined;
    }
    if (inside) seconds += layers[i]!.seconds;
  }
  return known ? seconds : undefined;
}
