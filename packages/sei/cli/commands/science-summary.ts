/** @file `sei science summary`: what files of `sei science correlate` say together. */
import { InputError } from "@split-et-impera/core/errors";
import { writeWhole } from "../../files/index.ts";
import { unknownName } from "../../nearest.ts";
import { scatterSvg } from "../../science/figure.ts";
import { readRows } from "../../science/rows.ts";
import { boundedCases, figuresOf, scorers } from "../../science/summary.ts";
import { casesText, summaryText } from "../../science/text.ts";
import { defineCommand } from "../command.ts";

export default defineCommand({
  description: "What was found by `sei science correlate` for several models, together: each predictor over all cases",
  args: {
    file: { type: "positional", description: "Parquet files that `sei science correlate --out` wrote", required: true },
    figure: { type: "string", valueHint: "FILE", description: "where to write scatter plots, as SVG" },
    predictors: {
      type: "string",
      valueHint: "A,B",
      description: "predictors in the plots",
      default: "saliency,depth,size,probe,reconstruction,trial",
    },
  },
  examples: [
    { line: "sei science summary VGG.parquet RESNET.parquet", does: "what was found for two models, together" },
    { line: "sei science summary FOUND.parquet --figure scatter.svg", does: "one model's, and its scatter plots" },
  ],
  repeats: true,
  async run({ args, json, print, printJson }) {
    const shown = args.predictors.split(",");
    for (const name of shown)
      if (!Object.hasOwn(scorers, name))
        throw new InputError("ERR_USAGE", unknownName("--predictors", Object.keys(scorers), name));
    const rows = (await Promise.all(args._.map((file) => readRows(file)))).flat();
    if (args.figure !== undefined) await writeWhole(args.figure, scatterSvg(rows, shown));
    if (json) {
      const cases = boundedCases(rows).map((one) => ({
        network: one.network,
        truth: one.truth,
        bytes: one.bytes,
        most: one.most,
        cuts: one.cuts.length,
        predictors: Object.keys(scorers).map((name) => figuresOf(one, name)),
      }));
      printJson({ cases });
      return;
    }
    print(casesText(rows));
    print("");
    print(summaryText(rows));
  },
});
