/** @file Which segment holds which state: the one that reads it, if the same can make what follows it. */
import { InputError } from "../errors/index.ts";
import { describe, type GraphIndex } from "./graph.ts";
import type { StatePair } from "./state.ts";

/** A pair of state with the number of the segment that holds it. */
export interface HeldState extends StatePair {
  segment: number;
}

/**
 * Where state lies when the answers are made by segments of these nodes; undefined for a pair of which no segment reads
 * the input.
 *
 * @throws InputError `ERR_CUT_STATE` where two segments read one state: it stays on the host that makes it
 */
export function readersOf(
  index: GraphIndex,
  state: readonly StatePair[],
  segments: readonly (readonly number[])[],
): (number | undefined)[] {
  const sets = segments.map((nodes) => new Set(nodes));
  return state.map(({ input }) => {
    const readers = index.consumers.get(input) ?? [];
    const found = sets.flatMap((nodes, s) => {
      const reader = readers.find((i) => nodes.has(i));
      return reader === undefined ? [] : [{ s, reader }];
    });
    const [first, other] = found;
    if (first && other) throw onBothSides(index, input, [first.reader, other.reader]);
    return first?.s;
  });
}

/**
 * Checks that what a segment runs only to make the next step's state is not the work of another.
 *
 * @param plain nodes of the segments by their answers
 * @param whole the same with what makes the state that they hold
 */
export function checkHeld(
  index: GraphIndex,
  held: readonly HeldState[],
  plain: readonly (readonly number[])[],
  whole: readonly (readonly number[])[],
  live: readonly boolean[],
): void {
  const owner = new Map(plain.flatMap((nodes, s) => nodes.flatMap((i) => (live[i] ? [[i, s] as const] : []))));
  whole.forEach((nodes, s) => {
    const own = new Set(plain[s]);
    const foreign = nodes.find((i) => !own.has(i) && (owner.get(i) ?? s) > s);
    if (foreign === undefined) return;
    const { input, output } = held.find(({ segment }) => segment === s)!;
    throw new InputError(
      "ERR_CUT_STATE",
      `the state "${input}" is read before the cut, and ${describe(index.nodes[foreign]!)}, which makes "${output}" of it, ` +
        "lies behind it: state stays on one host; cut before what reads it, or behind what makes it",
    );
  });
  const holder = new Map(held.map(({ input, segment }) => [input, segment]));
  whole.forEach((nodes, s) => {
    for (const i of nodes)
      for (const name of index.reads[i]!) {
        const at = holder.get(name) ?? s;
        if (at === s) continue;
        const reader = whole[at]!.find((node) => index.reads[node]!.includes(name)) ?? i;
        throw onBothSides(index, name, [reader, i].sort((a, b) => a - b) as [number, number]);
      }
  });
}

function onBothSides(index: GraphIndex, input: string, [before, behind]: readonly [number, number]): InputError {
  const [first, second] = [before, behind].map((i) => describe(index.nodes[i]!));
  const who = before === behind ? `${first} on both sides` : `${first} before a cut and by ${second} behind it`;
  return new InputError(
    "ERR_CUT_STATE",
    `the state "${input}" is read by ${who}: state stays on one host; cut what is made of it too, or elsewhere`,
  );
}
