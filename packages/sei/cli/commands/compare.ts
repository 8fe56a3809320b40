/** @file `sei compare`: what changed between saved results, and what of it is more than noise. */
import { InputError } from "@split-et-impera/core/errors";
import { readResult } from "../../result/index.ts";
import { defineCommand, ExitCode } from "../command.ts";
import { table } from "../table.ts";

export default defineCommand({
  description: "Tell what changed between results: settings, verdicts, and every design's numbers beyond their noise",
  args: {
    result: {
      type: "positional",
      required: false,
      description: "a result.json, as `sei design` writes it; two or more",
    },
    all: { type: "boolean", description: "shows every number of every design, not only what changed" },
    "fail-on-change": {
      type: "boolean",
      description: "ends with exit code 4 where a verdict, a number beyond its noise, or the designs differ",
    },
  },
  repeats: true,
  examples: [
    {
      line: "sei compare out/conveyor/result.json out/conveyor/result.json",
      does: "a result of `sei design examples/conveyor/study.yaml` and another, here itself",
    },
    { line: "sei compare BEFORE.json AFTER.json --fail-on-change", does: "in a script: 4 where something differs" },
  ],
  async run({ args, json, print, printJson }) {
    const files = args._;
    // Loaded late: the charts' library, of which the words are part, is large.
    const { compareResults, comparisonText, mostResults } = await import("../../compare/index.ts");
    if (files.length < 2 || files.length > mostResults) {
      throw new InputError("ERR_USAGE", `expected two results to compare, ${mostResults} at most, got ${files.length}`);
    }
    const results = [];
    for (const file of files) results.push({ file, result: await readResult(file) });
    const comparison = compareResults(results);
    if (json) printJson(comparison);
    else {
      const blocks = comparisonText(
        comparison,
        results.map(({ result }) => result),
        args.all,
      );
      for (const block of blocks)
        print(typeof block === "string" ? block : table(block.header, block.rows, block.right));
    }
    if (args["fail-on-change"] === true && comparison.changed) throw new ExitCode(4);
  },
});
