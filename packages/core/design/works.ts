/** @file The names under which a design's work is timed: what a study measures and what a saved profile holds meet by them. */
import { pictureWork, splitWork, wholeWork } from "../cost/index.ts";
import { codecs } from "../wire/index.ts";
import { codecName, crossingCut, cutName, type Crossing, type Design } from "./design.ts";

/** `whole`, `head@pool3`, `tail@pool3+64x`; between two cuts `part@pool3..pool5`. */
export function segmentWork(design: Design, index: number): string {
  const { segments, crossings } = design;
  if (segments.length === 1) return wholeWork;
  const compression = (after: number): number | undefined =>
    crossings.find((crossing) => crossing.after === after)?.bottleneck?.compression;
  const { from, to } = segments[index]!;
  if (index === 0) return splitWork(cutName(to), "", compression(0)).head;
  if (index === segments.length - 1) return splitWork(cutName(from), "", compression(index - 1)).tail;
  const end = (cut: string, fewer: number | undefined): string => (fewer === undefined ? cut : `${cut}+${fewer}x`);
  return `part@${end(cutName(from), compression(index - 1))}..${end(cutName(to), compression(index))}`;
}

/** Work of making a crossing's message and of reading it; absent where bytes are sent as they are. */
export function codingWork(design: Design, crossing: Crossing): { encode?: string; decode?: string } {
  const codec = codecName(crossing.codec);
  if (codec === "raw") return {};
  // The input through a cut's codec is the cut before the first operator.
  if (crossing.after < 0 && !Object.hasOwn(codecs, crossing.codec.kind)) return pictureWork(codec);
  return splitWork(cutName(crossingCut(design, crossing)), codec, crossing.bottleneck?.compression);
}
