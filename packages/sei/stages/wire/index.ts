/** @file What a cut is worth on the wire: bytes and quality of every codec, of pictures beside them, and under loss. */
import type { Engine } from "@split-et-impera/core/engine";
import { internal } from "@split-et-impera/core/errors";
import type { Cut } from "@split-et-impera/core/design";
import { bottleneckName, codecName, inputName } from "@split-et-impera/core/design";
import type { Inspection } from "@split-et-impera/core/onnx";
import type { Estimate } from "@split-et-impera/core/statistics";
import type { DataOptions, PcaOptions } from "@split-et-impera/core/study";
import { pairedOf, qualityOf, type Evidence, type Metric } from "@split-et-impera/core/task";
import type { CodecKind } from "@split-et-impera/core/wire";
import type { Samples } from "../../data/index.ts";
import { examineWhole, type Exam } from "../answers/index.ts";
import type { Progress } from "../context.ts";
import { fitBottleneck } from "../design/fit-bottleneck.ts";
import { searchSteps, type CodecChoice, type StepSearch } from "../design/step-search.ts";
import { openCut } from "./crossing.ts";
import { sendLossy, type LossCell } from "./losses.ts";
import { comparedPictures, sendPictures, sendThrough, type Sending } from "./points.ts";

export interface WireOptions {
  inspection: Inspection;
  cut: Cut;
  /** What ranges, tables and means are made from. */
  train: Samples;
  /** What is judged on; none of it was used for anything before. */
  test: Samples;
  exam: Exam;
  /** The same of the training samples; undefined where nothing is known of them. */
  rehearsal: Exam | undefined;
  data: Pick<DataOptions, "normalise" | "layout">;
  codecs: readonly CodecKind[];
  /** Widths of steps to try of each, in those of the least squared error. */
  steps: readonly number[];
  /** By how much quality may be worse for fewer bytes: in points of a share, else as a share of the quality itself. */
  drop: number;
  /** Most bytes of a message in a datagram. */
  payload: number;
  /** Nothing else is tried under loss. */
  losses: readonly LossCell[];
  /** Linear bottlenecks to try beside the plain cut, which is to be of one tensor then. */
  bottlenecks: readonly PcaOptions[];
  /** Whether pictures are sent too, where the data are some. */
  pictures: boolean;
  engine: Engine;
  signal: AbortSignal;
  progress: Progress;
}

/** A way to send that loses nothing. */
export interface WirePoint {
  codec: string;
  /** How wide its steps are, in those of the least squared error. */
  step: number;
  /** How many times fewer values cross, by a linear bottleneck; null: all. */
  bottleneck: number | null;
  /** Mean of a sample's message. */
  bytes: number;
  /** By the task's first metric, with its 95 % interval. */
  quality: Estimate;
  encodeSeconds: number;
  decodeSeconds: number;
}

/** A way to send over a link that loses datagrams. */
export interface LossPoint extends LossCell {
  bytes: number;
  quality: Estimate;
  /** How much worse than the same codec where nothing is lost, paired by sample. */
  drop: Estimate;
  /** How much worse than the first way of the same codec, loss and burst, paired by sample. */
  behind: Estimate;
}

/** What was found on training samples, of which `searchedOn` tells how many; none of its numbers is a judgement. */
export interface WireSearch extends Omit<StepSearch, "least"> {
  /** The codec with the fewest bytes whose quality was within what is allowed there, and what the test samples say of it. */
  least: (CodecChoice & { bytes: number; quality: Estimate; drop: Estimate }) | null;
}

export interface WireFigures {
  cut: string[];
  /** The metric of all qualities. */
  metric: string;
  whole: { quality: Estimate };
  /** Each codec with the steps of the least squared error, and with those that the search chose where they are others. */
  points: WirePoint[];
  /** Null where nothing is known of the training samples that answers could be judged by. */
  search: WireSearch | null;
  images: WirePoint[];
  loss: LossPoint[];
  judgedOn: { data: string; samples: number };
  searchedOn: { data: string; samples: number };
}

