/** @file Measuring a profile: the whole model, and what every split of it would do. */
import { joinBottleneck, planAt, type Bottleneck } from "@split-et-impera/core/bottleneck";
import {
  pictureWork,
  segmentMemory,
  splitWork,
  wholeWork,
  type Cost,
  type Profile,
  type SplitWork,
} from "@split-et-impera/core/cost";
import { codecName, cutName, inputName, type Cut } from "@split-et-impera/core/design";
import type { Session } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import { serialiseModel, splitSegments, type Inspection, type ModelProto } from "@split-et-impera/core/onnx";
import type { PictureInput } from "@split-et-impera/core/study";
import { asFloat32, type Tensor, type Tensors } from "@split-et-impera/core/tensor";
import {
  calibrate,
  decodeMessage,
  encodeMessage,
  whole,
  type CodecKind,
  type OrderKind,
} from "@split-et-impera/core/wire";
import { engine } from "@split-et-impera/ort";
import { fedInputs } from "../../data/index.ts";
import type { ImageShape } from "../../data/normalise.ts";
import { codedBy } from "../design/sent.ts";
import { version } from "../../version.ts";
import { emptyCalls, type EmptyCalls } from "./empty-calls.ts";
import { thisMachine } from "./machine.ts";
import { picturesWork } from "./pictures.ts";
import { timeWorks, type Work } from "./runs.ts";

export interface ProfileOptions {
  /** SHA-256 of the model, as `readModelFile` gives it. */
  sha256: string;
  /** One sample as the model takes it, by input. */
  feeds: Tensors;
  /** Where to split: legal cuts of float32 tensors per image. */
  cuts: readonly Cut[];
  codecs: readonly { kind: CodecKind; order?: OrderKind }[];
  /** Compressions of the bottlenecks to time beside the plain cuts; where one does not fit a tensor, it is left out. */
  compressions: readonly number[];
  /** A picture, and what to send it as. */
  picture?: { pixels: Uint8Array; shape: ImageShape; as: readonly PictureInput[] };
  signal: AbortSignal;
  /** Told what is timed. */
  onProgress(status: string): void;
}

/** What a profile does not hold though it was asked for, or might have been expected to. */
export interface LeftOut {
  cut: string;
  /** Of the bottleneck that is left out; absent where it is the cut. */
  compression?: number;
  /** A clause: `it is float16, and float32 is sent`. */
  because: string;
}

/** The cuts that a design can use: one float32 tensor with the batch as its first dimension. */
export function profiledCuts(inspection: Inspection): string[] {
  return namesOf(inspection).filter((name) => whyNot(inspection, name) === undefined);
}

/** The other cuts of a single tensor, and why no design uses them. */
export function cutsLeftOut(inspection: Inspection): LeftOut[] {
  return namesOf(inspection).flatMap((cut) => {
    const because = whyNot(inspection, cut);
    return because === undefined ? [] : [{ cut, because }];
  });
}

function namesOf({ cuts }: Inspection): string[] {
  return cuts.map(({ tensors: [name] }) => name!);
}

function whyNot({ seen, batch }: Inspection, name: string): string | undefined {
  const { type, dims } = seen.get(name)!;
  if (type !== "float32") return `its tensor is ${type}, and only float32 is sent`;
  const rows = batch?.size ?? 1;
  if (dims[0] !== rows) return `its tensor [${dims.join(", ")}] does not begin with the batch of ${rows}`;
  return undefined;
}

/** Weights that are loaded at once, bytes: what is loaded together is timed by turns. */
const mostLoaded = 1e9;

/** Times everything on this machine, one image at a time, as an idle host would take it. */
export async function measureProfile(
  inspection: Inspection,
  options: ProfileOptions,
): Promise<{ profile: Profile; leftOut: LeftOut[] }> {
  const { feeds, cuts, compressions, picture, signal, onProgress } = options;
  const leftOut: LeftOut[] = [];
  const works: Record<string, Cost> = {};
  const { parameters } = segmentMemory(inspection.index, inspection.seen, inspection.batch?.size ?? 1);
  // Head and tail hold the model's weights once between them; the whole stays loaded beside.
  const perGroup = Math.max(1, Math.floor(mostLoaded / Math.max(1, parameters)) - 1);
  // A bottleneck is made for one feature map.
  const splits = cuts.flatMap((cut) =>
    [undefined, ...(cut.length > 1 ? [] : compressions)].map((compression) => ({ cut, compression })),
  );
  for (let from = 0; from === 0 || from < splits.length; from += perGroup) {
    await using open = openSessions();
    const group = new Map<string, Work>();
    const whole = await open.load(inspection.model);
    group.set(wholeWork, { run: () => whole.run(feeds), call: open.calls.for(largestOf(Object.values(feeds))) });
    if (from === 0) for (const [name, work] of inputWorks(inspection, options)) group.set(name, work);
    if (from === 0 && picture) for (const [name, work] of await pictures(picture)) group.set(name, work);
    for (const { cut, compression } of splits.slice(from, from + perGroup)) {
      signal.throwIfAborted();
      onProgress(`making ${cutName(cut)}${compression === undefined ? "" : `+${compression}x`} ready`);
      const pieces = piecesAt(inspection, cut, compression);
      if (typeof pieces === "string") {
        leftOut.push({ cut: cutName(cut), ...(compression !== undefined && { compression }), because: pieces });
        continue;
      }
      for (const [name, work] of await splitWorks(pieces, cut, compression, options, open)) group.set(name, work);
    }
    const share =
      splits.length > perGroup
        ? `splits ${from + 1} to ${Math.min(from + perGroup, splits.length)} of ${splits.length}, `
        : "";
    const timed = await timeWorks(group, signal, (status) => onProgress(`${share}${group.size} works, ${status}`));
    for (const [name, cost] of Object.entries(timed)) works[name] ??= cost;
  }
  return {
    profile: { format: 2, source: `sei ${version}`, machine: thisMachine(), model: options.sha256, works },
    leftOut,
  };
}

