/** @file Times from anywhere: a table of works and times, a line per run. */
import { wholeWork, type Cost } from "@split-et-impera/core/cost";
import { shown } from "@split-et-impera/core/units";
import { nearest } from "../../../nearest.ts";
import { checkCount, costOfRuns, fail, timeFrom, type Importer, type ImportSource } from "./importer.ts";

const units: Record<string, number> = { seconds: 1, ms: 1e3, us: 1e6, ns: 1e9 };

export const csv: Importer = {
  reads: "CSV with a first line `work,seconds` (or ms, us, ns), then a line per run: `head@pool3,0.0123`",
  read(source) {
    const { file, text } = source;
    const lines = text.replace(/^\uFEFF/, "").split("\n");
    const head = lines[0]!
      .trim()
      .toLowerCase()
      .split(",")
      .map((word) => word.trim().replaceAll('"', ""));
    const unit = head[1] ?? "";
    if (head.length !== 2 || head[0] !== "work" || !Object.hasOwn(units, unit))
      throw fail(file, 1, `expected the header work,seconds (or ms, us, ns), got ${shown(lines[0]!.trim())}`);
    checkCount(lines.length, file);
    const runs = new Map<string, number[]>();
    for (const [i, line] of lines.entries()) {
      if (i === 0 || line.trim() === "") continue;
      const { work, time } = fieldsOf(line.trim(), file, i + 1);
      checkWork(work, source, i + 1);
      const seconds = timeFrom(time, units[unit]!, { file, line: i + 1, field: unit });
      const found = runs.get(work);
      if (found) found.push(seconds);
      else runs.set(work, [seconds]);
    }
    if (runs.size === 0) throw fail(file, 2, "expected a line per run below the header, got none");
    const works: Record<string, Cost> = {};
    for (const [work, seconds] of runs) works[work] = costOfRuns(seconds);
    return { works, notes: [] };
  },
};

/** The time stands behind the last comma: names of tensors may hold commas, in quotes or not. */
function fieldsOf(line: string, file: string, number: number): { work: string; time: string } {
  const at = line.lastIndexOf(",");
  if (at < 0) throw fail(file, number, `expected a work and a time with a comma between, got ${shown(line)}`);
  const name = line.slice(0, at).trim();
  const quoted = /^"(.*)"$/.exec(name);
  return {
    work: quoted ? quoted[1]!.replaceAll('""', '"') : name,
    time: line
      .slice(at + 1)
      .trim()
      .replaceAll('"', ""),
  };
}

/** A work by the names of core/cost, of a tensor that the model has. */
export function checkWork(work: string, { file, index }: Pick<ImportSource, "file" | "index">, line?: number): void {
  if (work === wholeWork || /^(encode|decode) [^@\s]+$/.test(work)) return;
  const found = /^(?:head|tail|(?:encode|decode) [^@\s]+)@(.+?)(?:\+[\d.]+x)?$/.exec(work);
  if (!found)
    throw fail(
      file,
      line,
      `expected whole, head@TENSOR, tail@TENSOR, encode CODEC@TENSOR, decode CODEC@TENSOR or encode jpeg-90, got ${shown(work)}`,
    );
  const tensor = found[1]!;
  if (index.producer.has(tensor) || index.inputs.includes(tensor)) return;
  throw fail(
    file,
    line,
    `the model has no tensor ${shown(tensor)}${nearest(tensor, [...index.producer.keys()].slice(0, 5000))}`,
  );
}
