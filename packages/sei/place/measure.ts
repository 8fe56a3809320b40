/** @file The pieces of a model between its articulation points, each timed on this machine, and whether they add up. */
import { segmentMemory, type HostSpeed, type Timing } from "@split-et-impera/core/compute";
import {
  observedBytes,
  serialiseModel,
  singleTensorCuts,
  splitSegments,
  surveyModel,
  type ModelProto,
} from "@split-et-impera/core/onnx";
import { InputError } from "@split-et-impera/core/errors";
import type { Tensors } from "@split-et-impera/core/tensor";
import { timeWork } from "../compute/index.ts";
import { engine } from "../engine/index.ts";

/** A part of a model between two tensors through which everything goes. */
export interface Piece {
  /** The tensor that it reads; absent for the model's input. */
  from?: string;
  /** The tensor that it makes; absent for the model's output. */
  to?: string;
  /** Bytes of that tensor for one image, as it is. */
  bytes: number;
  /** Of the head that ends with it. */
  operators: number;
  /** What it adds to the time of the head before it, on this machine; together the whole's. */
  seconds: number;
}

export interface Measured {
  pieces: Piece[];
  whole: Timing;
  /** Head and tail timed apart and added up, at the cut where this differs most from the whole, and divided by it. */
  sum: number;
  ratio: number;
  /** Values of one image. */
  inputValues: number;
  /** Bytes that the pieces from `first` up to `last` (exclusive) need as one segment: weights, and activations at worst. */
  memory(first: number, last: number): number;
}

/** Measured pieces at most; where a model has more articulation points, evenly chosen ones are left out. */
const mostPieces = 48;

export async function measurePieces(
  model: ModelProto,
  shape: readonly number[] | undefined,
  update: (status: string) => void,
  signal: AbortSignal,
): Promise<Measured> {
  const survey = await surveyModel(model, engine, shape ? { shape } : {});
  const { index, seen, rows } = survey;
  if (index.inputs.length !== 1)
    throw new InputError("ERR_MODEL_INPUT", `expected a model with one input, got ${index.inputs.join(", ")}`);
  const all = singleTensorCuts(index).map(({ tensor }) => tensor);
  const step = Math.max(1, all.length / (mostPieces - 1));
  const cuts = Array.from({ length: Math.min(all.length, mostPieces - 1) }, (_, i) => all[Math.floor(i * step)]!);
  const feeds = survey.feeds(1, "place");
  update("the whole");
  const { timing: whole } = await timeAndRun(model, feeds);
  // Every head is timed as it would run, fused by the runtime; a piece is what it adds to the head before it.
  const pieces: Piece[] = [];
  const checked = new Set([0.25, 0.5, 0.75].map((share) => Math.floor(share * cuts.length)));
  let [sum, ratio, before] = [whole.median, 1, 0];
  for (let i = 0; i <= cuts.length; i++) {
    signal.throwIfAborted();
    const [from, to] = [cuts[i - 1], cuts[i]];
    update(`head ${i + 1} of ${cuts.length + 1}`);
    let until = whole.median;
    let operators = index.nodes.length;
    if (to !== undefined) {
      const [head, tail] = (await splitSegments(survey, engine, [[to]])).models;
      const { timing, found } = await timeAndRun(head!, feeds);
      operators = head!.graph!.node.length;
      until = timing.median;
      if (checked.has(i)) {
        const together = timing.median + (await timeAndRun(tail!, { ...feeds, ...found })).timing.median;
        if (Math.abs(Math.log(together / whole.median)) >= Math.abs(Math.log(ratio)))
          [sum, ratio] = [together, together / whole.median];
      }
    }
    // A longer head that took less time is noise: it adds nothing.
    const reached = Math.max(before, Math.min(until, whole.median));
    pieces.push({
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      bytes: to === undefined ? 0 : observedBytes(seen.get(to)!) / rows,
      operators,
      seconds: reached - before,
    });
    before = reached;
  }
  return {
    pieces,
    whole,
    sum,
    ratio: sum / whole.median,
    inputValues: feeds[index.inputs[0]!]!.data.length,
    memory(first, last) {
      if (first >= last) return 0;
      const { from } = pieces[first]!;
      const { to } = pieces[last - 1]!;
      const needed = segmentMemory(index, seen, rows, {
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      });
      return needed.parameters + needed.activations;
    },
  };
}

async function timeAndRun(model: ModelProto, known: Tensors): Promise<{ timing: Timing; found: Tensors }> {
  const session = await engine.load(serialiseModel(model));
  try {
    const feeds = Object.fromEntries(session.inputs.map((name) => [name, known[name]!]));
    return { found: await session.run(feeds), timing: await timeWork(() => session.run(feeds)) };
  } finally {
    await session.release();
  }
}

/**
 * Seconds of every piece on a host. A profile that timed the heads before and behind a piece gives the difference; where it
 * did not, this machine's times are scaled by what the whole takes there and here.
 */
export function pieceSeconds(host: HostSpeed, { pieces, whole }: Pick<Measured, "pieces" | "whole">): number[] {
  const profiled = host.profile?.timings;
  const ratio = profiled?.["whole"] ? profiled["whole"].median / whole.median : 1;
  const head = (tensor: string | undefined, edge: number | undefined): number | undefined =>
    tensor === undefined ? edge : profiled?.[`head@${tensor}`]?.median;
  return pieces.map(({ from, to, seconds }) => {
    const begin = head(from, 0);
    const end = head(to, profiled?.["whole"]?.median);
    if (profiled && begin !== undefined && end !== undefined) return Math.max(0, end - begin) / host.speed;
    return (seconds * ratio) / host.speed;
  });
}
