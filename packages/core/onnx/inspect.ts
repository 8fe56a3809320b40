/** @file A survey as saliency, training and designs need it: what one sample is fed and answered with. */
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import { sizeOf } from "../tensor/index.ts";
import { batched, batchedOptions, isFedAlone, isPictureAlone } from "./batched.ts";
import { withConstants } from "./constants.ts";
import { modelCost, singleCuts, type CutCost } from "./cut-costs.ts";
import { declaredInputs, sizesFor, type Declared } from "./feeds.ts";
import { indexGraph } from "./graph.ts";
import type { ModelProto } from "./proto.ts";
import type { Observed } from "./observe.ts";
import { batchAxis, hasBatch, imageShape } from "./rows.ts";
import { surveyModel, type Survey, type SurveyOptions } from "./survey.ts";
import { readInputs } from "./unread.ts";

/** An input or an output. */
export interface Port extends Declared {
  /** For one sample, without the batch dimension where it has one. */
  shape: number[];
}

/** A survey of a model whose samples go in and come out by rows. */
export interface Inspection extends Survey {
  inputs: Port[];
  /** All outputs that are tensors. */
  outputs: Port[];
  /** The first input. */
  input: Port;
  /** The output that counts. */
  output: Port;
  parameters: number;
  macs: number;
  /** Of one tensor. */
  cuts: CutCost[];
  /** The file's model takes one sample without a batch; `model` takes it with a batch of 1. */
  unbatched?: true;
}

export interface InspectOptions extends SurveyOptions {
  /** The output that counts; default the first that is a tensor. */
  output?: string | undefined;
  /**
   * Whether inputs may be several, of any type, with the batch anywhere or nowhere, and of sizes that nobody gave. Default:
   * one float32 input with its batch first.
   */
  any?: boolean | undefined;
}

const largestImage = 2 ** 28;

/**
 * Surveys a model that takes images one by one or in batches. One that takes an image without a batch is given a batch of 1
 * (see `batched`).
 *
 * @throws InputError where it has several inputs, another type of them, or leaves open sizes that are not given, unless
 *   `any` of them will do
 */
export async function inspectModel(
  model: ModelProto,
  engine: Engine,
  options: InspectOptions = {},
): Promise<Inspection> {
  if (options.constants)
    return inspectModel(withConstants(model, options), engine, { ...options, constants: undefined });
  if (isPictureAlone(model) || isFedAlone(model, options)) return inspectAlone(model, engine, options);
  if (!options.any) checkImages(model, options);
  const survey = await surveyModel(model, engine, options);
  if (options.any && survey.inputs.length > 1) return inspectionOf(survey, options.output);
  if (!hasBatch(survey)) return inspectAlone(model, engine, options);
  return options.any ? inspectionOf(survey, options.output) : inspectSurvey(survey, options.output);
}

async function inspectAlone(model: ModelProto, engine: Engine, options: InspectOptions): Promise<Inspection> {
  const [given, own] = [batched(model), batchedOptions(options)];
  if (!own.any) checkImages(given, own);
  const survey = await surveyModel(given, engine, own);
  return { ...(own.any ? inspectionOf : inspectSurvey)(survey, options.output), unbatched: true };
}

/** A survey seen as one of images. Throws `InputError` where it is none. */
export function inspectSurvey(survey: Survey, wanted?: string): Inspection {
  const [input] = survey.inputs;
  const name = input!.name;
  if (batchAxis(survey, name) !== 0 && survey.batch)
    throw inputError(
      `the input "${name}" has its batch "${survey.batch.symbol}" behind another dimension; expected it first`,
    );
  if (!survey.batch && survey.rows > 1)
    throw inputError(`the input "${name}" has a fixed batch of ${survey.rows}; export the model with a free one, or 1`);
  return inspectionOf(survey, wanted);
}

/** The same of any survey. Throws `InputError` where it has no such output. */
export function inspectionOf(survey: Survey, wanted?: string): Inspection {
  const { index, seen, inputs } = survey;
  const tensors = index.outputs.filter((output) => seen.has(output));
  const output = wanted ?? tensors[0];
  if (output === undefined) throw new InputError("ERR_MODEL_OUTPUT", "no output of the model is a tensor");
  if (!tensors.includes(output))
    throw new InputError(
      "ERR_MODEL_OUTPUT",
      `the model has no output "${output}"; its outputs are ${tensors.join(", ")}`,
    );
  const port = (declared: Declared): Port => ({ ...declared, shape: imageShape(survey, declared.name)! });
  // An output may be a constant, which nothing declares.
  const outputs = tensors.map((name) => port(survey.declared.get(name) ?? { name, ...bare(seen.get(name)!) }));
  const ports = inputs.map(port);
  return {
    ...survey,
    inputs: ports,
    outputs,
    input: ports[0]!,
    output: outputs.find(({ name }) => name === output)!,
    ...modelCost(survey),
    cuts: singleCuts(survey),
  };
}

const bare = ({ type, dims }: Observed): Pick<Declared, "type" | "dims"> => ({ type, dims: [...dims] });

/** What can be told before a run. */
function checkImages(given: ModelProto, options: InspectOptions): void {
  const model = readInputs(given);
  const inputs = declaredInputs(model, indexGraph(model.graph!), options);
  const [input] = inputs;
  const { name, type, dims } = input!;
  if (inputs.length > 1)
    throw inputError(`expected a model with one input, got ${inputs.map((one) => one.name).join(", ")}`);
  if (type !== "float32") throw inputError(`the input "${name}" holds ${type}; expected float32`);
  const sizes = sizesFor(inputs, 1, options, true);
  const shape = dims.slice(1).map((dim) => (typeof dim === "string" ? sizes.get(dim)! : dim));
  if (!(sizeOf(shape) <= largestImage)) throw inputError(`the input "${name}" is too large: [${shape.join(", ")}]`);
}

function inputError(message: string): InputError {
  return new InputError("ERR_MODEL_INPUT", message);
}
