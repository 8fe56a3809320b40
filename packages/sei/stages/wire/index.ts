/** @file What a cut is worth on the wire: bytes and quality of every codec, of pictures beside them, and under loss. */
import type { Engine } from "@split-et-impera/core/engine";
import { internal } from "@split-et-impera/core/errors";
import type { Cut } from "@split-et-impera/core/design";
import { inputName } from "@split-et-impera/core/design";
import type { Inspection } from "@split-et-impera/core/onnx";
import type { Estimate } from "@split-et-impera/core/statistics";
import type { DataOptions } from "@split-et-impera/core/study";
import { qualityOf, type Evidence } from "@split-et-impera/core/task";
import type { CodecKind } from "@split-et-impera/core/wire";
import type { Samples } from "../../data/index.ts";
import { examineWhole, type Exam } from "../answers/index.ts";
import type { Progress } from "../context.ts";
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
  data: Pick<DataOptions, "normalise" | "layout">;
  codecs: readonly CodecKind[];
  /** Most bytes of a message in a datagram. */
  payload: number;
  /** Nothing else is tried under loss. */
  losses: readonly LossCell[];
  /** Whether pictures are sent too, where the data are some. */
  pictures: boolean;
  engine: Engine;
  signal: AbortSignal;
  progress: Progress;
}

/** A way to send that loses nothing. */
export interface WirePoint {
  codec: string;
  bottleneck: number | null;
  /** Mean of a sample's message. */
  bytes: number;
  /** By the task's first metric, with its 95 % interval. */
  quality: Estimate;
  encodeSeconds: number;
  decodeSeconds: number;
}

export interface WireFigures {
  cut: string[];
  /** The metric of all qualities. */
  metric: string;
  whole: { quality: Estimate };
  points: WirePoint[];
  images: WirePoint[];
  loss: (LossCell & { bytes: number; quality: Estimate })[];
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
  const pointOf = (codec: string, { bytes, evidence, encodeSeconds, decodeSeconds }: Sending): WirePoint => {
    const quality = judged(evidence);
    return { codec, bottleneck: null, bytes, quality, encodeSeconds, decodeSeconds };
  };
  await using opened = await openCut(options);
  const points: WirePoint[] = [];
  const clean = new Map<CodecKind, Evidence[]>();
  await progress.task("codecs", async (update) => {
    for (const kind of new Set([...codecs, ...losses.map(({ codec }) => codec)])) {
      update(kind);
      const found = await sendThrough(opened, kind, payload);
      clean.set(kind, found.evidence);
      if (codecs.includes(kind)) points.push(pointOf(kind, found));
    }
  });
  const images: WirePoint[] = [];
  if (options.pictures && test.image) {
    await progress.task("pictures", async (update) => {
      for (const as of comparedPictures) {
        update(inputName(as));
        images.push(pointOf(inputName(as), await sendPictures({ ...options, options: options.data }, as)));
      }
    });
  }
  const loss: WireFigures["loss"] = [];
  await progress.task("losses", async (update) => {
    for (const [i, cell] of losses.entries()) {
      update(`${i} of ${losses.length}`);
      const { bytes, evidence } = await sendLossy(opened, cell, payload, clean.get(cell.codec)!);
      loss.push({ ...cell, bytes, quality: judged(evidence) });
    }
  });
  return {
    cut: [...cut],
    metric: metric.name,
    whole: { quality: judged(whole) },
    points,
    images,
    loss,
    judgedOn: { data: test.name, samples: test.count },
    searchedOn: { data: train.name, samples: opened.seen },
  };
}
