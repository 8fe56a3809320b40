/** @file Tensors that go from host to host: as float32 through a codec, and back in their own types. */
import type { Session } from "@split-et-impera/core/engine";
import { datagramPayload, type CodecSpec } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import type { Study } from "@split-et-impera/core/study";
import {
  asFloat32,
  elementBytes,
  fromFloat32,
  largestExactWhole,
  rows,
  wholeRanges,
  type Tensor,
  type Tensors,
  type TensorType,
} from "@split-et-impera/core/tensor";
import {
  calibratedCodec,
  codecs as codecRows,
  createCalibrator,
  decodeMessage,
  encodeMessage,
  leastUnit,
  messageBytes,
  messageVaries,
  openCodec,
  usualConcealment,
  whole,
  type ByteRange,
  type Calibration,
  type Codec,
  type CodecParameters,
  type ConcealmentKind,
  type MessagePart,
} from "@split-et-impera/core/wire";
import { withHoles } from "./holes.ts";
import type { WireTensor } from "./prepared.ts";

/** A tensor on the wire. */
export interface Sent {
  name: string;
  type: TensorType;
  /** Of one frame, batch included. */
  dims: number[];
  /** Ranges and means over training samples. */
  calibration: Calibration;
}

/** Some tensors and how each is coded, in the order of their bytes. */
export interface Coded {
  sent: readonly Sent[];
  codecs: readonly Codec<CodecParameters>[];
}

/**
 * With a codec of this kind for each. Whole numbers (ids, masks) mean something else where they are not exact: they go a
 * byte each where their type is one, else as float32, four bytes each. float16 goes as it is where float32 is asked for.
 */
export function codedBy(
  { kind, order, step }: CodecSpec,
  sent: readonly Sent[],
  { datagrams = [datagramPayload] }: Pick<Study["explore"], "datagrams">,
): Coded {
  const codecFor = ({ type, dims, calibration }: Sent): Codec<CodecParameters> => {
    if (isByte(type)) return openCodec({ kind: "uint8", scale: [1], zero: [type === "int8" ? 128 : 0], axis: 1 });
    const wide = type in wholeRanges ? "float32" : kind;
    return calibratedCodec(type === "float16" && kind === "float32" ? "float16" : wide, calibration, {
      // What is read alone fits the smallest datagram.
      payload: Math.max(leastUnit, Math.min(...datagrams)),
      dims,
      ...(order && { order }),
      // What goes as another codec than asked for is not stretched.
      ...(step !== undefined && wide === kind && { step }),
    });
  };
  return { sent, codecs: sent.map(codecFor) };
}

const isByte = (type: TensorType): boolean => type in wholeRanges && elementBytes(type) === 1;

/** Bytes that a whole number takes on the wire, whatever the codec; undefined of other numbers. */
export const wholeBytes = (type: TensorType): number | undefined =>
  type in wholeRanges ? (isByte(type) ? 1 : elementBytes("float32")) : undefined;

/** What the values that arrive depend on, and the lengths of messages: the order only where these vary. */
export const codedKey = ({ codecs }: Coded): unknown =>
  codecs.map(({ parameters, varies }) => (varies ? parameters : { ...parameters, stride: 1 }));

/** Whether everything comes back bit for bit. */
export function isExact({ sent, codecs }: Coded): boolean {
  return codecs.every(({ parameters: { kind } }, i) => {
    const { type } = sent[i]!;
    return (
      isByte(type) || (type !== "float64" && (codecRows[kind].lossless || (kind === "float16" && type === "float16")))
    );
  });
}

/** What both ends of the wire must know. */
export const wireOf = ({ sent, codecs }: Coded): WireTensor[] =>
  sent.map(({ name, type, dims, calibration }, i) => ({
    tensor: name,
    type,
    shape: dims,
    codec: codecs[i]!.parameters,
    fill: { values: [...calibration.mean], axis: calibration.axis },
  }));

/** Bytes of every message; undefined where they vary. */
export function fixedBytes({ sent, codecs }: Coded): number | undefined {
  if (messageVaries(codecs)) return undefined;
  return messageBytes(sent.map(({ dims }, i) => ({ codec: codecs[i]!, dims })));
}

/** Bytes of each sample's message, of tensors of `count` samples. */
export function bytesOfSamples(coded: Coded, tensors: Tensors, count: number): number[] {
  const { sent } = coded;
  const fixed = fixedBytes(coded);
  if (fixed !== undefined) return Array.from({ length: count }, () => fixed);
  if (count === 1) return [encoded(coded, tensors).length];
  return Array.from({ length: count }, (_, i) => {
    const own = sent.map(({ name }) => [name, rows(tensors[name]!, i, i + 1)] as const);
    return encoded(coded, Object.fromEntries(own)).length;
  });
}

