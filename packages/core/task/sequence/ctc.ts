/**
 * @file From scores per step to text, as connectionist temporal classification has it: A. Graves et al., "Connectionist
 * Temporal Classification" (2006); best path decoding.
 */
import { largest } from "../outputs.ts";
import type { Walk } from "./axes.ts";

/** The class with the largest score at every step of a sample; the first of equals. */
export function bestPath(scores: ArrayLike<number>, walk: Walk, sample: number): number[] {
  return Array.from({ length: walk.steps }, (_, step) =>
    largest(scores, walk.start(sample, step), walk.classes, walk.stride),
  );
}

/** What a path says: of repeated classes one, and no blanks. A blank between two of a kind keeps both. */
export function collapse(path: readonly number[], blank: number): number[] {
  return path.filter((label, step) => label !== blank && (step === 0 || label !== path[step - 1]));
}

/** The characters of all classes: those of the alphabet in order around the blank, which has none, then a space if asked for. */
export function classCharacters(alphabet: readonly string[], blank: number, space: boolean): string[] {
  const characters = space ? [...alphabet, " "] : [...alphabet];
  characters.splice(blank, 0, "");
  return characters;
}
