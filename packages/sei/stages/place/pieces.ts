/** @file The pieces of a model between its cuts: what they are, carry and need. */
import { segmentMemory, type SegmentMemory } from "@split-et-impera/core/cost";
import {
  imageBytes,
  surveyModel,
  type Cut,
  type InputOptions,
  type ModelProto,
  type Survey,
} from "@split-et-impera/core/onnx";
import { elementBytes, sizeOf } from "@split-et-impera/core/tensor";
import { engine } from "@split-et-impera/ort";
import { cutsInARow, planned, thinned } from "./cuts.ts";
import { uncountedIn, workOf, type Work } from "./estimate.ts";

/** A part of a model between two cuts: sets of tensors through which everything goes. */
export interface Piece {
  /** The tensors that it is given, joined by commas; absent for the model's inputs. */
  from?: string;
  /** The tensors that are there behind it; absent for the model's outputs. */
  to?: string;
  /** The same by name; none for the model's outputs. */
  tensors: string[];
  /** Bytes of these tensors for one image, as they are. */
  bytes: number;
  /** Of these, bytes of what is no float32: no codec makes them fewer. */
  plainBytes: number;
  /** Operators in it. */
  operators: number;
}

/** A model taken apart. */
export interface Apart {
  survey: Survey;
  pieces: Piece[];
  /** Nodes of every piece; what several compute for themselves is in each. */
  nodes: number[][];
  /** What each piece's operators do. */
  works: Work[];
  /** Kinds of operators whose work is not known: the times of pieces with them are guessed worst. */
  uncounted: string[];
  /** Bytes that each piece needs: weights, and activations at worst. */
  needs: SegmentMemory[];
}

/** Pieces at most. */
const mostPieces = 200;

/** @param shape of the data's rows, for what the one input leaves open */
export async function takeApart(model: ModelProto, inputs: InputOptions = {}): Promise<Apart> {
  const survey = await surveyModel(model, engine, inputs);
  const { index, seen, rows } = survey;
  const plan = planned(survey, thinned(cutsInARow(survey), mostPieces - 1));
  const ends: (Cut | undefined)[] = [...(plan?.cuts ?? []), undefined];
  const nodes = plan?.segments.map((segment) => segment.nodes) ?? [index.nodes.map((_, i) => i)];
  const pieces = ends.map((end, i): Piece => {
    const from = i === 0 ? undefined : ends[i - 1]!;
    const bytes = (names: readonly string[]): number => names.reduce((sum, name) => sum + imageBytes(survey, name)!, 0);
    return {
      ...(from && { from: from.join() }),
      ...(end && { to: end.join() }),
      tensors: [...(end ?? [])],
      bytes: bytes(end ?? []),
      plainBytes: bytes((end ?? []).filter((name) => seen.get(name)!.type !== "float32")),
      operators: nodes[i]!.filter((v) => index.live[v]).length,
    };
  });
  return {
    survey,
    pieces,
    nodes,
    works: nodes.map((list) => workOf(index, seen, rows, list)),
    uncounted: uncountedIn(index),
    needs: ends.map((end, i) =>
      segmentMemory(index, seen, rows, { ...(i > 0 && { from: ends[i - 1]! }), ...(end && { to: end }) }),
    ),
  };
}

/**
 * Bytes of a frame as it is captured.
 * @param pixels shape of the data's rows where these are pictures, whose values are a byte each
 */
export function captured({ survey }: Apart, pixels: readonly number[] | undefined): number {
  const feeds = survey.feeds(1, "place");
  return survey.inputs.reduce((sum, { name }) => {
    const { dims, type } = feeds[name]!;
    const picture = pixels !== undefined && dims.slice(1).join() === pixels.join();
    return sum + sizeOf(dims) * (picture ? 1 : elementBytes(type));
  }, 0);
}