interface OpenSessions extends AsyncDisposable {
  load(model: ModelProto): Promise<Session>;
  calls: EmptyCalls;
}

/** Sessions that are released together. */
function openSessions(): OpenSessions {
  const sessions: Session[] = [];
  const calls = emptyCalls(engine);
  return {
    calls,
    async load(model) {
      const session = await engine.load(serialiseModel(model));
      sessions.push(session);
      return session;
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions.splice(0)) await session.release();
      await calls[Symbol.asyncDispose]();
    },
  };
}

async function pictures({ pixels, shape, as }: NonNullable<ProfileOptions["picture"]>): Promise<[string, Work][]> {
  const works: [string, Work][] = [];
  for (const one of as) {
    if (one.format === "raw") continue;
    const names = pictureWork(inputName(one));
    const { encode, decode } = await picturesWork(pixels, shape, one);
    works.push([names.encode, encode], [names.decode, decode]);
  }
  return works;
}

interface Pieces {
  head: ModelProto;
  tail: ModelProto;
  /** The tensors that cross. */
  names: Cut;
}

/**
 * Head and tail; behind an untrained bottleneck where a compression is given: it costs what a trained one does. The
 * reason in words where it does not fit.
 */
function piecesAt(inspection: Inspection, cut: Cut, compression: number | undefined): Pieces | string {
  if (compression === undefined) {
    const [head, tail] = splitSegments(inspection, [cut]).models;
    return { head: head!, tail: tail!, names: cut };
  }
  const [tensor] = cut as [string];
  try {
    const plan = planAt(inspection, tensor, { compression });
    const untrained: Bottleneck = { tensor, plan, parameters: new Map(), history: { frozen: [], joint: [] } };
    const { head, tail, tensor: latent } = joinBottleneck(inspection, untrained);
    return { head, tail, names: [latent] };
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

async function splitWorks(
  { head, tail, names }: Pieces,
  cut: Cut,
  compression: number | undefined,
  { codecs, feeds: all }: ProfileOptions,
  { load, calls }: OpenSessions,
): Promise<[string, Work][]> {
  const [first, second] = [await load(head), await load(tail)];
  const feeds = pick(all, first.inputs);
  const made = names.filter((name) => !Object.hasOwn(all, name));
  const sent = pick({ ...all, ...(await first.run(feeds, made)) }, names);
  // State is no part of what crosses.
  const fed = pick({ ...all, ...sent }, second.inputs);
  const called = splitWork(cutName(cut), "", compression);
  const works: [string, Work][] = [
    [called.head, { run: () => first.run(feeds, made), call: calls.for(largestOf(Object.values(feeds))) }],
    [called.tail, { run: () => second.run(fed), call: calls.for(largestOf(Object.values(fed))) }],
  ];
  return [...works, ...codingWorks(sent, codecs, (kind) => splitWork(cutName(cut), kind, compression))];
}

/** What is captured as tensors, for RC. */
function inputWorks(inspection: Inspection, { feeds, codecs }: ProfileOptions): [string, Work][] {
  const names = fedInputs(inspection).map(({ name }) => name);
  return codingWorks(pick(feeds, names), codecs, (kind) => splitWork(cutName(names), kind));
}

/** The tensors of a message through every codec and back. */
function codingWorks(
  tensors: Tensors,
  codecs: ProfileOptions["codecs"],
  names: (kind: string) => Pick<SplitWork, "encode" | "decode">,
): [string, Work][] {
  const values = Object.values(tensors).map(asFloat32);
  const sent = Object.entries(tensors).map(([name, { type, dims }], i) => ({
    name,
    type,
    dims: [...dims],
    calibration: calibrate([values[i]!], { perChannel: true }),
  }));
  return codecs.flatMap((codec): [string, Work][] => {
    const rows = codedBy(codec, sent, {}).codecs;
    const parts = rows.map((row, i) => ({ codec: row, dims: sent[i]!.dims }));
    const { encode, decode } = names(codecName(codec));
    const arrived = whole(encodeMessage(rows, values).bytes);
    return [
      [encode, { run: () => encodeMessage(rows, values) }],
      [decode, { run: () => decodeMessage(parts, arrived) }],
    ];
  });
}

const pick = (tensors: Tensors, names: readonly string[]): Tensors =>
  Object.fromEntries(names.map((name) => [name, tensors[name]!]));

const largestOf = ([first, ...rest]: readonly Tensor[]): Tensor =>
  rest.reduce((most, one) => (one.data.length > most.data.length ? one : most), first!);
