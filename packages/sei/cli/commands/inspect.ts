/** @file `sei inspect`: what is in a model and where it can be cut. */
import { costlyCuts, inspectModel, opsetOf, surveyModel } from "@split-et-impera/core/onnx";
import { formatBytes, formatCount } from "@split-et-impera/core/units";
import { engine } from "../../engine/index.ts";
import { readModel } from "../../model/index.ts";
import { defineCommand } from "../command.ts";
import { shapeFlag } from "../data-options.ts";
import { table } from "../table.ts";

export default defineCommand({
  description: "Show a model's size, shapes and legal cuts",
  args: {
    model: { type: "positional", description: "the ONNX file", required: true },
    shape: {
      type: "string",
      valueHint: "C,H,W",
      description: "the input's shape without the batch, where the model leaves it open",
    },
    cuts: { type: "boolean", description: "also list useful cuts of several tensors: few bytes, block by block" },
  },
  examples: [
    { line: "sei inspect vgg16.onnx", does: "list the tensors at which the model can be split" },
    {
      line: "sei inspect model.onnx --shape 3,224,224 --json",
      does: "the same for scripts, with the input's size given",
    },
  ],
  async run({ args, json, print, printJson }) {
    const shape = shapeFlag(args.shape);
    const model = await readModel(args.model);
    const found = await inspectModel(model, engine, shape ? { shape } : {});
    const sets = args.cuts ? costlyCuts(await surveyModel(model, engine, shape ? { shape } : {})) : [];
    const operators = found.index.nodes.length;
    if (json) {
      const { input, output, parameters, macs, cuts } = found;
      printJson({
        model: args.model,
        producer: `${model.producerName} ${model.producerVersion}`.trim(),
        opset: opsetOf(model),
        operators,
        batch: found.batch?.symbol ?? 1,
        input: { name: input.name, shape: input.shape },
        output,
        parameters,
        macs,
        cuts: [...cuts, ...sets].sort((a, b) => a.parameters - b.parameters || a.macsHead - b.macsHead),
      });
      return;
    }
    const dims = (shape: readonly number[]): string => shape.join(" x ") || "scalar";
    print(
      `${args.model}: ${operators} operators, opset ${opsetOf(model)}, ${formatCount(found.parameters)} parameters, ${formatCount(found.macs)} multiply-accumulates per image`,
    );
    print(`input  ${found.input.name}  ${dims(found.input.shape)}`);
    print(`output ${found.output.name}  ${dims(found.output.shape)}`);
    print("");
    print(`${found.cuts.length} legal cuts of one tensor (head | tail):`);
    print(
      table(
        ["tensor", "operator", "shape", "bytes", "parameters", "", "MACs", ""],
        found.cuts.map((cut) => [
          cut.tensors[0]!,
          cut.operator,
          dims(cut.shape),
          formatBytes(cut.bytes),
          formatCount(cut.parameters),
          `| ${formatCount(cut.parametersTail)}`,
          formatCount(cut.macsHead),
          `| ${formatCount(cut.macsTail)}`,
        ]),
        [3, 4, 6],
      ),
    );
    if (!args.cuts) return;
    print("");
    print(`${sets.length} useful cuts of several tensors (those of one block are alternatives):`);
    print(
      table(
        ["block", "tensors", "bytes", "parameters", "", "MACs", ""],
        sets.map((cut) => [
          String(cut.block),
          cut.tensors.join(","),
          formatBytes(cut.bytes),
          formatCount(cut.parameters),
          `| ${formatCount(cut.parametersTail)}`,
          formatCount(cut.macsHead),
          `| ${formatCount(cut.macsTail)}`,
        ]),
        [0, 2, 3, 5],
      ),
    );
  },
});
