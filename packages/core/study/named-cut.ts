/** @file A cut as a study names it. */

/** A tensor, or the tensors of a cut of several. */
export type NamedCut = string | string[];

/** As the study's file has it: `pool1`, `[relu1, conv2]`. */
export function namedCutText(cut: NamedCut): string {
  return typeof cut === "string" ? cut : `[${cut.join(", ")}]`;
}
