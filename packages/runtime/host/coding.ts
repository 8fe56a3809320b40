/** @file A crossing's two ends: what crosses as bytes, and made again from what arrived. */
import type { Carried, DeployedCrossing, PictureCodec } from "@split-et-impera/core/deploy";
import { asFloat32, fromFloat32, type Tensor, type Tensors } from "@split-et-impera/core/tensor";
import {
  concealments,
  decodeMessage,
  encodeMessage,
  float32Bytes,
  lostElements,
  messageBytes,
  messageVaries,
  openCodec,
  type CodecParameters,
  type Received,
} from "@split-et-impera/core/wire";

/** What is captured: a picture's pixels, height x width x channels, or the model's input itself, or all that it takes by name. */
export type Captured = { pixels: Uint8Array } | { tensor: Tensor } | { tensors: Tensors };

/** What goes from host to host: a picture's pixels, or tensors by name, more of them than cross. */
export type Value = { pixels: Uint8Array } | { tensors: Tensors };

/** What a host needs for pictures; who runs it brings it along, for it takes libraries that few hosts have. */
export interface Pictures {
  /** @param shape [height, width, channels] */
  encode(pixels: Uint8Array, shape: readonly number[], codec: PictureCodec): Promise<Uint8Array<ArrayBuffer>>;
  /** Undefined where the file cannot be read. */
  decode(file: Uint8Array, shape: readonly number[], codec: PictureCodec): Promise<Uint8Array | undefined>;
  /** The model's input. */
  input(pixels: Uint8Array): Tensor;
}

export interface Coding {
  encode(value: Value): Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
  /** Undefined where what arrived says nothing. */
  decode(received: Received): Promise<Value | undefined> | Value | undefined;
}

export function codingOf(crossing: DeployedCrossing, pictures: Pictures | undefined): Coding {
  const [first] = crossing.carries as [Carried];
  return first.codec.kind === "image"
    ? pictureCoding(first, first.codec, pictures!)
    : tensorsCoding(crossing, pictures);
}

function tensorsCoding({ carries }: DeployedCrossing, pictures: Pictures | undefined): Coding {
  const parts = carries.map(({ codec, shape }) => ({ codec: openCodec(codec as CodecParameters), dims: shape }));
  const codecs = parts.map(({ codec }) => codec);
  const expected = messageBytes(parts);
  const varies = messageVaries(codecs);
  const asItIs = carries.length === 1 && isPlain(carries[0]!);
  return {
    encode(value) {
      const tensors = tensorsOf(value, carries[0]!.tensor, pictures);
      // Nobody changes it any more: it goes without a copy.
      const own = asItIs ? float32Bytes((tensors[carries[0]!.tensor] as Tensor<"float32">).data) : undefined;
      if (own) return own as Uint8Array<ArrayBuffer>;
      return encodeMessage(
        codecs,
        carries.map(({ tensor }) => asFloat32(tensors[tensor]!)),
      ).bytes;
    },
    decode(received) {
      const { length } = received.bytes;
      if (varies ? length > expected : length !== expected) return undefined;
      const tensors: Tensors = {};
      for (const [i, { tensor, lost }] of decodeMessage(parts, received).entries()) {
        const { tensor: name, type, shape, concealment } = carries[i]!;
        if (lost.length > 0) {
          if (!concealment) return undefined;
          const { kind, values, axis } = concealment;
          concealments[kind].fill(tensor.data, shape, lost, { mean: values, axis });
        }
        tensors[name] = fromFloat32(tensor, type);
      }
      return { tensors };
    },
  };
}

/** Whether the coded bytes are the tensor's own. */
const isPlain = ({ codec, type }: Carried): boolean =>
  type === "float32" && codec.kind === "float32" && (codec.stride ?? 1) === 1;

function pictureCoding(carries: Carried, codec: PictureCodec, pictures: Pictures): Coding {
  const { shape, concealment } = carries;
  if (codec.format !== "raw") {
    return {
      encode: (value) => pictures.encode(pixelsOf(value), shape, codec),
      async decode({ bytes, missing }) {
        // A file with holes is no picture.
        const pixels = missing.length > 0 ? undefined : await pictures.decode(bytes, shape, codec);
        return pixels && { pixels };
      },
    };
  }
  return {
    encode: (value) => pixelsOf(value) as Uint8Array<ArrayBuffer>,
    decode({ bytes, missing }) {
      if (bytes.length !== carries.bytes) return undefined;
      if (missing.length === 0) return { pixels: bytes };
      if (!concealment) return undefined;
      const { kind, values, axis } = concealment;
      const all = { bytes: [0, bytes.length], elements: [0, bytes.length], divisible: true } as const;
      concealments[kind].fill(bytes, shape, lostElements([all], missing), { mean: values, axis });
      return { pixels: bytes };
    },
  };
}

/** What was captured, by the names of the model's inputs. */
export function valueOf(captured: Captured, input: string): Value {
  return "pixels" in captured || "tensors" in captured ? captured : { tensors: { [input]: captured.tensor } };
}

/** What a segment is fed with: tensors as they came, or the model's input of a picture. */
export function tensorsOf(value: Value, input: string, pictures: Pictures | undefined): Tensors {
  return "tensors" in value ? value.tensors : { [input]: pictures!.input(value.pixels) };
}

function pixelsOf(value: Value): Uint8Array {
  if ("pixels" in value) return value.pixels;
  throw new TypeError("a picture was to cross, a tensor was captured");
}
