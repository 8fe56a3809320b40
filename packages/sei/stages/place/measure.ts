/** @file The pieces of a model timed on this machine, as far as the time goes, and whether they add up. */
import {
  callOn,
  carryOver,
  splitWork,
  wholeWork,
  type Cost,
  type Costs,
  type HostSpeed,
} from "@split-et-impera/core/cost";
import { serialiseModel, splitSegments, type ModelProto } from "@split-et-impera/core/onnx";
import type { Tensors } from "@split-et-impera/core/tensor";
import { emptyCalls, timeWorks, type Work as Timed } from "../measure/index.ts";
import { engine } from "@split-et-impera/ort";
import type { Apart, Piece } from "./pieces.ts";
import { addedSeconds, entrySeconds } from "./added.ts";
import { fit, leaveOneOut, shareOut, type Work } from "./estimate.ts";

export interface TimedPiece extends Piece {
  /** What it adds to the time of the head before it, on this machine; together the whole's. */
  seconds: number;
  /** False where that was shared out among pieces by their work, because the time did not allow to measure each. */
  measured: boolean;
}

export interface Measured {
  pieces: TimedPiece[];
  whole: Cost;
  /** Of the whole and the heads, under their names as works. */
  costs: Costs;
  /** Head and tail timed apart and added up, at the cut where this differs most from the whole, and divided by it. */
  sum: number;
  ratio: number;
  /**
   * What a segment behind a cut takes more than its pieces add up to, at least an empty call: what is not fused. The
   * median of three cuts.
   */
  entry: number;
  /** Of estimated pieces' times, as a share, by leaving measured ones out; absent where all are measured, or too few. */
  error?: number;
}

/** Cuts at which head and tail are timed apart. */
const checks = 3;

/**
 * Times a model and its heads, the middle one first, then those in the middle of what is left, as far as `seconds` go.
 * Every head is timed as it would run, fused by the runtime, and by turns with the whole, so that what else the machine
 * does slows both alike; a piece is what it adds to the head before it.
 */
export async function measurePieces(
  { survey, pieces, works }: Apart,
  seconds: number,
  update: (status: string) => void,
  signal: AbortSignal,
): Promise<Measured> {
  const deadline = performance.now() + 1000 * seconds;
  const heads = pieces.length - 1;
  const feeds = survey.feeds(1, "place");
  update("the whole");
  await using whole = await opened(survey.model, feeds);
  await using calls = emptyCalls(engine);
  const first = feeds[survey.inputs[0]?.name ?? ""];
  const wholeRun: Timed = { run: whole.run, ...(first && { call: calls.for(first) }) };
  let quietest = (await timeWorks(new Map([[wholeWork, wholeRun]]), signal))[wholeWork]!;
  /** Of the whole's time, from the input to the end of a piece, where measured. */
  const shares = new Map<number, number>([[heads, 1]]);
  const costs: Record<string, Cost> = {};
  /** What head and tail take, of the whole's time. */
  const sums: number[] = [];
  for (const [n, i] of fromTheMiddle(heads).entries()) {
    signal.throwIfAborted();
    if (n > 0 && performance.now() > deadline) break;
    update(`head ${n + 1} of ${heads}`);
    const models = splitSegments(survey, [pieces[i]!.tensors]).models;
    await using head = await opened(models[0]!, feeds);
    const list = new Map<string, Timed>([
      [wholeWork, wholeRun],
      ["head", { run: head.run }],
    ]);
    await using tail = n < checks ? await opened(models[1]!, { ...feeds, ...head.found }) : undefined;
    if (tail) list.set("tail", { run: tail.run });
    const timed = await timeWorks(list, signal);
    const unit = timed[wholeWork]!;
    if (unit.seconds < quietest.seconds) quietest = unit;
    costs[splitWork(pieces[i]!.to!, "").head] = timed["head"]!;
    shares.set(i, timed["head"]!.seconds / unit.seconds);
    if (tail) sums.push((timed["head"]!.seconds + timed["tail"]!.seconds) / unit.seconds);
  }
  const reached = new Map([...shares].map(([i, share]) => [i, share * quietest.seconds]));
  const timed = timesOf(works, reached);
  const ratio = sums.reduce((far, one) => (Math.abs(Math.log(one)) > Math.abs(Math.log(far)) ? one : far), 1);
  return {
    pieces: pieces.map((piece, i) => ({ ...piece, ...timed.pieces[i]! })),
    whole: quietest,
    costs: { [wholeWork]: quietest, ...costs },
    sum: ratio * quietest.seconds,
    ratio,
    entry: entrySeconds(
      sums.map((sum) => sum * quietest.seconds),
      quietest.seconds,
      quietest.call,
    ),
    ...(timed.error !== undefined && { error: timed.error }),
  };
}

