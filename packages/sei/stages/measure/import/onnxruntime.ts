/**
 * @file ONNX Runtime's own tool: `onnxruntime_perf_test MODEL RESULT.csv` appends a line `model,seconds,memory,cpu,run` for
 * each run; what it prints sums them up (onnxruntime/test/perftest).
 */
import { checkCount, costOfQuantiles, costOfRuns, fail, timeFrom, type Imported, type Importer } from "./importer.ts";

export const onnxruntime: Importer = {
  reads: "the result file of onnxruntime_perf_test (CSV, a line per run), or what it prints",
  read(source) {
    return runsOf(source) ?? summaryOf(source);
  },
};

/** The result file; undefined where no line looks like one of its. */
function runsOf({ file, text, work }: Parameters<Importer["read"]>[0]): Imported | undefined {
  const seconds: number[] = [];
  const models = new Set<string>();
  for (const [i, line] of text.split("\n").entries()) {
    const fields = line.trim().split(",");
    // A path may hold commas; behind it stand four numbers. The statistics at the end have no commas.
    if (fields.length < 5) continue;
    models.add(fields.slice(0, -4).join(","));
    seconds.push(timeFrom(fields.at(-4), 1, { file, line: i + 1, field: "seconds" }));
  }
  if (seconds.length === 0) return undefined;
  checkCount(seconds.length, file);
  const notes =
    models.size > 1
      ? [
          `the file holds runs of ${models.size} models (${[...models].slice(0, 3).join(", ")}); all are taken as of this one`,
        ]
      : [];
  return { works: { [work]: costOfRuns(seconds) }, notes };
}

const latencies = [
  [0, /^Min Latency(?: is|:)\s*(\S+?)\s*s(?:ec)?$/m],
  [0.5, /^P50 Latency(?: is|:)\s*(\S+?)\s*s(?:ec)?$/m],
  [0.9, /^P90 Latency(?: is|:)\s*(\S+?)\s*s(?:ec)?$/m],
  [0.95, /^P95 Latency(?: is|:)\s*(\S+?)\s*s(?:ec)?$/m],
  [0.99, /^P99 Latency(?: is|:)\s*(\S+?)\s*s(?:ec)?$/m],
  [1, /^Max Latency(?: is|:)\s*(\S+?)\s*s(?:ec)?$/m],
] as const;

/** What the tool prints. */
function summaryOf({ file, text, work }: Parameters<Importer["read"]>[0]): Imported {
  const plain = text.replaceAll("\r", "");
  const lineAt = (at: number): number => plain.slice(0, at).split("\n").length;
  const requests = /^(?:Total inference requests:|Runs:)\s*(\d+)\s*$/m.exec(plain);
  const n = Number(requests?.[1] ?? Number.NaN);
  const found = latencies.flatMap(([p, pattern]) => {
    const match = pattern.exec(plain);
    if (!match) return [];
    const [field = ""] = match[0].split(/ is|:/);
    return [[p, timeFrom(match[1], 1, { file, line: lineAt(match.index), field })] as const];
  });
  if (found.length === latencies.length && n >= 1) {
    for (const [i, [p, seconds]] of found.entries()) {
      if (i > 0 && seconds < found[i - 1]![1])
        throw fail(file, undefined, `expected latencies that rise from Min to Max, got ${seconds} s at ${100 * p} %`);
    }
    return {
      works: { [work]: costOfQuantiles(found, n) },
      notes: ["the runs are made up between the percentiles that are printed; a result file has them all"],
    };
  }
  const average = /^Average inference time cost(?: total)?:\s*(\S+)\s*ms\s*$/m.exec(plain);
  if (!average || !(n >= 1))
    throw fail(
      file,
      undefined,
      "expected lines `model,seconds,memory,cpu,run`, or `Average inference time cost: ... ms` and `Runs: ...` as onnxruntime_perf_test prints them",
    );
  const seconds = timeFrom(average[1], 1000, {
    file,
    line: lineAt(average.index),
    field: "Average inference time cost",
  });
  return {
    works: { [work]: { seconds, lo: seconds, hi: seconds, n } },
    notes: ["only the mean is printed: every frame takes it (onnxruntime_perf_test -s prints percentiles)"],
  };
}
