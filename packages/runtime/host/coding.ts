/** @file A crossing's two ends: what crosses as bytes, and made again from what arrived. */
import type { DeployedCrossing, PictureCodec } from "@split-et-impera/core/deploy";
import type { Tensor } from "@split-et-impera/core/tensor";
import { concealments, lostElements, openCodec, type Received } from "@split-et-impera/core/wire";

/** What is captured: a picture's pixels, height x width x channels, or the model's input itself. */
export type Captured = { pixels: Uint8Array } | { tensor: Tensor };

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
  encode(value: Captured): Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
  /** Undefined where what arrived says nothing. */
  decode(received: Received): Promise<Captured | undefined> | Captured | undefined;
}

export function codingOf(crossing: DeployedCrossing, pictures: Pictures | undefined): Coding {
  const { codec } = crossing;
  return codec.kind === "image" ? pictureCoding(crossing, codec, pictures!) : tensorCoding(crossing, pictures);
}

function tensorCoding({ codec, carries, concealment }: DeployedCrossing, pictures: Pictures | undefined): Coding {
  const opened = openCodec(codec as Parameters<typeof openCodec>[0]);
  return {
    encode: (value) => opened.encode(tensorOf(value, pictures) as Tensor<"float32">).bytes,
    decode(received) {
      const { tensor, lost } = opened.decode(received, carries.shape);
      if (lost.length === 0) return { tensor };
      if (!concealment) return undefined;
      const { kind, values, axis } = concealment;
      concealments[kind].fill(tensor.data, carries.shape, lost, { mean: values, axis });
      return { tensor };
    },
  };
}

function pictureCoding({ carries, concealment }: DeployedCrossing, codec: PictureCodec, pictures: Pictures): Coding {
  const { shape } = carries;
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

/** The model's input. */
export function tensorOf(value: Captured, pictures: Pictures | undefined): Tensor {
  return "tensor" in value ? value.tensor : pictures!.input(value.pixels);
}

function pixelsOf(value: Captured): Uint8Array {
  if ("pixels" in value) return value.pixels;
  throw new TypeError("a picture was to cross, a tensor was captured");
}
