/** @file The names under which a design's work is timed: what a study measures and what a saved profile holds meet by them. */
import { pictureWork, splitWork, wholeWork } from "../cost/index.ts";
import { codecs } from "../wire/index.ts";
import {
  carriesCapture,
  codecName,
  crossingCut,
  cutName,
  exitCut,
  type Crossing,
  type Design,
  type Exit,
} from "./design.ts";

/** `whole`, `head@pool3`, `tail@pool3+64x`; between two cuts `part@pool3..pool5`. */
export function segmentWork(design: Design, index: number): string {
  const { segments, crossings } = design;
  if (segments.length === 1) return wholeWork;
  const compression = (after: number): number | undefined =>
    crossings.find((crossing) => crossing.after === after)?.bottleneck?.compression;
  const { from, to } = segments[index]!;
  // What was captured is sent past an exit, and the whole model runs there.
  if (index === segments.length - 1 && cutName(from) === cutName(segments[0]!.from)) return wholeWork;
  if (index === 0) return splitWork(cutName(to), "", compression(0)).head;
  if (index === segments.length - 1) return splitWork(cutName(from), "", compression(index - 1)).tail;
  const end = (cut: string, fewer: number | undefined): string => (fewer === undefined ? cut : `${cut}+${fewer}x`);
  return `part@${end(cutName(from), compression(index - 1))}..${end(cutName(to), compression(index))}`;
}

/** `exit@pool3`: asking an exit. */
export function exitWork(design: Pick<Design, "segments">, exit: Pick<Exit, "after">): string {
  return `exit@${cutName(exitCut(design, exit))}`;
}

/** Whether the work is to ask an exit. */
export const isExitWork = (work: string): boolean => work.startsWith("exit@");

/** Work of making a crossing's message and of reading it; absent where bytes are sent as they are. */
export function codingWork(design: Design, crossing: Crossing): { encode?: string; decode?: string } {
  // How wide the steps are makes no difference to the time that coding takes.
  const codec = codecName({ ...crossing.codec, step: undefined });
  if (codec === "raw") return {};
  // The input through a cut's codec is the cut before the first operator.
  if (carriesCapture(design, crossing) && !Object.hasOwn(codecs, crossing.codec.kind)) return pictureWork(codec);
  return splitWork(cutName(crossingCut(design, crossing)), codec, crossing.bottleneck?.compression);
}
