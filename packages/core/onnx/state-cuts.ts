/** @file Cuts of models that carry state: which of them leave every state whole on one side, and what mends the others. */
import { InputError } from "../errors/index.ts";
import type { GraphIndex } from "./graph.ts";
import { planSegments, type Plan } from "./plan.ts";
import { dependents, reachBack } from "./separate.ts";
import { withoutState, type StatePair } from "./state.ts";

/** Which state lies on which side of a cut, by its inputs. */
export interface StateSides {
  head: string[];
  tail: string[];
}

export function sidesOf({ state }: Pick<Plan, "state">): StateSides {
  const on = (side: number): string[] => state.flatMap(({ input, segment }) => (segment === side ? [input] : []));
  return { head: on(0), tail: on(1) };
}

/** The plan of a cut; undefined where it is none, or would part a state. */
export function planOf(index: GraphIndex, cut: readonly string[], state: readonly StatePair[]): Plan | undefined {
  try {
    return planSegments(index, [cut], state);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/**
 * A cut with what both sides make of the state that the head holds, such as a mask as long as past keys: it crosses, so
 * that the tail reads no state of the head.
 *
 * @param cut one that separates the answers from what is fed beside state
 */
export function withWhatStateMakes(index: GraphIndex, cut: readonly string[], state: readonly StatePair[]): string[] {
  const stepless = withoutState(index, state);
  const head = new Set(reachBack(stepless, cut, new Set()).nodes);
  const tail = new Set(reachBack(stepless, stepless.outputs, new Set(cut)).nodes);
  const behind = dependents(index, cut);
  const reads = (nodes: ReadonlySet<number>, name: string): boolean =>
    (index.consumers.get(name) ?? []).some((i) => nodes.has(i));
  const shared = state.filter(({ input, output }) => {
    return index.producer.has(output) && !behind.has(output) && reads(head, input) && reads(tail, input);
  });
  if (shared.length === 0) return [...cut];
  const made = dependents(
    index,
    shared.map(({ input }) => input),
  );
  const early = (name: string): boolean => {
    const maker = index.producer.get(name);
    return made.has(name) && maker !== undefined && !stepless.live[maker];
  };
  const crossing = [...tail].filter((i) => stepless.live[i]).flatMap((i) => index.reads[i]!.filter(early));
  return [...new Set([...cut, ...crossing])];
}
