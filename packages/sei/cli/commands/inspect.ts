/** @file `sei inspect`: what is in a model and where it can be cut. */
import {
  imageShape,
  modelCost,
  opsetOf,
  outlineModel,
  severalCuts,
  singleCuts,
  surveyModel,
  undivided,
  type CarriedState,
  type CutCost,
  type Outline,
  type OutlinedCut,
  type Survey,
} from "@split-et-impera/core/onnx";
import { formatBytes, formatCount } from "@split-et-impera/core/units";
import { engine } from "@split-et-impera/ort";
import { openModel, readModel, type OpenedModel } from "../../model/index.ts";
import { large } from "../../split/index.ts";
import { defineCommand } from "../command.ts";
import { feedsFlags, inputOptions, modelFlags, modelOptions } from "../model-options.ts";
import { table } from "../table.ts";
import { printable } from "../text.ts";

export default defineCommand({
  description: "Show a model's size, shapes and legal cuts",
  args: {
    model: { type: "positional", description: "the ONNX file", required: true },
    ...modelFlags,
    ...feedsFlags,
    cuts: {
      type: "boolean",
      description:
        "also list useful cuts of several tensors: few bytes, block by block (without it, where no one tensor is a cut)",
    },
    run: {
      type: "boolean",
      description: "run a model of any size to see its shapes (by itself: up to 256 MB of weights)",
    },
  },
  examples: [
    { line: "sei inspect examples/conveyor/parts.onnx", does: "list the tensors at which the model can be split" },
    {
      line: "sei inspect MODEL.onnx --shape 3x224x224 --json",
      does: "the same for scripts, with the input's size given",
    },
  ],
  async run({ args, every, json, print, printJson, signal }) {
    const inputs = modelOptions(every);
    const opened = await openModel(args.model);
    if (opened.weights > large && !args.run) {
      const outline = outlineModel(opened.model, inputs);
      if (json) printJson(outlineJson(args.model, opened, outline));
      else print(outlineText(args.model, opened, outline));
      return;
    }
    const model = await readModel(args.model);
    const options = await inputOptions(model, inputs, args.feeds);
    const survey = await surveyModel(model, engine, { ...options, signal });
    // Where no tensor is a cut by itself, those of several are all that there is.
    const sets = args.cuts === true || singleCuts(survey).length === 0;
    if (json) printJson(surveyJson(args.model, survey, sets));
    else print(surveyText(args.model, survey, sets));
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

function surveyJson(file: string, survey: Survey, sets: boolean): object {
  const { given, index, inputs, seen, batch, troubles } = survey;
  const outputs = index.outputs.map((name) => ({ name, shape: imageShape(survey, name) ?? null }));
  const [input] = inputs;
  return {
    model: file,
    producer: `${given.producerName} ${given.producerVersion}`.trim(),
    opset: opsetOf(given),
    operators: given.graph!.node.length,
    batch: batch?.symbol ?? survey.rows,
    input: { name: input!.name, shape: imageShape(survey, input!.name) },
    inputs: inputs.map(({ name, type, dims }) => ({ name, type, shape: dims })),
    output: outputs.find(({ name }) => seen.has(name)),
    outputs,
    ...modelCost(survey),
    ...(survey.state.length > 0 && { state: survey.state.map(stateJson) }),
    undivided: undivided(index),
    troubles,
    cuts: [...singleCuts(survey).map(cutJson), ...(sets ? severalCuts(survey) : [])].sort(
      (a, b) => a.parameters - b.parameters || a.macsHead - b.macsHead,
    ),
  };
}

const stateJson = ({ input, output, type, dims: shape, grows }: CarriedState): object => ({
  input,
  output,
  type,
  shape,
  grows,
});

/** Of one tensor: also by the names that speak of one. */
const cutJson = (cut: CutCost): CutCost & { operator: string; shape: number[] } => ({
  ...cut,
  operator: cut.operators[0]!,
  shape: cut.shapes[0]!,
});

const dims = (shape: readonly (number | string)[] | null | undefined): string =>
  shape ? shape.join(" x ") || "scalar" : "?";

function surveyText(file: string, survey: Survey, sets: boolean): string {
  const { given, index, inputs, troubles } = survey;
  const { parameters, macs } = modelCost(survey);
  const singles = singleCuts(survey);
  const lines = [
    `${file}: ${given.graph!.node.length} operators, opset ${opsetOf(given)}, ${formatCount(parameters)} parameters, ${formatCount(macs)} multiply-accumulates per image`,
    ...inputs.map(({ name, type, dims: shape }) => `input  ${printable(name)}  ${type} ${dims(shape)}`),
    ...index.outputs.map((name) => `output ${printable(name)}  ${dims(imageShape(survey, name))}`),
    ...survey.state.map((one) => `state  ${printable(`${one.output} -> ${one.input}`)}  ${stateText(one)}`),
    ...undivided(index).map(
      ({ node, operators }) =>
        `whole  ${printable(node)} runs as a whole: cut before it or behind it, not at the ${operators} operators inside`,
    ),
    ...troubles.map(({ message }) => `warning: ${printable(message)}`),
    "",
    `${singles.length} legal cuts of one tensor (head | tail):`,
    table(
      ["tensor", "operator", "shape", ...costTitles, ...stateTitles(survey)],
      singles.map((cut) => [
        ...costRow([cut.tensors[0]!, cut.operators[0]!, dims(cut.shapes[0])], cut),
        ...sidesText(cut),
      ]),
      [3, 4, 6],
    ),
  ];
  if (!sets) return lines.join("\n");
  const several = severalCuts(survey);
  return [
    ...lines,
    "",
    `${several.length} useful cuts of several tensors (those of one block are alternatives):`,
    table(
      ["block", "tensors", ...costTitles, ...stateTitles(survey)],
      several.map((cut) => [...costRow([String(cut.block), cut.tensors.join(",")], cut), ...sidesText(cut)]),
      [0, 2, 3, 5],
    ),
  ].join("\n");
}

const stateTitles = ({ state }: Survey): string[] => (state.length > 0 ? ["state", ""] : []);

/** Names where there are few, else how many. */
const mostNames = 2;

/** Which state lies in the head, and which in the tail. */
function sidesText({ state }: CutCost): string[] {
  if (!state) return [];
  const side = (names: readonly string[]): string =>
    names.length <= mostNames ? names.join(", ") || "-" : String(names.length);
  return [side(state.head), `| ${side(state.tail)}`];
}

function stateText({ type, dims: shape, grows }: CarriedState): string {
  const first = grows.length > 0 ? `empty at first, grows along dimension ${grows.join(", ")}` : "zeros at first";
  return `${type} ${dims(shape)}, ${first}`;
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
      cuts.map((cut) => costRow([cut.tensors[0]!, cut.operators[0]!, dims(cut.shapes[0])], cut)),
      [3, 4, 6],
    ),
  ].join("\n");
}