/** 0 to count - 1: the middle, the middles of both halves, and so on. */
export function fromTheMiddle(count: number): number[] {
  const order: number[] = [];
  const parts: [number, number][] = [[0, count]];
  for (const [from, to] of parts) {
    if (from >= to) continue;
    const middle = (from + to) >> 1;
    order.push(middle);
    parts.push([from, middle], [middle + 1, to]);
  }
  return order;
}

/**
 * Seconds of every piece: differences of measured heads, shared out by work where several pieces lie between two of them.
 * @param reached seconds from the input to the end of a piece; the last piece's, the whole, is kept
 */
export function timesOf(
  works: readonly Work[],
  reached: ReadonlyMap<number, number>,
): { pieces: Pick<TimedPiece, "seconds" | "measured">[]; error?: number } {
  const ends = [...reached.keys()].sort((a, b) => a - b);
  const added = addedSeconds(ends.map((end) => reached.get(end)!));
  const runs = ends.map((end, i) => ({
    works: works.slice(i === 0 ? 0 : ends[i - 1]! + 1, end + 1),
    seconds: added[i]!,
  }));
  const add = (list: readonly Work[]): Work =>
    [0, 1, 2, 3].map((k) => list.reduce((sum, work) => sum + work[k]!, 0)) as Work;
  const samples = runs.map((run) => ({ work: add(run.works), seconds: run.seconds }));
  const rates = fit(samples);
  const pieces = runs.flatMap((run) =>
    shareOut(run.seconds, rates, run.works).map((seconds) => ({ seconds, measured: run.works.length === 1 })),
  );
  const error = pieces.every(({ measured }) => measured) ? undefined : leaveOneOut(samples);
  return { pieces, ...(error !== undefined && { error }) };
}

/** A model that waits to be run, and what it answers. */
async function opened(
  model: ModelProto,
  known: Tensors,
): Promise<AsyncDisposable & { run: () => Promise<Tensors>; found: Tensors }> {
  const session = await engine.load(serialiseModel(model));
  const feeds = Object.fromEntries(session.inputs.map((name) => [name, known[name]!]));
  const run = (): Promise<Tensors> => session.run(feeds);
  try {
    return { run, found: await run(), [Symbol.asyncDispose]: () => session.release() };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/**
 * Seconds of every piece on a host. A profile that timed the heads before and behind a piece gives the difference; where it
 * did not, this machine's times are scaled by what the whole takes there and here.
 */
export function pieceSeconds(
  host: HostSpeed,
  { pieces, whole }: { pieces: readonly Pick<TimedPiece, "from" | "to" | "seconds">[]; whole: Cost },
): number[] {
  const profiled = host.profile?.works;
  const head = (tensor: string | undefined, edge: number | undefined): number | undefined =>
    tensor === undefined ? edge : profiled?.[splitWork(tensor, "float32").head]?.seconds;
  return pieces.map(({ from, to, seconds }) => {
    const begin = head(from, 0);
    const end = head(to, profiled?.[wholeWork]?.seconds);
    if (profiled && begin !== undefined && end !== undefined) return Math.max(0, end - begin) / host.speed;
    return from === undefined ? withCall(host, seconds, whole) : carryOver(host, seconds, whole);
  });
}

/** Seconds on a host of what takes `seconds` here with one call of the engine, which does not grow with the work. */
export function withCall(host: HostSpeed, seconds: number, whole: Cost): number {
  return carryOver(host, Math.max(0, seconds - (whole.call ?? 0)), whole) + callOn(host, whole);
}
