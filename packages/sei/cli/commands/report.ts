/** @file `sei report`: the page, and each chart as a file, from a saved result. */
import { dirname, join } from "node:path";
import { checkInputsKept, checkWritable, writeWhole } from "../../files/index.ts";
import { readResult } from "../../result/index.ts";
import { defineCommand } from "../command.ts";
import { style } from "../text.ts";

export default defineCommand({
  description: "Draw the report of a saved result again, and its charts as files",
  args: {
    result: { type: "positional", description: "a result.json, as `sei design` writes it", required: true },
    out: {
      type: "string",
      valueHint: "FILE",
      description: "the page (default: report.html beside the result; without it no page where --figures is given)",
    },
    figures: {
      type: "string",
      valueHint: "DIR",
      description: "writes each chart as an SVG of its own into this folder",
    },
  },
  examples: [
    {
      line: "sei report out/conveyor/result.json",
      does: "the page beside the result of `sei design examples/conveyor/study.yaml`",
    },
    { line: "sei report out/conveyor/result.json --figures figures", does: "its charts for a paper, each a file" },
  ],
  async run({ args, json, print, printJson, progress }) {
    const page = args.out ?? (args.figures === undefined ? join(dirname(args.result), "report.html") : undefined);
    const result = await readResult(args.result);
    // Loaded late: the charts' library is large.
    const { figureFiles, renderReport, terminalSummary } = await import("../../report/index.ts");
    const charts = args.figures === undefined ? [] : figureFiles(result);
    const figures = charts.map(({ id, title, svg }) => ({ id, title, file: join(args.figures!, `${id}.svg`), svg }));
    await checkInputsKept([args.result], [...(page === undefined ? [] : [page]), ...figures.map(({ file }) => file)]);
    if (args.figures !== undefined) await checkWritable(args.figures);
    await progress.task("report", async () => {
      if (page !== undefined) await writeWhole(page, renderReport(result));
      for (const { file, svg } of figures) await writeWhole(file, svg);
    });
    if (json) {
      printJson({
        result: args.result,
        ...(page !== undefined && { report: page }),
        figures: figures.map(({ id, title, file }) => ({ id, title, file })),
      });
      return;
    }
    print(terminalSummary(result, { columns: process.stdout.columns ?? 120, style }));
    print("");
    if (page !== undefined) print(`report  ${page}`);
    for (const { file, title } of figures) print(`figure  ${file}: ${title}`);
  },
});
