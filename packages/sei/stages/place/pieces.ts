/** @file The pieces of a model between its articulation points: what they are, carry and need. */
import { segmentMemory, type SegmentMemory } from "@split-et-impera/core/cost";
import { InputError } from "@split-et-impera/core/errors";
import {
  observedBytes,
  singleTensorCuts,
  surveyModel,
  type GraphIndex,
  type ModelProto,
  type Survey,
} from "@split-et-impera/core/onnx";
import { engine } from "@split-et-impera/ort";
import { workBetween, type Work } from "./estimate.ts";

/** A part of a model between two tensors through which everything goes. */
export interface Piece {
  /** The tensor that it reads; absent for the model's input. */
  from?: string;
  /** The tensor that it makes; absent for the model's output. */
  to?: string;
  /** Bytes of that tensor for one image, as it is. */
  bytes: number;
  /** Of the model up to its end, in the index's order. */
  operators: number;
}

/** A model taken apart. */
export interface Apart {
  survey: Survey;
  index: GraphIndex;
  pieces: Piece[];
  /** What each piece's operators do. */
  works: Work[];
  /** Bytes that each piece needs: weights, and activations at worst. */
  needs: SegmentMemory[];
  /** Values of one image. */
  inputValues: number;
}

/** Pieces at most; where a model has more articulation points, evenly chosen ones are left out. */
const mostPieces = 200;

/** @param shape of the input, without the batch, where the model leaves it open */
export async function takeApart(model: ModelProto, shape: readonly number[] | undefined): Promise<Apart> {
  const survey = await surveyModel(model, engine, shape ? { shape } : {});
  const { index, seen, rows } = survey;
  const [input] = index.inputs;
  if (input === undefined || index.inputs.length > 1)
    throw new InputError(
      "ERR_MODEL_INPUT",
      `expected a model with one input, got ${index.inputs.join(", ") || "none"}`,
    );
  const all = singleTensorCuts(index);
  const step = Math.max(1, all.length / (mostPieces - 1));
  const cuts = Array.from({ length: Math.min(all.length, mostPieces - 1) }, (_, i) => all[Math.floor(i * step)]!);
  const end = (i: number): number => (i < 0 ? 0 : cuts[i] ? cuts[i].node + 1 : index.nodes.length);
  const pieces = [...cuts, undefined].map((cut, i): Piece => {
    const piece: Piece = { bytes: cut ? observedBytes(seen.get(cut.tensor)!) / rows : 0, operators: end(i) };
    if (i > 0) piece.from = cuts[i - 1]!.tensor;
    if (cut) piece.to = cut.tensor;
    return piece;
  });
  return {
    survey,
    index,
    pieces,
    works: pieces.map((_, i) => workBetween(index, seen, rows, end(i - 1), end(i))),
    needs: pieces.map(({ from, to }) =>
      segmentMemory(index, seen, rows, { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }),
    ),
    inputValues: survey.feeds(1, "place")[input]!.data.length,
  };
}
