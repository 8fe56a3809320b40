/** @file Codecs in which every element takes the same whole number of bytes, in the tensor's own order. */
import { internal } from "../../errors/index.ts";
import { float32, sizeOf, type Tensor } from "../../tensor/index.ts";
import type { Codec } from "../codec.ts";
import { lostElements, type Piece } from "../message.ts";

export interface FixedWidth<P> {
  parameters: P;
  /** Bytes of an element. */
  width: number;
  encode(tensor: Tensor<"float32">): Uint8Array<ArrayBuffer>;
  decode(bytes: Uint8Array, dims: readonly number[], handedOver: boolean): Float32Array;
}

export function fixedWidth<P>({ parameters, width, encode, decode }: FixedWidth<P>): Codec<P> {
  const bytesFor = (dims: readonly number[]): number => sizeOf(dims) * width;
  const pieces = (bytes: number): Piece[] =>
    bytes === 0 ? [] : [{ bytes: [0, bytes], elements: [0, bytes / width], divisible: true }];
  return {
    parameters,
    bytesFor,
    encode(tensor) {
      const bytes = encode(tensor);
      return { bytes, pieces: pieces(bytes.length) };
    },
    decode({ bytes, missing, handedOver = false }, dims) {
      if (bytes.length !== bytesFor(dims)) {
        throw internal(`${bytes.length} bytes for the shape [${dims.join(", ")}] at ${width} bytes a value`);
      }
      return {
        tensor: float32(dims, decode(bytes, dims, handedOver)),
        lost: lostElements(pieces(bytes.length), missing),
      };
    },
  };
}
