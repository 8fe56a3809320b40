/** @file Splitting a model at a tensor into head and tail, with the proof that they are the model. */
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import type { Tensor, Tensors } from "../tensor/index.ts";
import { extractModel } from "./extract.ts";
import type { Inspection } from "./inspect.ts";
import { serialiseModel } from "./model.ts";
import { boundaryInfo } from "./observe.ts";
import type { ModelProto } from "./proto.ts";
import { reachBack, showPath } from "./separate.ts";

export interface Split {
  tensor: string;
  head: ModelProto;
  tail: ModelProto;
}

/** Head and tail at a legal cut of one tensor. Throws `InputError` where the tensor alone does not separate. */
export function splitModel({ model, index, seen, batch, cuts }: Inspection, tensor: string): Split {
  const inputs = model.graph!.input.filter(({ name }) => index.inputs.includes(name));
  const boundary = boundaryInfo(tensor, seen, batch);
  if (!cuts.some(({ tensors }) => tensors[0] === tensor)) {
    const known = index.producer.has(tensor);
    throw new InputError(
      known ? "ERR_CUT_NOT_SEPARATING" : "ERR_TENSOR_UNKNOWN",
      known
        ? `cutting at "${tensor}" alone does not separate the model: a path goes around it${aroundOf(index, tensor)}`
        : `"${tensor}" is an input or a constant; cut at the output of an operator`,
    );
  }
  return {
    tensor,
    head: extractModel(model, inputs, [boundary], index),
    tail: extractModel(model, [boundary], model.graph!.output, index),
  };
}

function aroundOf(index: Inspection["index"], tensor: string): string {
  const { around } = reachBack(index, index.outputs, new Set([tensor]));
  return around ? `: ${showPath(index, around)}` : "";
}

export interface SplitProof {
  /** Rows compared. */
  rows: number;
  /** Whether every output is equal bit for bit, with the runtime's optimisations off. */
  exact: boolean;
  /** Largest absolute difference, with the optimisations on (they may fuse across the cut). */
  largestDifference: number;
  /** Largest absolute value among the model's outputs, to judge the difference by. */
  largestOutput: number;
}

/** Runs model, head and tail on the same inputs and compares tail(head(x)) with model(x). */
export async function proveSplit(engine: Engine, model: ModelProto, split: Split, feeds: Tensors): Promise<SplitProof> {
  const compare = async (optimisation: "all" | "none"): Promise<{ difference: number; output: number }> => {
    const whole = await runOnce(engine, model, feeds, optimisation);
    const middle = await runOnce(engine, split.head, feeds, optimisation);
    const parts = await runOnce(engine, split.tail, { [split.tensor]: middle[split.tensor]! }, optimisation);
    const outputs = Object.entries(whole);
    return {
      difference: Math.max(...outputs.map(([name, value]) => largestDifference(value, parts[name]!))),
      output: Math.max(...outputs.map(([, value]) => largestMagnitude(value))),
    };
  };
  const plain = await compare("none");
  return {
    rows: Object.values(feeds)[0]!.dims[0]!,
    exact: plain.difference === 0,
    largestDifference: (await compare("all")).difference,
    largestOutput: plain.output,
  };
}

function largestMagnitude({ data }: Tensor): number {
  let largest = 0;
  for (const value of data) largest = Math.max(largest, Math.abs(Number(value)));
  return largest;
}

async function runOnce(
  engine: Engine,
  model: ModelProto,
  feeds: Tensors,
  optimisation: "all" | "none",
): Promise<Tensors> {
  const session = await engine.load(serialiseModel(model), { optimisation });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** Infinite where shapes differ or only one of two elements is NaN. */
function largestDifference(a: Tensor, b: Tensor): number {
  if (a.dims.join() !== b.dims.join()) return Infinity;
  let worst = 0;
  for (let i = 0; i < a.data.length; i++) {
    if (Object.is(a.data[i], b.data[i])) continue;
    const gap = Math.abs(Number(a.data[i]) - Number(b.data[i]));
    worst = Math.max(worst, Number.isNaN(gap) ? Infinity : gap);
  }
  return worst;
}
