/** @file `sei gradient`: a model with gradients as further outputs. */
import { InputError } from "@split-et-impera/core/errors";
import { checkOutside, differentiate, firstNotFiniteGradient, type ValueSize } from "@split-et-impera/core/gradient";
import {
  declaredInputs,
  indexGraph,
  opsetOf,
  serialiseModel,
  withConstants,
  type InputOptions,
  type ModelProto,
} from "@split-et-impera/core/onnx";
import { formatBytes } from "@split-et-impera/core/units";
import { engine } from "@split-et-impera/ort";
import { checkInputsKept, writeWhole } from "../../files/index.ts";
import { filesOfModel, readModel } from "../../model/index.ts";
import { nameList } from "../../name-list.ts";
import { nearest } from "../../nearest.ts";
import { defineCommand } from "../command.ts";
import { feedsFlags, inputOptions, modelFlags, modelOptions } from "../model-options.ts";
import { printable } from "../text.ts";

export default defineCommand({
  description: "Write a model whose further outputs are gradients, as plain ONNX",
  args: {
    model: { type: "positional", description: "the ONNX file", required: true },
    of: { type: "string", valueHint: "TENSOR", description: "what is differentiated (default: the first output)" },
    wrt: {
      type: "string",
      valueHint: "TENSOR,TENSOR",
      description: "by what: inputs, weights or any tensors between",
      required: true,
    },
    ...modelFlags,
    ...feedsFlags,
    recompute: {
      type: "boolean",
      description: "compute activations again for the gradients instead of keeping them: less memory, more time",
    },
    out: { type: "string", valueHint: "FILE", description: "where the model goes", required: true },
  },
  examples: [
    {
      line: "sei gradient examples/conveyor/parts.onnx --of scores --wrt image --out gradient.onnx",
      does: "outputs grad/image, the gradient of sum(seed/logits * logits)",
    },
    {
      line: "sei gradient BERT.onnx --of loss --wrt embeddings --shape input_ids=1x16 --out gradient.onnx",
      does: "a scalar needs no seed; the length of the sequence stays free",
    },
  ],
  async run({ args, every, json, print, printJson }) {
    if (nameList(every("wrt")).includes(""))
      throw new InputError("ERR_USAGE", `--wrt: expected TENSOR,TENSOR, got "${args.wrt}"`);
    const inputs = modelOptions(every);
    const model = withConstants(await readModel(args.model), inputs);
    const options = await inputOptions(model, inputs, args.feeds);
    await checkInputsKept(await filesOfModel(args.model), [args.out]);
    const known = tensorNames(model);
    const wrt = nameList(every("wrt"), known);
    const of = args.of ?? model.graph!.output[0]!.name;
    for (const name of [of, ...wrt]) {
      if (known.includes(name)) continue;
      checkOutside(model, name);
      throw new InputError("ERR_TENSOR_UNKNOWN", `${args.model}: no tensor "${name}"${nearest(name, known)}`);
    }
    const found = await differentiate(engine, model, {
      of,
      wrt,
      shapes: wholeShapes(model, options),
      given: options.example,
      recompute: args.recompute === true,
    });
    const culprit = await firstNotFiniteGradient(engine, found);
    const bytes = serialiseModel(found.model);
    await writeWhole(args.out, bytes);
    const nodes = found.model.graph!.node.length - model.graph!.node.length;
    const { gradients, seed, independent, free, byValues } = found;
    if (json) {
      printJson({
        model: args.model,
        out: args.out,
        of,
        seed,
        gradients,
        independent,
        free,
        byValues,
        nodes,
        notFinite: culprit,
      });
      return;
    }
    print(`${args.out}: ${formatBytes(bytes.length)}, ${nodes} nodes added, operator set ${opsetOf(found.model)}`);
    // Names are the model's own: what they hold is shown on one line.
    const say = (line: string): void => print(printable(line));
    say(seed === undefined ? `${of} is one number; no seed` : `input  ${seed}: the weight of each element of ${of}`);
    for (const [tensor, name] of Object.entries(gradients)) {
      say(`output ${name}${independent.includes(tensor) ? `: zeros, ${of} does not depend on ${tensor}` : ""}`);
    }
    if (free.length > 0) say(`free dimensions: ${free.join(", ")}`);
    if (byValues.length > 0) say(`sizes that the values decide: ${deciding(byValues)}`);
    if (culprit !== undefined) say(`on random inputs the gradients are not finite from ${culprit} on`);
  },
});

/** The operators that decide, some of many. */
function deciding(sizes: readonly ValueSize[]): string {
  const nodes = [...new Set(sizes.map(({ node }) => node))];
  return nodes.length <= 4 ? nodes.join(", ") : `${nodes.slice(0, 3).join(", ")} and ${nodes.length - 3} more`;
}

function tensorNames(model: ModelProto): string[] {
  const graph = model.graph!;
  return [...graph.input, ...graph.initializer, ...graph.node.flatMap(({ output }) => output.map((name) => ({ name })))]
    .map(({ name }) => name)
    .filter((name) => name !== "");
}

/** Whole shapes by input; of the one input the leading dimension is the model's own, or two rows. */
function wholeShapes(model: ModelProto, { shape, shapes }: InputOptions): Record<string, number[]> {
  const named = Object.fromEntries([...(shapes ?? [])].map(([name, sizes]) => [name, [...sizes]]));
  if (!shape) return named;
  const [input] = declaredInputs(model, indexGraph(model.graph!), { shape });
  const [leading] = input!.dims;
  return { ...named, [input!.name]: [typeof leading === "number" ? leading : 2, ...shape] };
}
