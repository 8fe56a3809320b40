/** @file Every variant of a study designed, each in a folder of its own, and one table of all. */
import { read, mainMetric, type Result } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { formatBytes, formatDuration, formatNumber, formatPercent } from "@split-et-impera/core/units";
import { join } from "node:path";
import { writeWhole } from "../files/index.ts";
import {
  columnsOf,
  csvOf,
  parquetOf,
  rowsOf,
  sweepFile,
  variantFolder,
  type Entry,
  type Sweep,
} from "../results/index.ts";
import type { Context } from "../stages/context.ts";
import { settingText, settingsText, type Variant } from "../study/index.ts";
import { version } from "../version.ts";
import { ExitCode, type Context as CommandContext } from "./command.ts";
import { checkOutputs, designInto, type DesignAsked } from "./design-one.ts";
import { table } from "./table.ts";

export interface SweepAsked extends Omit<DesignAsked, "study"> {
  variants: readonly Variant[];
}

type Terminal = Pick<CommandContext, "json" | "print" | "printJson" | "progress" | "signal" | "warn">;

export async function sweep(asked: SweepAsked, shared: Pick<Context, "store" | "jobs">, on: Terminal): Promise<void> {
  const { variants, out } = asked;
  const all = variants.map(({ settings, study }, i) => {
    const folder = variantFolder(i, variants.length);
    return { settings, folder, asked: { ...asked, study, out: join(out, folder) } };
  });
  for (const one of all) await checkOutputs(one.asked);
  const entries: Entry[] = [];
  const failures: InputError[] = [];
  for (const [i, one] of all.entries()) {
    // A heading of its own: the stages of each go by the same names.
    await on.progress.task(`variant ${i + 1} of ${all.length}: ${settingsText(one.settings)}`, () => Promise.resolve());
    const { result, failures: own } = await designInto(one.asked, shared, on);
    entries.push({ file: join(one.asked.out, "result.json"), settings: one.settings, result });
    failures.push(...own);
  }
  const summary: Sweep = {
    format: 1,
    version,
    study: asked.file,
    variants: all.map(({ folder, settings }, i) => ({
      folder,
      settings,
      recommended: entries[i]!.result.verdict.recommended ?? null,
    })),
  };
  const rows = entries.flatMap(rowsOf);
  const columns = columnsOf(rows);
  const files: [what: string, path: string, content: string | Uint8Array][] = [
    ["sweep", join(out, sweepFile), `${JSON.stringify(summary, null, 2)}\n`],
    ["table", join(out, "results.csv"), csvOf(rows, columns)],
    ["table", join(out, "results.parquet"), parquetOf(rows, columns)],
  ];
  for (const [, path, content] of files) await writeWhole(path, content);
  if (on.json) on.printJson(summary);
  on.print("");
  on.print(summaryTable(entries));
  on.print("");
  for (const [what, path] of files) on.print(`${what.padEnd(7)} ${path}`);
  on.print(`${"results".padEnd(7)} ${join(out, all[0]!.folder)} ...`);
  if (failures.length > 0) throw new InputError("ERR_OUTPUT", failures.map(({ message }) => message).join("\n"));
  if (summary.variants.every(({ recommended }) => recommended === null)) throw new ExitCode(3);
}

/** A line a variant: what it sets, and what is recommended there, or comes nearest. */
export function summaryTable(entries: readonly Entry[]): string {
  const fields = [...new Set(entries.flatMap(({ settings }) => Object.keys(settings)))];
  const header = [...fields, "design", "fits", "quality", "p95", "late", "bytes"];
  const rows = entries.map(({ settings, result }) => [
    ...fields.map((field) => (field in settings ? settingText(settings[field]) : "")),
    ...chosenCells(result),
  ]);
  return table(
    header,
    rows,
    [2, 3, 4, 5].map((i) => i + fields.length),
  );
}

function chosenCells({ designs, verdict }: Result): string[] {
  const chosen = designs.find(({ id }) => id === (verdict.recommended ?? verdict.nearest?.id)) ?? designs[0]!;
  const metric = mainMetric(chosen.quality);
  const quality = read(chosen, { metric }).value;
  return [
    chosen.id,
    verdict.recommended === undefined ? "no" : "yes",
    `${metric} ${quality >= 0 && quality <= 1 ? formatPercent(quality) : formatNumber(quality)}`,
    chosen.overload || chosen.latency.p95.value === Infinity ? "overload" : formatDuration(chosen.latency.p95.value),
    formatPercent(chosen.deadlineMisses.value),
    formatBytes(chosen.bytes),
  ];
}
