/** @file `sei chain`: several models, of which one feeds the next, as one model. */
import { InputError } from "@split-et-impera/core/errors";
import { opsetOf, serialiseModel, surveyModel } from "@split-et-impera/core/onnx";
import { formatBytes } from "@split-et-impera/core/units";
import { engine } from "@split-et-impera/ort";
import { checkInputsKept, writeWhole } from "../../files/index.ts";
import { filesOfSource, readSource } from "../../model/index.ts";
import { namedParts } from "../../study/index.ts";
import { defineCommand } from "../command.ts";
import { modelFlags, modelOptions } from "../model-options.ts";
import { printable } from "../text.ts";

export default defineCommand({
  description:
    "Make one model of several, each fed by those before it, and run it once; a study takes such a list as its `model`",
  args: {
    model: { type: "positional", required: false, description: "ONNX files in their order; two or more" },
    feed: {
      type: "string",
      valueHint: "PART/INPUT=PART/TENSOR",
      description:
        "which output feeds which input, again for another; a part is called as its file (default: the same name, or in order)",
    },
    out: { type: "string", valueHint: "FILE", description: "where the model goes", required: true },
    ...modelFlags,
  },
  repeats: true,
  examples: [
    {
      line: "sei chain parts/head.onnx parts/tail.onnx --out whole.onnx",
      does: "what the first gives, the second is fed; here the parts that `sei split` wrote",
    },
    {
      line: "sei chain LEFT.onnx RIGHT.onnx JOIN.onnx --feed RIGHT/image=LEFT/features --out whole.onnx",
      does: "fed by name; inputs that nothing feeds are inputs of the whole",
    },
  ],
  async run({ args, every, json, print, printJson }) {
    if (args._.length < 2)
      throw new InputError("ERR_USAGE", `expected two models or more to chain, got ${args._.length}`);
    const parts = namedParts(args._.map((path) => ({ path })));
    const names = parts.map(({ name }) => name);
    for (const feed of every("feed")) {
      const [, input, from] = /^([^=]+)=(.+)$/.exec(feed) ?? [];
      const part = parts.find(({ name }) => input?.startsWith(`${name}/`));
      if (part === undefined || from === undefined)
        throw new InputError(
          "ERR_USAGE",
          `--feed: expected PART/INPUT=PART/TENSOR with a part of ${names.join(", ") || "those given"}, got "${feed}"`,
        );
      part.feeds = { ...part.feeds, [input!.slice(part.name.length + 1)]: from };
    }
    await checkInputsKept(await filesOfSource(parts), [args.out]);
    const { model } = await readSource(parts);
    // What does not run is not handed over.
    const survey = await surveyModel(model, engine, modelOptions(every));
    const bytes = serialiseModel(model);
    await writeWhole(args.out, bytes);
    const ports = { inputs: survey.index.inputs, outputs: survey.index.outputs };
    const operators = model.graph!.node.length;
    if (json) {
      printJson({ out: args.out, parts, operators, opset: opsetOf(model), ...ports });
      return;
    }
    print(`${args.out}: ${formatBytes(bytes.length)}, ${operators} operators, operator set ${opsetOf(model)}`);
    for (const name of ports.inputs) print(printable(`input  ${name}`));
    for (const name of ports.outputs) print(printable(`output ${name}`));
  },
});
