/** @file `sei inspect`: what is in a model and where it can be cut. */
import {
  costlyCuts,
  declaredInputs,
  indexGraph,
  inspectModel,
  opsetOf,
  outlineModel,
  surveyModel,
  type Outline,
  type OutlinedCut,
  type SetCost,
  type Survey,
} from "@split-et-impera/core/onnx";
import { formatBytes, formatCount } from "@split-et-impera/core/units";
import { engine } from "@split-et-impera/ort";
import { openModel, readModel, type OpenedModel } from "../../model/index.ts";
import { large } from "../../split/index.ts";
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
    run: {
      type: "boolean",
      description: "run a model of any size to see its shapes (by itself: up to 256 MB of weights)",
    },
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
    const opened = await openModel(args.model);
    if (opened.weights > large && !args.run) {
      const outline = outlineModel(opened.model, shape);
      if (json) printJson(outlineJson(args.model, opened, outline));
      else print(outlineText(args.model, opened, outline));
      return;
    }
    const model = await readModel(args.model);
    const inputs = declaredInputs(model, indexGraph(model.graph!));
    if (inputs.length > 1 || inputs[0]!.type !== "float32") {
      const survey = await surveyModel(model, engine, shape ? { shape } : {});
      if (json) printJson(surveyJson(args.model, survey, args.cuts === true));
      else print(surveyText(args.model, survey, args.cuts === true));
      return;
    }
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
        ["tensor", "operator", "shape", ...costTitles],
        found.cuts.map((cut) => costRow([cut.tensors[0]!, cut.operator, dims(cut.shape)], cut)),
        [3, 4, 6],
      ),
    );
    if (!args.cuts) return;
    print("");
    print(`${sets.length} useful cuts of several tensors (those of one block are alternatives):`);
    print(
      table(
        ["block", "tensors", ...costTitles],
        sets.map((cut) => costRow([String(cut.block), cut.tensors.join(",")], cut)),
        [0, 2, 3, 5],
      ),
    );
  },
});

const costTitles = ["bytes", "parameters", "", "MACs", ""];

/** A cut and what it costs, head | tail; null is what the model does not say of itself. */
function costRow(
  first: readonly string[],
  cut: Pick<OutlinedCut, "bytes" | "parameters" | "parametersTail" | "macsHead" | "macsTail">,
): string[] {
  const count = (value: number | null): string => (value === null ? "?" : formatCount(value));
  return [
    ...first,
    cut.bytes === null ? "?" : formatBytes(cut.bytes),
    count(cut.parameters),
    `| ${count(cut.parametersTail)}`,
    count(cut.macsHead),
    `| ${count(cut.macsTail)}`,
  ];
}

/** Models of several inputs, or of other numbers than float32. */
function surveyJson(file: string, survey: Survey, sets: boolean): object {
  const { model, index, inputs, seen } = survey;
  return {
    model: file,
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    opset: opsetOf(model),
    operators: index.nodes.length,
    inputs: inputs.map(({ name, type, dims }) => ({ name, type, shape: dims })),
    outputs: index.outputs.map((name) => ({ name, shape: seen.get(name)?.dims.slice(1) ?? null })),
    cuts: surveyCuts(survey, sets),
  };
}

function surveyCuts(survey: Survey, sets: boolean): SetCost[] {
  return costlyCuts(survey, { singles: true }).filter(({ tensors }) => sets || tensors.length === 1);
}

function surveyText(file: string, survey: Survey, sets: boolean): string {
  const { model, index, inputs } = survey;
  const cuts = surveyCuts(survey, sets);
  return [
    `${file}: ${index.nodes.length} operators, opset ${opsetOf(model)}`,
    ...inputs.map(({ name, type, dims }) => `input  ${name}  ${type} ${dims.join(" x ") || "scalar"}`),
    ...index.outputs.map((name) => `output ${name}`),
    "",
    `${cuts.length} cuts (head | tail):`,
    table(
      ["tensors", ...costTitles],
      cuts.map((cut) => costRow([cut.tensors.join(",")], cut)),
      [1, 2, 4],
    ),
  ].join("\n");
}

function outlineJson(file: string, { model, weights }: OpenedModel, outline: Outline): object {
  const { index, inputs, outputs, parameters, macs, cuts } = outline;
  return {
    model: file,
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    opset: opsetOf(model),
    operators: index.nodes.length,
    // Nothing was run: null is what the model does not say of itself.
    shapes: "declared",
    weights,
    input: inputs[0],
    inputs,
    output: outputs[0],
    parameters,
    macs,
    cuts,
  };
}

function outlineText(file: string, { model, weights }: OpenedModel, outline: Outline): string {
  const { index, parameters, cuts } = outline;
  return [
    `${file}: ${index.nodes.length} operators, opset ${opsetOf(model)}, ${formatCount(parameters)} parameters, ${formatBytes(weights)} of weights`,
    "Too large to run for a listing: shapes are those that the model declares (?: none); --run runs it.",
    "",
    `${cuts.length} legal cuts of one tensor (head | tail):`,
    table(
      ["tensor", "operator", "shape", ...costTitles],
      cuts.map((cut) => costRow([cut.tensors[0]!, cut.operator, cut.shape?.join(" x ") ?? "?"], cut)),
      [3, 4, 6],
    ),
  ].join("\n");
}
