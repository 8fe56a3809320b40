/** @file What the match recommends at other rates and losses of the link: every cell simulated, no cell guessed. */
import {
  checkDesign,
  summariseFrames,
  sustainedRate,
  type DesignResult,
  type FrameOutcome,
  type LossMapResult,
  type TransportName,
  type Verdict,
  type Work,
} from "@split-et-impera/core/design";
import { type Metric, type Study } from "@split-et-impera/core/study";
import { clusteredDifference } from "@split-et-impera/core/statistics";
import { evaluate, workOf, type Evaluated, type EvaluateOptions } from "./evaluate.ts";
import type { Prepared } from "./prepared.ts";
import type { Workbench } from "./workbench.ts";

/** The link's rate is multiplied by these, three to a decade: a twentieth to twenty times. */
const factors = Array.from({ length: 9 }, (_, i) => 10 ** ((i - 4) / 3));

/** A design at the study's own rate, which is all that does not depend on the link. */
export interface Known {
  prepared: Prepared;
  transport: TransportName | undefined;
  /** At the study's losses, by loss. */
  at: ReadonlyMap<number, Evaluated>;
}

export interface LossMapInput {
  bench: Workbench;
  designs: readonly Known[];
  losses: readonly number[];
  options: Omit<EvaluateOptions, "loss">;
  match(designs: readonly Evaluated[]): Verdict;
  update(status: string): void;
}

/**
 * The recommended design per loss and rate. At other rates than the study's, designs are simulated only where they could
 * meet every requirement: not where frames that arrive whole and meet no loss would come too late.
 */
export async function lossMapOf(input: LossMapInput): Promise<LossMapResult> {
  const { bench, designs, losses, options, match, update } = input;
  const { study, signal } = bench;
  const given = study.links[0]!.rate;
  const rates = factors.map((factor) => given * factor);
  const recommended: (string | null)[][] = losses.map(() => []);
  for (const rate of rates) {
    const there: Study = { ...study, links: [{ ...study.links[0]!, rate }] };
    // At the study's own rate all are simulated already.
    const able = rate === given ? designs : designs.filter((one) => couldFit(bench, there, one, options));
    for (const [row, loss] of losses.entries()) {
      const found: Evaluated[] = [];
      for (const { prepared, transport, at } of able) {
        signal.throwIfAborted();
        const same = rate === given || transport === undefined ? at.get(loss) : undefined;
        found.push(same ?? (await evaluate({ ...bench, study: there }, prepared, transport, { ...options, loss })));
        // Ctrl-C needs a turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
      recommended[row]!.push((found.length > 0 && match(found).recommended) || null);
      update(`${recommended.flat().length} of ${rates.length * losses.length} rates and losses`);
    }
  }
  return { frames: study.frames.count, rates, losses: [...losses], recommended };
}

/** Whether a design meets every requirement with all frames whole and at their quickest. */
function couldFit(
  bench: Workbench,
  study: Study,
  { prepared, transport, at }: Known,
  { baseline, deadline }: LossMapInput["options"],
): boolean {
  const [known] = [...at.values()];
  const work = workOf(bench, prepared);
  const { result } = known!;
  const { clean } = result.accuracy;
  const metrics = {
    ...result,
    accuracy: { clean, delivered: clean },
    accuracyDrop: prepared.exact
      ? { value: 0, lo: 0, hi: 0, n: baseline.length }
      : clusteredDifference({ scores: baseline }, { scores: prepared.correct }),
    ...summariseFrames(quickestFrames(study, work, transport), deadline),
    throughput: sustainedRate(work, study.links[0]!, transport),
  };
  // Over UDP the frames are judged too: what the images leave undecided they may decide.
  const judged = new Set<Metric>(transport === "udp" ? ["accuracy", "accuracy-drop"] : []);
  return checkDesign(metrics, study.requirements).every(
    ({ state, requirement }) => state === "met" || (state === "undecided" && judged.has(requirement.metric)),
  );
}

/**
 * Lower bounds of the latencies of all frames that arrive whole: frame i is done no sooner than its slowest stage has
 * done i + 1 frames. Over UDP the link is no such stage: what overflows its queue holds nobody up.
 */
export function quickestFrames(
  { frames, links }: Study,
  work: Work,
  transport: TransportName | undefined,
): FrameOutcome[] {
  const { rate, delay } = links[0]!;
  const { remote } = work;
  const here = work.head + work.encode;
  const wire = remote ? (8 * remote.bytes.reduce((a, b) => Math.min(a, b), Infinity)) / rate : 0;
  const there = remote ? remote.decode + remote.tail : 0;
  const back = (frames.answer.host === frames.host) === (remote !== undefined) ? delay : 0;
  const alone = here + (remote ? wire + delay : 0) + there + back;
  const slowest = transport === "udp" ? here : Math.max(here, wire, there);
  const wait = Math.max(0, slowest - 1 / frames.rate);
  return Array.from({ length: frames.count }, (_, i) => ({ latency: alone + i * wait, parts, missing: none }));
}

const none = new Uint32Array();
const parts: DesignResult["parts"] = { head: 0, encode: 0, queue: 0, wire: 0, decode: 0, tail: 0, answer: 0 };
