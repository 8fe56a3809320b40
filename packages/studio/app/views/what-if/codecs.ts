/** @file Which designs remain where tensors cross links in one codec alone. */
import { carriesCapture, type DesignResult } from "@split-et-impera/core/design";

/** Of the tensors that a design sends between its segments, each codec once; the input's own format is none of them. */
const codecsOf = (design: DesignResult): string[] =>
  design.crossings.flatMap((crossing) => (carriesCapture(design, crossing) ? [] : [crossing.codec.kind]));

/** What can be chosen; nothing where the study tried no two. */
export function codecChoice(designs: readonly DesignResult[]): string[] {
  const all = [...new Set(designs.flatMap(codecsOf))];
  return all.length > 1 ? all : [];
}

/** Designs that send tensors in this codec, and those that send none; all, where none is chosen. */
export const inCodec = (designs: readonly DesignResult[], codec: string | undefined): readonly DesignResult[] =>
  codec === undefined ? designs : designs.filter((one) => codecsOf(one).every((name) => name === codec));
