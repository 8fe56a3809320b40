/** @file `sei results`: many results as one table, filtered, as files, or against each other. */
import { InputError } from "@split-et-impera/core/errors";
import { checkInputsKept, writeWhole } from "../../files/index.ts";
import type { Cell } from "../../results/index.ts";
import { settingsText } from "../../study/index.ts";
import { defineCommand } from "../command.ts";
import { table } from "../table.ts";

export default defineCommand({
  description: "Show results as one table: filtered, as CSV or Parquet, or two runs against each other",
  args: {
    result: {
      type: "positional",
      required: false,
      description: "a result.json, or a folder with one, or with a sweep; any number",
    },
    where: {
      type: "string",
      valueHint: "COLUMN=VALUE",
      description: "only rows of which this is true (also !=, ~ for a part, <, >, <=, >=); several times: all of them",
    },
    csv: { type: "string", valueHint: "FILE", description: "writes the rows there as CSV" },
    parquet: { type: "string", valueHint: "FILE", description: "writes the rows there as Parquet" },
    compare: { type: "boolean", description: "two runs: variant by variant, what changed beyond the noise" },
  },
  repeats: true,
  examples: [
    {
      line: "sei results out/conveyor",
      does: "what is recommended, of a result of `sei design examples/conveyor/study.yaml`",
    },
    { line: "sei results out/conveyor --where kind=SC --where metric=latency_p95_s", does: "the rows of all splits" },
    { line: "sei results out/conveyor --parquet rows.parquet", does: "for pandas, Polars or DuckDB" },
  ],
  async run({ args, every, json, print, printJson }) {
    const paths = args._;
    if (paths.length === 0) throw new InputError("ERR_USAGE", "expected results: files or folders");
    const { cellOf, columnsOf, csvOf, filtered, parquetOf, readEntries, rowsOf } =
      await import("../../results/index.ts");
    if (args.compare === true) {
      if (paths.length !== 2) throw new InputError("ERR_USAGE", `--compare: expected two runs, got ${paths.length}`);
      return compare(paths as [string, string], { json, print, printJson });
    }
    const entries = await readEntries(paths);
    const all = entries.flatMap(rowsOf);
    const columns = columnsOf(all);
    const conditions = every("where");
    const rows = filtered(all, columns, conditions);
    const outputs = [args.csv, args.parquet].filter((file) => file !== undefined);
    await checkInputsKept(
      entries.map(({ file }) => file),
      outputs,
    );
    if (args.csv !== undefined) await writeWhole(args.csv, csvOf(rows, columns));
    if (args.parquet !== undefined) await writeWhole(args.parquet, parquetOf(rows, columns));
    if (json) return printJson(rows);
    if (conditions.length === 0) {
      const { summaryTable } = await import("../sweep.ts");
      print(summaryTable(entries));
    } else {
      const shown = columns.filter(({ name }) => name !== "file" && name !== "study");
      const cell = (value: Cell): string =>
        typeof value === "number" ? String(Number(value.toPrecision(5))) : String(value ?? "");
      const lines = rows.slice(0, mostLines).map((row) => shown.map((column) => cell(cellOf(row, column))));
      const right = shown.flatMap(({ type }, i) => (type === "DOUBLE" || type === "INT32" ? [i] : []));
      print(
        table(
          shown.map(({ name }) => name),
          lines,
          right,
        ),
      );
      if (rows.length > mostLines) print(`and ${rows.length - mostLines} more; --csv, --parquet and --json have all`);
    }
    print("");
    print(`${rows.length} of ${all.length} rows of ${entries.length} result${entries.length === 1 ? "" : "s"}`);
    for (const file of outputs) print(file);
  },
});

const mostLines = 200;

/** Both runs' results of the same variant against each other. */
async function compare(
  [before, after]: [string, string],
  { json, print, printJson }: { json: boolean; print(text: string): void; printJson(value: unknown): void },
): Promise<void> {
  const { readEntries } = await import("../../results/index.ts");
  const { compareResults, comparisonText } = await import("../../compare/index.ts");
  const [first, second] = [await readEntries([before]), await readEntries([after])];
  const keyOf = (settings: object): string => JSON.stringify(settings);
  const pairs = first.flatMap((one) => {
    const other = second.find(({ settings }) => keyOf(settings) === keyOf(one.settings));
    return other ? [{ one, other }] : [];
  });
  if (pairs.length === 0) throw new InputError("ERR_RESULT", `${before} and ${after} have no variant in common`);
  const found = pairs.map(({ one, other }) => ({
    settings: one.settings,
    comparison: compareResults([one, other]),
    of: [one, other],
  }));
  if (json) return printJson(found.map(({ settings, comparison }) => ({ variant: settings, ...comparison })));
  for (const { settings, comparison, of } of found) {
    print(
      `${settingsText(settings) || of[0]!.result.study.name}: ${comparison.changed ? "changed" : "nothing beyond the noise"}`,
    );
    if (!comparison.changed) continue;
    for (const block of comparisonText(
      comparison,
      of.map(({ result }) => result),
      false,
    ))
      print(typeof block === "string" ? block : table(block.header, block.rows, block.right));
  }
  const only = first.length + second.length - 2 * pairs.length;
  print(
    `${found.filter(({ comparison }) => comparison.changed).length} of ${pairs.length} variants changed${only > 0 ? `; ${only} are in one run alone` : ""}`,
  );
}
