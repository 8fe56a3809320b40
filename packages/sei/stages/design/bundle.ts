/** @file The bundle: the recommended design as a deployment, its files and their manifest in one folder. */
import {
  answerForm,
  answerPassage,
  crossingPassages,
  deploymentFormat,
  hostsOf,
  type DeployedCrossing,
  type Deployment,
  type Passage,
} from "@split-et-impera/core/deploy";
import { behindEach, type Design, type DesignResult } from "@split-et-impera/core/design";
import type { Step } from "@split-et-impera/core/frames";
import { deadlineOf, type Study } from "@split-et-impera/core/study";
import type { TaskSpec } from "@split-et-impera/core/task";
import { sizeOf, tensorTypes } from "@split-et-impera/core/tensor";
import { messageBytes, openCodec, usualConcealment, type ConcealmentKind } from "@split-et-impera/core/wire";
import { createHash } from "node:crypto";
import { basename, extname, join } from "node:path";
import { writeManifest, writeRecipes } from "../../deploy/index.ts";
import { replaceFolder, writeWhole } from "../../files/index.ts";
import { version } from "../../version.ts";
import type { DesignFiles, Prepared, WireTensor } from "./prepared.ts";
import { bundleFiles } from "./own-bundle.ts";
import { replayBundle, type Replay } from "./replay.ts";
import type { Exam } from "../answers/index.ts";
import type { Context } from "../context.ts";
import type { Subject } from "./subject.ts";

/** A design's result, the bytes of the unchanged model's answer to each test image on its way, and what each frame passes. */
interface Evaluated {
  result: DesignResult;
  answers: ArrayLike<number>;
  steps: readonly Step[];
}

/** Writes `folder` anew, as a whole: models that were replayed from disk, manifest.json, read back, and how to run the hosts. */
export async function writeBundle(
  folder: string,
  subject: Subject,
  prepared: Prepared,
  evaluated: Evaluated,
  context: Context,
): Promise<void> {
  await replaceFolder(folder, bundleFiles, async (fresh) => {
    const files = prepared.deploy();
    for (const { name, bytes } of [...files.models, ...(files.exits ?? [])]) await writeWhole(join(fresh, name), bytes);
    const replay = await replayBundle(fresh, subject, prepared, files, context);
    const deployment = deploymentOf(subject, files, evaluated, replay);
    await writeManifest(fresh, deployment);
    await writeRecipes(fresh, deployment);
  });
}

function deploymentOf(
  { study, test, modelHash, exam }: Subject,
  { models, exits: heads = [], wires }: DesignFiles,
  { result, answers, steps }: Evaluated,
  { proof, ports, exitPorts }: Replay,
): Deployment {
  const { segments, crossings, answer, exits } = result;
  const design: Design = { segments, crossings, ...(answer && { answer }), ...(exits && { exits }) };
  const { host, rate, order = "oldest" } = study.frames;
  const answered = answerPassage(design, study);
  const behind = behindEach(steps, study).filter((_, i) => isWire(steps[i]!));
  const { task, binding } = exam;
  return {
    format: deploymentFormat,
    version,
    study: study.name,
    id: result.id,
    model: { sha256: modelHash },
    design,
    task: task.spec as TaskSpec,
    classes: [...test.classes],
    reads: binding,
    normalise: study.data.normalise,
    layout: study.data.layout,
    frames: { host, rate, order, answer: answerOf(study, exam, answers) },
    // Beyond a hundred days whole nanoseconds are no longer told apart.
    deadlineNs: Math.max(1, Math.min(Number.MAX_SAFE_INTEGER, Math.round(deadlineOf(study) * 1e9))),
    segments: models.map((one, s) => ({ ...fileOf(one), ...ports[s]! })),
    ...(heads.length > 0 && {
      exits: heads.map((one, e) => ({
        ...fileOf(one),
        ...exitPorts[e]!,
        after: one.after,
        confidence: one.confidence,
        threshold: exits![e]!.threshold,
      })),
    }),
    crossings: crossingPassages(design, study, behind).map((passage, c) => ({
      after: crossings[c]!.after,
      ...passage,
      protection: passage.protection ?? { kind: "none" },
      ...carried(wires![c]!, crossings[c]!.transport.concealment),
    })),
    ...(answered && { answer: answered }),
    hosts: hostsOf(design, study),
    proof,
    predicted: {
      quality: result.quality,
      latency: result.latency,
      bytesPerFrame: result.bytes,
      ...(result.exited && { exited: result.exited }),
    },
  };
}

const isWire = (step: Step): boolean => step.kind === "transfer" && step.part === "wire";

/** What stands of a file in the manifest. */
const fileOf = ({ host, name, bytes }: DesignFiles["models"][number]) => ({
  name: basename(name, extname(name)),
  host,
  file: name,
  bytes: bytes.length,
  sha256: createHash("sha256").update(bytes).digest("hex"),
});

/**
 * What an answer takes. Where its bytes differ, twice those of the longest to any test image and a kilobyte are allowed: frames are
 * not like test images, and what arrives with holes may say more.
 */
function answerOf(
  { frames }: Study,
  { task, binding }: Exam,
  answers: ArrayLike<number>,
): Deployment["frames"]["answer"] {
  const longest = Array.from(answers).reduce((most, bytes) => Math.max(most, bytes), 0);
  const differ = answerForm(task, binding).kind === "json";
  const { host, bytes } = frames.answer;
  return { host, bytes: Math.ceil(bytes), mostBytes: differ ? 2 * longest + 1024 : longest };
}

/** What both ends know of the message. */
function carried(
  wire: readonly WireTensor[],
  asked: ConcealmentKind = usualConcealment,
): Omit<DeployedCrossing, keyof Passage | "after"> {
  const [first] = wire;
  // A picture is in no order that would leave neighbours of what is lost.
  const concealment = first?.codec.kind === "image" ? "mean" : asked;
  const parts = wire.flatMap(({ shape, codec }) =>
    codec.kind === "image" ? [] : [{ codec: openCodec(codec), dims: shape }],
  );
  return {
    carries: wire.map(({ tensor, type, shape, codec, fill }) => ({
      tensor,
      type,
      shape: [...shape],
      bytes: sizeOf(shape) * tensorTypes[type],
      codec,
      ...(fill && { concealment: { kind: concealment, ...fill } }),
    })),
    // A picture crosses alone.
    mostBytes:
      first?.codec.kind === "image" ? largestPicture(sizeOf(first.shape), first.codec.format) : messageBytes(parts),
  };
}

/** A picture of noise is larger as a file than its pixels are; none is twice as large, but for its header. */
function largestPicture(pixels: number, format: string): number {
  return format === "raw" ? pixels : 2 * pixels + 65_536;
}