export async function wireFigures(options: WireOptions): Promise<WireFigures> {
  const { inspection, cut, train, test, exam, codecs, payload, losses, engine, signal, progress } = options;
  const [metric] = exam.task.metrics;
  if (!metric) throw internal("a task without a metric");
  const judged = (evidence: readonly Evidence[]): Estimate => qualityOf(metric, { evidence });
  const whole = await progress.task("whole model", (update) =>
    examineWhole(engine, inspection, test, exam, signal, (done) => update(`${done} of ${test.count} samples`)),
  );
  const pointOf = (
    { codec, step }: { codec: string; step: number },
    { bytes, evidence, encodeSeconds, decodeSeconds }: Sending,
    bottleneck: number | null = null,
  ): WirePoint => {
    const quality = judged(evidence);
    return { codec, step, bottleneck, bytes, quality, encodeSeconds, decodeSeconds };
  };
  const found = options.rehearsal && (await rehearse(options, options.rehearsal, metric));
  await using opened = await openCut(options);
  const points: WirePoint[] = [];
  const clean = new Map<CodecKind, Evidence[]>();
  let least: WireSearch["least"] = null;
  await progress.task("codecs", async (update) => {
    for (const kind of new Set([...codecs, ...losses.map(({ codec }) => codec)])) {
      const own = (found?.chosen ?? []).filter(({ codec, step }) => codec === kind && step !== 1);
      for (const way of [{ codec: kind, step: 1 }, ...own]) {
        update(codecName({ kind, step: way.step }));
        const sending = await sendThrough(opened, way, payload);
        if (way.step === 1) clean.set(kind, sending.evidence);
        if (!codecs.includes(kind)) continue;
        const point = pointOf(way, sending);
        points.push(point);
        if (found?.least?.codec !== kind || found.least.step !== way.step) continue;
        const drop = pairedOf(metric, { evidence: whole }, { evidence: sending.evidence });
        least = { ...way, bytes: point.bytes, quality: point.quality, drop };
      }
    }
  });
  for (const asked of options.bottlenecks) {
    await progress.task(bottleneckName(asked), async (update) => {
      const fit = { inspection, train, cut: cut[0]!, options: asked };
      const bottleneck = await fitBottleneck(fit, { engine, signal, update });
      await using fitted = await openCut({ ...options, bottleneck });
      for (const kind of codecs) {
        update(kind);
        const way = { codec: kind, step: 1 };
        points.push(pointOf(way, await sendThrough(fitted, way, payload), asked.compression));
      }
    });
  }
  const images: WirePoint[] = [];
  if (options.pictures && test.image) {
    await progress.task("pictures", async (update) => {
      for (const as of comparedPictures) {
        update(inputName(as));
        images.push(
          pointOf({ codec: inputName(as), step: 1 }, await sendPictures({ ...options, options: options.data }, as)),
        );
      }
    });
  }
  const loss: LossPoint[] = [];
  const firsts = new Map<string, Evidence[]>();
  await progress.task("losses", async (update) => {
    for (const [i, cell] of losses.entries()) {
      update(`${i} of ${losses.length}`);
      const kept = clean.get(cell.codec)!;
      const { bytes, evidence } = await sendLossy(opened, cell, payload, kept);
      const met = `${cell.codec} ${cell.loss} ${cell.burst}`;
      if (!firsts.has(met)) firsts.set(met, evidence);
      loss.push({
        ...cell,
        bytes,
        quality: judged(evidence),
        drop: pairedOf(metric, { evidence: kept }, { evidence }),
        behind: pairedOf(metric, { evidence: firsts.get(met)! }, { evidence }),
      });
    }
  });
  return {
    cut: [...cut],
    metric: metric.name,
    whole: { quality: judged(whole) },
    points,
    search: found ? { ...found, least } : null,
    images,
    loss,
    judgedOn: { data: test.name, samples: test.count },
    searchedOn: {
      data: train.name,
      samples: Math.max(opened.seen, ...(found?.trials ?? []).map(({ samples }) => samples)),
    },
  };
}

/** The search for steps, on training samples. */
function rehearse(options: WireOptions, exam: Exam, metric: Metric<Evidence>): Promise<StepSearch> {
  const { train, codecs, steps, drop, payload, signal, progress } = options;
  return progress.task("steps of codecs, on training samples", async (update) => {
    await using opened = await openCut({ ...options, test: train, exam });
    const { count, atOnce } = train;
    const asked = { codecs, steps, metric, drop, datagrams: [payload], signal, update };
    return await searchSteps({ ...opened, count, atOnce }, asked);
  });
}
