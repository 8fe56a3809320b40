/** @file Codecs in which every element takes the same number of bits, in the tensor's own order or interleaved. */
import { internal } from "../../errors/index.ts";
import { float32, sizeOf, type Tensor } from "../../tensor/index.ts";
import { float32View, fromBytes, toBytes } from "../bytes.ts";
import type { Codec, ParameterField } from "../codec.ts";
import { lostElements, type Piece } from "../message.ts";
import { inOrder, outOfOrder, rangesOutOfOrder } from "../order.ts";
import { packBits, packedBytes, unpackBits } from "../pack.ts";

/** One code per element, in the tensor's own order: below 2^bits, or the values themselves. */
export type Codes = Uint8Array | Uint16Array | Float32Array;

export interface FixedWidth<P> {
  parameters: P;
  /** Bits of an element: 1 to 8 of a Uint8Array, 16 of a Uint16Array, 32 of a Float32Array. */
  bits: number;
  codes(tensor: Tensor<"float32">): Codes;
  /** May be the codes themselves. */
  values(codes: Codes, dims: readonly number[]): Float32Array;
}

/** The parameter that every codec of this kind has. */
export const strideField = {
  whole: true,
  min: 1,
  optional: true,
  means: "the k-th value sent of a frame is its element k * stride mod its size; absent or 1: the tensor's own order",
} as const satisfies ParameterField;

export function fixedWidth<P extends { stride?: number }>({
  parameters,
  bits,
  codes,
  values,
}: FixedWidth<P>): Codec<P> {
  const { stride = 1 } = parameters;
  const bytesFor = (dims: readonly number[]): number => packedBytes(sizeOf(dims), bits);
  const pieces = (count: number): Piece[] =>
    count === 0 ? [] : [{ bytes: [0, packedBytes(count, bits)], elements: [0, count], divisible: true, bits }];
  return {
    parameters,
    varies: false,
    bytesFor,
    encode(tensor) {
      const own = codes(tensor);
      const sent = stride === 1 ? own : inOrder(own, tensor.dims, stride);
      return {
        bytes: sent instanceof Uint8Array ? packBits(sent, bits) : toBytes(sent),
        pieces: pieces(sent.length),
      };
    },
    decode({ bytes, missing, handedOver = false }, dims) {
      if (bytes.length !== bytesFor(dims)) {
        throw internal(`${bytes.length} bytes for the shape [${dims.join(", ")}] at ${bits} bits a value`);
      }
      const count = sizeOf(dims);
      const sent = (handedOver && bits === 32 ? float32View(bytes) : undefined) ?? read(bytes, bits, count);
      const own = stride === 1 ? sent : outOfOrder(sent, dims, stride);
      return {
        tensor: float32(dims, values(own, dims)),
        lost: rangesOutOfOrder(lostElements(pieces(count), missing), dims, stride),
      };
    },
  };
}

function read(bytes: Uint8Array, bits: number, count: number): Codes {
  if (bits === 32) return fromBytes(bytes, new Float32Array(count));
  return bits === 16 ? fromBytes(bytes, new Uint16Array(count)) : unpackBits(bytes, bits, count);
}
