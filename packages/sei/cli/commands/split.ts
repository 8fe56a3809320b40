/** @file `sei split`: a model's segments as files, with the proof that together they are the model. */
import {
  hollow,
  inspectSurvey,
  knownName,
  splitSegments,
  surveyModel,
  type Cut,
  type Segments,
  type Survey,
} from "@split-et-impera/core/onnx";
import type { Tensors } from "@split-et-impera/core/tensor";
import { InputError } from "@split-et-impera/core/errors";
import { formatBytes } from "@split-et-impera/core/units";
import { join } from "node:path";
import { openData } from "../../data/index.ts";
import { engine } from "@split-et-impera/ort";
import { openModel, readModel } from "../../model/index.ts";
import { nameList } from "../../name-list.ts";
import { nearest } from "../../nearest.ts";
import { large, writeSegments } from "../../split/index.ts";
import { defineCommand } from "../command.ts";
import { dataFlags, dataOptions } from "../data-options.ts";
import { printable } from "../text.ts";
import { feedsFlags, inputOptions, modelFlags, modelOptions } from "../model-options.ts";

export default defineCommand({
  description: "Split a model into segments (head.onnx and tail.onnx for one tensor), and prove that they equal it",
  args: {
    model: { type: "positional", description: "the ONNX file", required: true },
    at: {
      type: "string",
      valueHint: "TENSOR",
      description: "the tensor that crosses, or several with commas; again for another cut (`sei inspect` lists them)",
      required: true,
    },
    out: {
      type: "string",
      valueHint: "DIR",
      description: "where the segments and manifest.json go",
      required: true,
    },
    ...modelFlags,
    ...feedsFlags,
    ...dataFlags,
    limit: { ...dataFlags.limit, default: "8" },
  },
  examples: [
    {
      line: "sei split examples/conveyor/parts.onnx --at block3/MaxPool --out parts",
      does: "split after the last pooling; the proof runs on random inputs",
    },
    {
      line: "sei split UNET.onnx --at down1,down2 --at up1,down1 --out parts",
      does: "three segments, with a skip connection that crosses both cuts",
    },
    {
      line: "sei split examples/conveyor/parts.onnx --at block3/MaxPool --out parts --data conveyor",
      does: "the proof runs on real images",
    },
  ],
  async run({ args, every, json, print, printJson, signal }) {
    const inputs = modelOptions(every);
    const opened = await openModel(args.model);
    const huge = opened.weights > large;
    const model = huge ? opened.model : await readModel(args.model);
    const options = await inputOptions(model, inputs, args.feeds);
    const survey = await surveyModel(model, engine, {
      ...options,
      ...(huge && { probe: hollow(model) }),
      signal,
    });
    const tensors = [...survey.index.producer.keys(), ...survey.index.inputs, ...survey.index.initialisers];
    const cuts = every("at").map((list) => cutOf(list, tensors));
    const segments = cutAt(args.model, survey, cuts, tensors);
    const images = args.data === undefined ? options.example : await readImages(args, survey);
    const { manifest, files, bytes, stepless } = await writeSegments(
      args.model,
      survey,
      segments,
      args.out,
      images,
      huge ? opened : undefined,
    );
    const { proof } = manifest;
    if (json) {
      const [head, tail] = files;
      printJson({
        at: cuts.length === 1 && cuts[0]!.length === 1 ? cuts[0]![0] : manifest.cuts,
        ...(manifest.segments[0]!.name === "head" && { head, tail }),
        segments: files,
        manifest: join(args.out, "manifest.json"),
        proof,
      });
      return;
    }
    print(`${manifest.segments.map(({ file }, s) => `${file} ${formatBytes(bytes[s]!)}`).join(", ")} in ${args.out}`);
    const { state = [] } = manifest;
    for (const { name, from, to, bytes: size } of manifest.tensors) {
      if (state.some(({ input }) => input === name)) continue;
      if (from === "input" && to.every((place) => place === manifest.segments[0]!.name)) continue;
      if (to.length === 1 && to[0] === "output") continue;
      print(`  ${printable(name)}: ${from} -> ${to.join(", ")}${size === undefined ? "" : `, ${formatBytes(size)}`}`);
    }
    const kind = { data: args.data === undefined ? "given input" : "image", random: "random input" };
    const on = proof.runs.map(({ inputs, rows }) => `${rows} ${kind[inputs]}${rows === 1 ? "" : "s"}`).join(" and ");
    for (const { input, output, segment } of state)
      print(`  ${printable(`${output} -> ${input}`)}: state of ${segment}`);
    for (const { message } of survey.troubles) print(`warning: ${printable(message)}`);
    if (!proof.finite) print("warning: no output holds a finite number, so that the proof shows nothing");
    const what = manifest.segments[0]!.name === "head" ? "tail(head(x))" : "the segments";
    const equal = proof.exact
      ? `equal${what.startsWith("tail") ? "s" : ""} model(x) bit for bit`
      : `differ${what.startsWith("tail") ? "s" : ""} in rounding`;
    const optimised = proof.largestDifference === 0 ? "also" : `up to ${proof.largestDifference.toExponential(1)}`;
    print(`${what} ${equal} on ${on}; with the runtime's optimisations on, ${optimised}`);
    const { steps } = proof;
    if (steps)
      print(
        `over ${steps.steps} steps, each side with its own state, they ${steps.exact ? "are equal bit for bit" : "differ in rounding"}; ` +
          `with the optimisations on, ${steps.largestDifference === 0 ? "also" : `up to ${steps.largestDifference.toExponential(1)}`}`,
      );
    if (stepless !== undefined) print(`warning: nothing is shown over several steps: ${printable(stepless)}`);
  },
});

function cutAt(file: string, survey: Survey, cuts: readonly Cut[], tensors: readonly string[]): Segments {
  try {
    return splitSegments(survey, cuts);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const unknown =
      error.code === "ERR_TENSOR_UNKNOWN" ? cuts.flat().find((name) => !tensors.includes(name)) : undefined;
    const hint = unknown === undefined ? "" : `${nearest(unknown, tensors)}; \`sei inspect\` lists the cuts`;
    throw new InputError(error.code, `${file}: ${error.message}${hint}`, { cause: error });
  }
}

/** A tensor's name may hold commas itself. */
function cutOf(list: string, tensors: readonly string[]): string[] {
  return nameList([list], tensors)
    .filter((name) => name !== "")
    .map(knownName);
}

async function readImages(args: Parameters<typeof dataOptions>[0], survey: Survey): Promise<Tensors> {
  const inspection = inspectSurvey(survey);
  const data = await openData(await dataOptions(args, inspection), "test");
  const rows = inspection.batch ? data.count : 1;
  return { [inspection.input.name]: data.batch(Array.from({ length: rows }, (_, i) => i)) };
}
