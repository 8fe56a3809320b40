/** @file Several tensors as one message: their coded bytes one after another, in an order that both ends know. */
import { internal } from "../errors/index.ts";
import type { Tensor } from "../tensor/index.ts";
import type { Codec, Restored } from "./codec.ts";
import type { ByteRange, Message, Received } from "./message.ts";

/** A tensor of a message, as both ends know it before anything is sent. */
export interface MessagePart {
  codec: Codec;
  dims: readonly number[];
}

/** Bytes of a message of these tensors. */
export function messageBytes(parts: readonly MessagePart[]): number {
  return parts.reduce((sum, { codec, dims }) => sum + codec.bytesFor(dims), 0);
}

/**
 * One message of tensors, each through its codec, in this order. The pieces' elements count on from tensor to tensor: those
 * of the second begin where the first ends.
 */
export function encodeMessage(codecs: readonly Codec[], tensors: readonly Tensor<"float32">[]): Message {
  if (codecs.length !== tensors.length) throw internal(`${tensors.length} tensors through ${codecs.length} codecs`);
  const messages = codecs.map((codec, i) => codec.encode(tensors[i]!));
  const [only] = messages;
  if (only && messages.length === 1) return only;
  const bytes = new Uint8Array(messages.reduce((sum, message) => sum + message.bytes.length, 0));
  let [at, counted] = [0, 0];
  const pieces = messages.flatMap((message, i) => {
    bytes.set(message.bytes, at);
    const [byte, element] = [at, counted];
    at += message.bytes.length;
    counted += tensors[i]!.data.length;
    return message.pieces.map((piece) => ({
      ...piece,
      bytes: moved(piece.bytes, byte),
      elements: moved(piece.elements, element),
    }));
  });
  return { bytes, pieces };
}

/**
 * The tensors of a message, in the same order, each with the elements that were lost of it.
 * @throws Error `internal:` where there are not as many bytes as the shapes take
 */
export function decodeMessage(
  parts: readonly MessagePart[],
  { bytes, missing, handedOver = false }: Received,
): Restored[] {
  const expected = messageBytes(parts);
  if (bytes.length !== expected) throw internal(`a message of ${bytes.length} bytes, expected ${expected}`);
  let from = 0;
  return parts.map(({ codec, dims }) => {
    const [start, end] = [from, from + codec.bytesFor(dims)];
    from = end;
    const own = missing.flatMap(([a, b]): ByteRange[] =>
      a < end && b > start ? [[Math.max(a, start) - start, Math.min(b, end) - start]] : [],
    );
    return codec.decode({ bytes: bytes.subarray(start, end), missing: own, handedOver }, dims);
  });
}

const moved = ([from, to]: readonly [number, number], by: number): [number, number] => [from + by, to + by];
