/** @file The cuts that take a model apart one after the other: of one tensor or of several, each behind the one before it. */
import {
  imageBytes,
  nodeMacs,
  nodesTowards,
  planSegments,
  severalCuts,
  singleCuts,
  usefulCuts,
} from "@split-et-impera/core/onnx";
import type { Cut, Plan, Survey } from "@split-et-impera/core/onnx";
import { InputError } from "@split-et-impera/core/errors";

interface Placed {
  cut: Cut;
  /** Per node, whether what is cut needs it, and whether what comes behind the cut does. */
  head: boolean[];
  tail: boolean[];
  /** Nodes in the head that run. */
  size: number;
}

/** Cuts of several tensors that are looked at, those with the fewest bytes. */
const mostSeveral = 400;
/** A cut of several tensors leaves at least this share of the whole's work on its sides, up to the next cuts. */
const worthCutting = 0.01;

export interface RowOptions {
  /** Cuts of several tensors that come before others, whatever they weigh and part. */
  first?: readonly Cut[];
  /** Whether a cut can be used at all. */
  usable?(cut: Cut): boolean;
}

/**
 * All cuts of one tensor, and between them as many of several as lie one behind the other, those with the fewest bytes first:
 * of two that cross each other one would have to run what the other has not yet. What does little is not cut off.
 */
export function cutsInARow(survey: Survey, { first = [], usable = () => true }: RowOptions = {}): Cut[] {
  const { index, state } = survey;
  const placed: Placed[] = [];
  const macs = index.nodes.map((_, i) => (index.live[i] ? nodeMacs(index, i, survey.seen) : 0));
  const all = macs.reduce((sum, one) => sum + one, 0);
  const workBetween = (first: Placed | undefined, second: Placed | undefined): number =>
    macs.reduce((sum, one, i) => ((second?.head[i] ?? true) && !(first?.head[i] ?? false) ? sum + one : sum), 0);
  const offer = (cut: Cut, tail: boolean[], least = worthCutting): void => {
    if (!usable(cut)) return;
    const head = nodesTowards(index, cut);
    const size = head.filter((needed, i) => needed && index.live[i]).length;
    let at = placed.findIndex((other) => other.size >= size);
    if (at < 0) at = placed.length;
    const one = { cut, head, tail, size };
    const before = placed[at - 1];
    const after = placed[at];
    if (before && !follows(survey, before, one)) return;
    if (after && !follows(survey, one, after)) return;
    const parts = [workBetween(before, one), workBetween(one, after)];
    if (cut.length > 1 && Math.min(...parts) < least * all) return;
    placed.splice(at, 0, one);
  };
  for (const { tensors } of singleCuts(survey)) {
    const [tensor] = tensors;
    const head = nodesTowards(index, [tensor!]);
    const needed = nodesTowards(index, index.outputs);
    offer(
      tensors,
      needed.map((is, i) => is && !head[i]),
    );
  }
  const among = (nodes: readonly number[]): boolean[] => {
    const is = index.nodes.map(() => false);
    for (const i of nodes) is[i] = true;
    return is;
  };
  for (const cut of first) offer(cut, among(planSegments(index, [cut], state).segments[1]!.nodes), 0);
  const bytesOf = (name: string): number | undefined => imageBytes(survey, name);
  const several =
    state.length > 0
      ? severalCuts(survey, { most: mostSeveral }).map(({ tensors, bytes }) => ({
          tensors,
          bytes,
          tail: planSegments(index, [tensors], state).segments[1]!.nodes,
        }))
      : usefulCuts(index, bytesOf, { most: mostSeveral });
  for (const { tensors, tail } of several.toSorted((a, b) => a.bytes - b.bytes)) offer(tensors, among(tail));
  return placed.map(({ cut }) => cut);
}

/** At most so many of a list, evenly chosen, and those that are wanted in any case. */
export function thinned<T>(list: readonly T[], most: number, wanted: (one: T) => boolean = () => false): T[] {
  const step = Math.max(1, list.length / most);
  const kept = new Set(Array.from({ length: Math.min(list.length, most) }, (_, i) => list[Math.floor(i * step)]));
  return list.filter((one) => kept.has(one) || wanted(one));
}

/** Whether a cut lies behind another: all that the first has run it has, and something between them runs. */
function follows({ index }: Survey, first: Placed, second: Placed): boolean {
  let between = false;
  for (let i = 0; i < index.nodes.length; i++) {
    if (!index.live[i]) continue;
    if (first.head[i] && !second.head[i]) return false;
    if (second.tail[i] && !first.tail[i]) return false;
    between ||= second.head[i]! && !first.head[i]!;
  }
  return between;
}

/** The segments between cuts in a row; where the model does not allow all of them together, those of one tensor only. */
export function planned(survey: Survey, cuts: readonly Cut[]): Plan | undefined {
  const { index, state } = survey;
  if (cuts.length === 0) return undefined;
  try {
    return planSegments(index, cuts, state);
  } catch (error) {
    const alone = cuts.filter(({ length }) => length === 1);
    if (!(error instanceof InputError) || alone.length === cuts.length) throw error;
    return planned(survey, alone);
  }
}
