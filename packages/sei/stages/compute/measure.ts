/** @file Measuring a profile: the whole model, and what every split of it would do. */
import { joinBottleneck, planBottleneck, type Bottleneck } from "@split-et-impera/core/bottleneck";
import { pictureWork, splitWork, wholeWork, type Profile, type Timing } from "@split-et-impera/core/cost";
import { inputName } from "@split-et-impera/core/design";
import { type ExploreOptions } from "@split-et-impera/core/study";
import { InputError } from "@split-et-impera/core/errors";
import { serialiseModel, splitModel, type Inspection, type ModelProto } from "@split-et-impera/core/onnx";
import type { Tensor } from "@split-et-impera/core/tensor";
import { createCalibrator, createCodec, uint8Parameters } from "@split-et-impera/core/wire";
import { decodeImage, encodeImage } from "../../data/images.ts";
import type { ImageShape } from "../../data/normalise.ts";
import { engine } from "@split-et-impera/ort";
import { thisMachine, timeWork } from "./index.ts";

export interface ProfileOptions {
  /** SHA-256 of the model, as `readModelFile` gives it. */
  sha256: string;
  /** One image as the model takes it. */
  input: Tensor;
  /** Tensors to split at; legal cuts of one float32 tensor per image. */
  cuts: readonly string[];
  codecs: ExploreOptions["codecs"];
  /** Compressions of the bottlenecks to time beside the plain cuts; where one does not fit a tensor, it is left out. */
  compressions: readonly number[];
  /** A picture, and what to send it as. */
  picture?: { pixels: Uint8Array; shape: ImageShape; as: ExploreOptions["inputs"] };
  signal: AbortSignal;
  /** Told what is timed next and how far the work has come, from 0 to 1. */
  onProgress(work: string, done: number): void;
}

/** The cuts that a design can use: one float32 tensor with the batch as its first dimension. */
export function profiledCuts({ cuts, seen, batch }: Inspection): string[] {
  return cuts
    .map(({ tensors: [name] }) => name!)
    .filter((name) => seen.get(name)!.type === "float32" && seen.get(name)!.dims[0] === (batch?.size ?? 1));
}

/** Times everything on this machine, one image at a time, as an idle host would take it. */
export async function measureProfile(inspection: Inspection, options: ProfileOptions): Promise<Profile> {
  const { input, cuts, compressions, picture, signal, onProgress } = options;
  const timings: Record<string, Timing> = {};
  const steps = 1 + cuts.length * (1 + compressions.length);
  let done = 0;
  const time = async (work: string, run: () => unknown): Promise<void> => {
    signal.throwIfAborted();
    onProgress(work, done / steps);
    timings[work] = await timeWork(run);
  };
  const feeds = { [inspection.input.name]: input };
  await withSession(inspection.model, (session) => time(wholeWork, () => session.run(feeds)));
  for (const as of picture?.as ?? []) {
    if (!picture || as.format === "raw") continue;
    const { pixels, shape } = picture;
    const bytes = await encodeImage(pixels, shape, as);
    const names = pictureWork(inputName(as));
    await time(names.encode, () => encodeImage(pixels, shape, as));
    await time(names.decode, () => decodeImage(bytes, shape, as));
  }
  done++;
  for (const cut of cuts) {
    for (const compression of [undefined, ...compressions]) {
      const pieces = piecesAt(inspection, cut, compression);
      if (pieces) await timePieces(pieces, cut, compression, options, time, feeds);
      done++;
    }
  }
  return { format: 1, machine: thisMachine(), model: options.sha256, timings };
}

interface Pieces {
  head: ModelProto;
  tail: ModelProto;
  tensor: string;
}

/** Head and tail; behind an untrained bottleneck where a compression is given: it costs what a trained one does. */
function piecesAt(inspection: Inspection, cut: string, compression: number | undefined): Pieces | undefined {
  if (compression === undefined) return splitModel(inspection, cut);
  const shape = inspection.seen.get(cut)!.dims.slice(1);
  try {
    const plan = planBottleneck(shape, compression);
    const untrained: Bottleneck = { tensor: cut, plan, parameters: new Map(), history: { frozen: [], joint: [] } };
    return joinBottleneck(inspection, untrained);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

async function timePieces(
  { head, tail, tensor }: Pieces,
  cut: string,
  compression: number | undefined,
  { codecs }: ProfileOptions,
  time: (work: string, run: () => unknown) => Promise<void>,
  feeds: Record<string, Tensor>,
): Promise<void> {
  const names = splitWork(cut, "", compression);
  let sent: Tensor<"float32"> | undefined;
  await withSession(head, async (session) => {
    sent = (await session.run(feeds, [tensor]))[tensor] as Tensor<"float32">;
    await time(names.head, () => session.run(feeds, [tensor]));
  });
  const value = sent!;
  await withSession(tail, (session) => time(names.tail, () => session.run({ [tensor]: value })));
  const calibrator = createCalibrator();
  calibrator.add(value);
  for (const kind of codecs) {
    const codec = createCodec(kind === "uint8" ? uint8Parameters(calibrator.result()) : { kind });
    const { encode, decode } = splitWork(cut, kind, compression);
    const bytes = codec.encode(value);
    await time(encode, () => codec.encode(value));
    await time(decode, () => codec.decode(bytes, value.dims));
  }
}

async function withSession(
  model: ModelProto,
  use: (session: Awaited<ReturnType<typeof engine.load>>) => Promise<void>,
): Promise<void> {
  const session = await engine.load(serialiseModel(model));
  try {
    await use(session);
  } finally {
    await session.release();
  }
}
