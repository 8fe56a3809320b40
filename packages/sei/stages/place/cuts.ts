/** @file The cuts that take a model apart one after the other: of one tensor or of several, each behind the one before it. */
import { imageBytes, nodeMacs, nodesTowards, planSegments, singleCuts, usefulCuts } from "@split-et-impera/core/onnx";
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

/**
 * All cuts of one tensor, and between them as many of several as lie one behind the other, those with the fewest bytes first:
 * of two that cross each other one would have to run what the other has not yet. What does little is not cut off.
 * @param most cuts at most; of more, evenly chosen ones are left out
 */
export function cutsInARow(survey: Survey, most: number): Cut[] {
  const { index } = survey;
  const placed: Placed[] = [];
  const macs = index.nodes.map((_, i) => (index.live[i] ? nodeMacs(index, i, survey.seen) : 0));
  const all = macs.reduce((sum, one) => sum + one, 0);
  const workBetween = (first: Placed | undefined, second: Placed | undefined): number =>
    macs.reduce((sum, one, i) => ((second?.head[i] ?? true) && !(first?.head[i] ?? false) ? sum + one : sum), 0);
  const offer = (cut: Cut, tail: boolean[]): void => {
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
    if (cut.length > 1 && Math.min(...parts) < worthCutting * all) return;
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
  const several = usefulCuts(index, (name) => imageBytes(survey, name), { most: mostSeveral });
  for (const { tensors, tail } of several.toSorted((a, b) => a.bytes - b.bytes)) {
    const behind = index.nodes.map(() => false);
    for (const i of tail) behind[i] = true;
    offer(tensors, behind);
  }
  const step = Math.max(1, placed.length / most);
  const count = Math.min(placed.length, most);
  return Array.from({ length: count }, (_, i) => placed[Math.floor(i * step)]!.cut);
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
  const { index } = survey;
  if (cuts.length === 0) return undefined;
  try {
    return planSegments(index, cuts);
  } catch (error) {
    const alone = cuts.filter(({ length }) => length === 1);
    if (!(error instanceof InputError) || alone.length === cuts.length) throw error;
    return planned(survey, alone);
  }
}
