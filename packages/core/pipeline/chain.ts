/** @file Chaining models: what one gives, the next is fed. The chain is one model, to be surveyed, split and placed as any other. */
import { InputError } from "../errors/index.ts";
import { inlineFunctions } from "../gradient/index.ts";
import { indexGraph, readInputs, renameTensors, withFields, type ModelProto } from "../onnx/index.ts";
import { wiresOf, type Feeds } from "./wires.ts";
import { inOneSet } from "./one-set.ts";

/** A model of a chain. */
export interface ChainPart {
  /** Its tensors are called `name/tensor` in the chain. */
  name: string;
  model: ModelProto;
  /** By input: the tensor `part/tensor` of an earlier part that it is fed. Default: see {@link chainModels}. */
  feeds?: Feeds;
}

/**
 * One model of several, in their order. An input is fed what `feeds` says; else the one output of that name that an earlier
 * part has and nothing reads yet; else, where a part before has as many outputs left as this one has inputs, these in order.
 * The first part's inputs, and those of later parts that `feeds` leaves out, are inputs of the chain; outputs that no part
 * reads are its outputs. Parts of different operator sets are raised to one.
 *
 * @throws InputError `ERR_PIPELINE` naming part and tensor: one is not there, types or shapes do not fit, nothing is left to
 * read; `ERR_MODEL_OPSET` where a part cannot be raised
 */
export function chainModels(parts: readonly ChainPart[]): ModelProto {
  if (parts.length === 0) throw new InputError("ERR_PIPELINE", "expected a model or more, got none");
  const names = parts.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new InputError("ERR_PIPELINE", `expected a name of its own for every part, got "${twice}" twice`);
  const slashed = names.find((name) => name === "" || name.includes("/"));
  if (slashed !== undefined)
    throw new InputError("ERR_PIPELINE", `expected a part's name without "/", got "${slashed}"`);
  const models = inOneSet(parts.map(({ name, model }) => ({ name, model: readInputs(inlineFunctions(model)) })));
  const wires = wiresOf(parts.map(({ name, feeds }, i) => ({ name, model: models[i]!, ...(feeds && { feeds }) })));
  const graphs = models.map((model, i) => {
    const own = model.graph!;
    // Weights are shared with the models that were given, whose names stay.
    own.initializer = own.initializer.map((tensor) => withFields(tensor, {}));
    own.sparseInitializer = own.sparseInitializer.map((one) =>
      one.values ? withFields(one, { values: withFields(one.values, {}) }) : one,
    );
    renameTensors(model, (tensor) => {
      const known = `${names[i]}/${tensor}`;
      return wires.get(known) ?? known;
    });
    return own;
  });
  const read = new Set(wires.values());
  const opsets = new Map(models.flatMap((model) => model.opsetImport.map((one) => [one.domain, one] as const)));
  const metadata = new Map(models.flatMap((model) => model.metadataProps.map((one) => [one.key, one] as const)));
  const graph = withFields(graphs[0]!, {
    name: names.join(" + ").slice(0, 200),
    node: graphs.flatMap(({ node }, i) =>
      node.map((one) => withFields(one, { name: one.name && `${names[i]}/${one.name}` })),
    ),
    initializer: graphs.flatMap(({ initializer }) => initializer),
    sparseInitializer: graphs.flatMap(({ sparseInitializer }) => sparseInitializer),
    input: graphs.flatMap(({ input }, i) => (i === 0 ? input : input.filter(({ name }) => !read.has(name)))),
    output: graphs.flatMap(({ output }) => output.filter(({ name }) => !read.has(name))),
    // Sizes go by names that mean something in their own part alone; they are observed anyway.
    valueInfo: [],
    quantizationAnnotation: graphs.flatMap(({ quantizationAnnotation }) => quantizationAnnotation),
  });
  graph.node = [...indexGraph(graph).nodes];
  return withFields(models[0]!, {
    irVersion: models.reduce((most, { irVersion }) => (irVersion > most ? irVersion : most), 0n),
    opsetImport: [...opsets.values()],
    metadataProps: [...metadata.values()],
    graph,
  });
}