/** One message of these tensors. */
export const encoded = ({ sent, codecs }: Coded, tensors: Tensors): Uint8Array<ArrayBuffer> =>
  encodeMessage(codecs, onWire(sent, tensors)).bytes;

/** What the other side makes of a whole message. */
export function decoded({ sent, codecs }: Coded, bytes: Uint8Array, dims: readonly (readonly number[])[]): Tensors {
  const parts = codecs.map((codec, i): MessagePart => ({ codec, dims: dims[i]! }));
  return offWire(
    sent,
    decodeMessage(parts, whole(bytes)).map(({ tensor }) => tensor),
  );
}

/** What the other side makes of tensors of any number of samples. */
export function carriedOver(coded: Coded, tensors: Tensors): Tensors {
  return decoded(
    coded,
    encoded(coded, tensors),
    coded.sent.map(({ name }) => tensors[name]!.dims),
  );
}

/** What the other side makes of tensors of which each sample's own bytes are missing. */
export function holed(
  { sent, codecs }: Coded,
  tensors: Tensors,
  missing: readonly (readonly ByteRange[])[],
  concealment: ConcealmentKind = usualConcealment,
): Tensors {
  const parts = codecs.map((codec, i) => ({ codec, seen: sent[i]!.calibration, concealment }));
  return offWire(sent, withHoles(onWire(sent, tensors), missing, parts));
}

const onWire = (sent: readonly Sent[], tensors: Tensors): Tensor<"float32">[] =>
  sent.map(({ name }) => asFloat32(tensors[name]!));

const offWire = (sent: readonly Sent[], arrived: readonly Tensor<"float32">[]): Tensors =>
  Object.fromEntries(sent.map(({ name, type }, i) => [name, fromFloat32(arrived[i]!, type)]));

/**
 * What tensors look like, seen over samples.
 * @param perChannel whether each channel has steps of its own
 * @throws InputError `ERR_CUT_UNFIT` where whole numbers are too large to be sent
 */
export function createObserver(names: readonly string[], perChannel = true) {
  const seen = names.map((name) => ({
    name,
    calibrator: createCalibrator({ perChannel }),
    first: undefined as Tensor | undefined,
  }));
  return {
    /** @param count of samples that the tensors are of */
    add(tensors: Tensors, count: number): void {
      for (const one of seen) {
        const tensor = tensors[one.name]!;
        const { dims } = (one.first ??= count === 1 ? tensor : rows(tensor, 0, 1));
        if (String(dims.slice(1)) !== String(tensor.dims.slice(1)) || (count === 1 && dims[0] !== tensor.dims[0]))
          throw new InputError(
            "ERR_CUT_UNFIT",
            `"${one.name}" has the shape [${dims.join(", ")}] for one sample and [${tensor.dims.join(", ")}] for another; what is sent has one`,
          );
        one.calibrator.add(asFloat32(tensor));
      }
    },
    result: (): Sent[] =>
      seen.map(({ name, calibrator, first }) => {
        const { type, dims } = first!;
        const calibration = calibrator.result();
        const most = Math.max(...calibration.max, ...calibration.min.map((x) => -x));
        if (type in wholeRanges && most > largestExactWhole)
          throw new InputError(
            "ERR_CUT_UNFIT",
            `"${name}" holds ${type} up to ${most}; what is sent are whole numbers up to ${largestExactWhole}`,
          );
        return { name, type, dims: [...dims], calibration };
      }),
  };
}

/** What a session takes of what is there. */
export const fedTo = (session: Pick<Session, "inputs">, known: Tensors): Tensors => only(known, session.inputs);

export const only = (known: Tensors, names: readonly string[]): Tensors =>
  Object.fromEntries(names.map((name) => [name, known[name]!]));

/** What a head makes of a cut; inputs of the model, where they cross too, as they are fed. */
export async function crossingOf(head: Session, fed: Tensors, names: readonly string[]): Promise<Tensors> {
  const made = names.filter((name) => !Object.hasOwn(fed, name));
  const known = { ...fed, ...(await head.run(fedTo(head, fed), made)) };
  return only(known, names);
}

/** Of several tensors an empty call is that of the largest. */
export const largestOf = (tensors: Tensors): Tensor =>
  Object.values(tensors).reduce((most, one) => (one.data.length > most.data.length ? one : most));
