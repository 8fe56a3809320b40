/** @file Any model as a network to be trained: its weights, its normalisations and dropouts in training, its loss. */
import { InputError } from "../errors/index.ts";
import { raiseModel } from "../gradient/index.ts";
import {
  createBuilder,
  nodesTowards,
  headAndTail,
  valueInfo,
  type GraphBuilder,
  type Inspection,
  type ModelProto,
} from "../onnx/index.ts";
import { activateDropout, type Mask } from "./dropout.ts";
import type { Parameters } from "./layers.ts";
import { meanSquaredError } from "./loss.ts";
import { normalises, normaliseInTraining } from "./normalise.ts";
import type { Loss, Objective } from "./objective.ts";
import { becomeInputs } from "./step.ts";
import { liftConstants, valuesOf, weightsTowards } from "./weights.ts";

export interface NetworkOptions {
  /** Only what comes after this tensor is trained; what comes before stays as it is and is a model of its own. */
  from?: string | undefined;
  /** Only what leads to this tensor is trained; what comes after stays as in inference. */
  until?: string | undefined;
  /** Of these, the weights whose names match one of the patterns (`*` stands for anything). Default: all. */
  only?: readonly string[] | undefined;
  /** What is learned. */
  objective: Objective;
  /** Whether normalisations stay as in inference, their scale and shift trained all the same. Default false. */
  keepStatistics?: boolean | undefined;
  /** Added to the loss in training, not in evaluation. */
  terms?: readonly DifferenceTerm[] | undefined;
  /** Changes the network in training alone, as Dropout does; gives scalars that are added to the loss. */
  disturb?: ((g: GraphBuilder) => readonly string[]) | undefined;
}

/** `weight` times the mean squared difference of two tensors of one shape. */
export interface DifferenceTerm {
  between: readonly [string, string];
  weight: number;
}

export interface TrainableNetwork extends Loss {
  /** Up to the scalar `loss`. Fed with `input`, the masks, and what the objective asks for. */
  forward: ModelProto;
  trained: string[];
  /** By running statistic: the tensor that holds its new value. */
  updates: Map<string, string>;
  /** The trained weights and the running statistics that move with them. */
  parameters: Parameters;
  /** The model's input, or the tensor `from`. */
  input: string;
  /** The frozen part that gives `input`; absent where the model is trained from its first layer. */
  head?: ModelProto;
  masks: Mask[];
  /** The same in inference, its parameters inputs, with the loss of samples held back. */
  evaluation: Loss & { model: ModelProto };
}

/**
 * Throws `InputError` where nothing is left to train, where `from` does not separate the model, and where it has names
 * that training needs.
 */
export function trainableNetwork(inspection: Inspection, options: NetworkOptions): TrainableNetwork {
  const { index, seen } = inspection;
  const { from, until, objective } = options;
  const taken = [...seen.keys()].find((name) => name.startsWith("training/"));
  if (taken !== undefined)
    throw new InputError(
      "ERR_TRAINING",
      `the model has a tensor "${taken}": names that begin with "training/" are ours`,
    );
  const split = from === undefined ? undefined : headAndTail(inspection, from);
  const trained = chosenWeights(inspection, options);
  const statistics = new Map(
    index.nodes
      .filter((node) => options.keepStatistics !== true && normalises(node, trained, inspection))
      .map((node) => [node.output[0]!, node.input.slice(3, 5)]),
  );
  const names = new Set([...trained, ...[...statistics.values()].flat()]);
  const input = from ?? inspection.input.name;

  const base = (): ModelProto => {
    const model = liftConstants(split?.tail ?? inspection.model, names);
    // Of the whole model all that it is fed.
    const fed = from === undefined ? inspection.inputs.map(({ name }) => name) : [input];
    model.graph!.input = fed.map((name) => {
      const { type, dims } = seen.get(name)!;
      return valueInfo(name, type, ["batch", ...dims.slice(1)]);
    });
    model.graph!.valueInfo = [];
    return model;
  };
  const withLoss = (model: ModelProto, held: boolean, more: readonly string[] = []): Loss => {
    const g = createBuilder(model);
    const own = held && objective.held ? objective.held(g) : objective.loss(g);
    let { loss } = own;
    for (const { between, weight } of (!held && options.terms) || []) {
      const [a, b] = between;
      const gap = meanSquaredError(g, a, b, seen.get(a)!.dims.length);
      loss = g.op("Add", [loss, g.op("Mul", [gap, g.scalar(weight)])]);
    }
    for (const term of more) loss = g.op("Add", [loss, term]);
    model.graph!.output = [];
    for (const name of [loss, ...Object.values(own.figures)]) g.output(name);
    return { loss, figures: own.figures };
  };

  const dropping = base();
  const region = nodesTowards(index, until === undefined ? objective.decides : [until]);
  const masks = activateDropout(
    dropping,
    inspection,
    new Set(index.nodes.filter((_, i) => region[i]).map(({ output }) => output[0]!)),
  );
  const more = options.disturb?.(createBuilder(dropping));
  const { model: forward } = raiseModel(dropping, seen);
  const updates = normaliseInTraining(forward, new Set(statistics.keys()), inspection);
  const own = withLoss(forward, false, more);
  const { model: whole } = raiseModel(base(), seen);
  const evaluation = { model: whole, ...withLoss(whole, true) };
  becomeInputs(whole, [...names]);
  return {
    forward,
    ...own,
    trained,
    updates,
    parameters: valuesOf(liftConstants(inspection.model, names), [...names]),
    input,
    ...(split && { head: split.head }),
    masks,
    evaluation,
  };
}

/** A model for one image at a time trains all the same, unless the 1 is written into its operators: says so then. */
export function oneAtATime(cause: unknown, { batch }: Pick<Inspection, "batch">): unknown {
  if (batch || !(cause instanceof InputError) || !cause.code.startsWith("ERR_MODEL")) return cause;
  const why = `the model takes one image at a time (${cause.message}); export it with a free batch`;
  return new InputError("ERR_TRAINING", why, { cause });
}

function chosenWeights(inspection: Inspection, { from, until, only, objective }: NetworkOptions): string[] {
  if (until !== undefined && !inspection.index.producer.has(until))
    throw new InputError("ERR_TENSOR_UNKNOWN", `"${until}" is made by no operator of the model`);
  const all = [...weightsTowards(inspection, objective.decides).keys()];
  const before = from === undefined ? new Map() : weightsTowards(inspection, [from]);
  const within = until === undefined ? undefined : weightsTowards(inspection, [until]);
  const patterns = only?.map(
    (pattern) =>
      new RegExp(
        `^${pattern
          .split("*")
          .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
          .join(".*")}$`,
        "s",
      ),
  );
  const chosen = all.filter(
    (name) =>
      !before.has(name) && (within?.has(name) ?? true) && (patterns?.some((pattern) => pattern.test(name)) ?? true),
  );
  if (chosen.length > 0) return chosen;
  const [first, last] = [all[0], all.at(-1)];
  throw new InputError(
    "ERR_TRAINING",
    `nothing to train: expected ${only ? `weights named ${only.join(" or ")}` : "weights"}${from === undefined ? "" : ` after "${from}"`}${until === undefined ? "" : ` before "${until}"`}, ` +
      (first === undefined ? "the model has none" : `the model has ${all.length} from "${first}" to "${last}"`),
  );
}
