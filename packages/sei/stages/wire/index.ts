/** @file What a cut is worth on the wire: bytes and quality of every codec, of pictures beside them, and under loss. */
import type { Engine } from "@split-et-impera/core/engine";
import { internal } from "@split-et-impera/core/errors";
import type { Cut } from "@split-et-impera/core/design";
import { bottleneckName, codecName, inputName } from "@split-et-impera/core/design";
import type { Inspection } from "@split-et-impera/core/onnx";
import type { Estimate } from "@split-et-impera/core/statistics";
import type { BottleneckOptions, DataOptions } from "@split-et-impera/core/study";
import { pairedOf, qualityOf, type Evidence, type Metric } from "@split-et-impera/core/task";
import type { CodecKind } from "@split-et-impera/core/wire";
import type { Samples } from "../../data/index.ts";
import { examineWhole, type Exam } from "../answers/index.ts";
import type { Store } from "../../store/index.ts";
import type { Progress } from "../context.ts";
import { contextOf } from "../default-context.ts";
import { searchSteps, type CodecChoice, type StepSearch } from "../design/step-search.ts";
import { openCut, type OpenedCut } from "./crossing.ts";
import { sendLossy, type LossCell } from "./losses.ts";
import { comparedPictures, sendPictures, sendThrough, type Sending } from "./points.ts";
import { squeezedBy } from "./squeeze.ts";

/** All values cross. */
const plain: Squeezed = { bottleneck: null, made: null };

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
  /** Bottlenecks to try beside the plain cut, which is to be of one tensor then; of the same compression those to compare with first. */
  bottlenecks: readonly BottleneckOptions[];
  /** Whether pictures are sent too, where the data are some. */
  pictures: boolean;
  engine: Engine;
  /** Where what is trained is kept. */
  store: Store;
  signal: AbortSignal;
  progress: Progress;
}

/** What makes fewer values cross, if anything does. */
export interface Squeezed {
  /** How many times fewer values cross; null: all. */
  bottleneck: number | null;
  /** By which bottleneck: `pca 4x`, `4x`, `4x lossy`. */
  made: string | null;
}

/** A way to send that loses nothing. */
export interface WirePoint extends Squeezed {
  codec: string;
  /** How wide its steps are, in those of the least squared error. */
  step: number;
  /** Mean of a sample's message. */
  bytes: number;
  /** By the task's first metric, with its 95 % interval. */
  quality: Estimate;
  encodeSeconds: number;
  decodeSeconds: number;
}

/** A way to send over a link that loses datagrams. */
export interface LossPoint extends LossCell, Squeezed {
  bytes: number;
  quality: Estimate;
  /** How much worse than the same codec where nothing is lost, paired by sample. */
  drop: Estimate;
  /** How much worse than the first way of the same codec, compression, loss and burst, paired by sample. */
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
    squeezed = plain,
  ): WirePoint => {
    const quality = judged(evidence);
    return { codec, step, ...squeezed, bytes, quality, encodeSeconds, decodeSeconds };
  };
  const loss: LossPoint[] = [];
  const firsts = new Map<string, Evidence[]>();
  const sendAllLossy = async (
    cutHere: OpenedCut,
    squeezed: Squeezed,
    clean: ReadonlyMap<CodecKind, Evidence[]>,
    update: (status: string) => void,
  ): Promise<void> => {
    for (const [i, cell] of losses.entries()) {
      update(`${i} of ${losses.length} ways to lose`);
      const kept = clean.get(cell.codec)!;
      const { bytes, evidence } = await sendLossy(cutHere, cell, payload, kept);
      const met = `${cell.codec} ${squeezed.bottleneck} ${cell.loss} ${cell.burst}`;
      if (!firsts.has(met)) firsts.set(met, evidence);
      loss.push({
        ...cell,
        ...squeezed,
        bytes,
        quality: judged(evidence),
        drop: pairedOf(metric, { evidence: kept }, { evidence }),
        behind: pairedOf(metric, { evidence: firsts.get(met)! }, { evidence }),
      });
    }
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
  await progress.task("losses", (update) => sendAllLossy(opened, plain, clean, update));
  for (const asked of options.bottlenecks) {
    await progress.task(bottleneckName(asked), async (update) => {
      const context = contextOf({ engine, store: options.store, signal, progress, update });
      const bottleneck = await squeezedBy({ ...options, cut: cut[0]! }, asked, context);
      const squeezed: Squeezed = { bottleneck: asked.compression, made: bottleneckName(asked) };
      await using own = await openCut({ ...options, bottleneck, alike: asked.kind === "pca" });
      const whole = new Map<CodecKind, Evidence[]>();
      for (const kind of new Set([...codecs, ...losses.map(({ codec }) => codec)])) {
        update(kind);
        const way = { codec: kind, step: 1 };
        const sending = await sendThrough(own, way, payload);
        whole.set(kind, sending.evidence);
        if (codecs.includes(kind)) points.push(pointOf(way, sending, squeezed));
      }
      await sendAllLossy(own, squeezed, whole, update);
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
