/** @file The pieces of a model between its articulation points, each timed on this machine, and whether they add up. */
import { secondsOn, segmentMemory, type HostSpeed, type Timing } from "@split-et-impera/core/compute";
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
  operators: number;
  timing: Timing;
}

export interface Measured {
  pieces: Piece[];
  whole: Timing;
  /** The pieces' medians added up, in seconds, and divided by the whole's. */
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
  const whole = await timeModel(model, feeds);
  const models =
    cuts.length > 0
      ? (
          await splitSegments(
            survey,
            engine,
            cuts.map((name) => [name]),
          )
        ).models
      : [model];
  const pieces: Piece[] = [];
  const known: Tensors = { ...feeds };
  for (const [i, part] of models.entries()) {
    signal.throwIfAborted();
    const [from, to] = [cuts[i - 1], cuts[i]];
    update(`piece ${i + 1} of ${models.length}`);
    const { timing, found } = await timeAndRun(part, known);
    Object.assign(known, found);
    pieces.push({
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      bytes: to === undefined ? 0 : observedBytes(seen.get(to)!) / rows,
      operators: part.graph!.node.length,
      timing,
    });
  }
  const sum = pieces.reduce((total, { timing }) => total + timing.median, 0);
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

async function timeModel(model: ModelProto, feeds: Tensors): Promise<Timing> {
  return (await timeAndRun(model, feeds)).timing;
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
  const head = (tensor: string | undefined, edge: number | undefined): number | undefined =>
    tensor === undefined ? edge : profiled?.[`head@${tensor}`]?.median;
  return pieces.map(({ from, to, timing }) => {
    const begin = head(from, 0);
    const end = head(to, profiled?.["whole"]?.median);
    if (profiled && begin !== undefined && end !== undefined) return Math.max(0, end - begin) / host.speed;
    return secondsOn(host, "piece", { whole, piece: timing });
  });
}
