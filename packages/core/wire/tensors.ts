/** @file Several tensors as one message: their coded bytes one after another, in an order that both ends know. */
import { internal } from "../errors/index.ts";
import type { Tensor } from "../tensor/index.ts";
import type { Codec, Restored } from "./codec.ts";
import type { ByteRange, Message, Piece, Received } from "./message.ts";

/** A tensor of a message, as both ends know it before anything is sent. */
export interface MessagePart {
  codec: Codec;
  dims: readonly number[];
}

/** Bytes of each length that stands before a message. */
const lengthBytes = 4;

/**
 * Of several tensors, the lengths of those that vary stand before the message, but for the last tensor's, which follows from the
 * message's own; 32 bits each, little-endian.
 */
const lengthsOf = (codecs: readonly Codec[]): number[] =>
  codecs.flatMap(({ varies }, i) => (varies && i < codecs.length - 1 ? [i] : []));

/** Bytes of a message of these tensors; at most, where one of them varies. */
export function messageBytes(parts: readonly MessagePart[]): number {
  const head = lengthBytes * lengthsOf(parts.map(({ codec }) => codec)).length;
  return parts.reduce((sum, { codec, dims }) => sum + codec.bytesFor(dims), head);
}

/** Whether messages of these tensors differ in length. */
export const messageVaries = (codecs: readonly Codec[]): boolean => codecs.some(({ varies }) => varies);

/**
 * One message of tensors, each through its codec, in this order. The pieces' elements count on from tensor to tensor: those
 * of the second begin where the first ends.
 */
export function encodeMessage(codecs: readonly Codec[], tensors: readonly Tensor<"float32">[]): Message {
  if (codecs.length !== tensors.length) throw internal(`${tensors.length} tensors through ${codecs.length} codecs`);
  const messages = codecs.map((codec, i) => codec.encode(tensors[i]!));
  const [only] = messages;
  if (only && messages.length === 1) return only;
  const lengths = lengthsOf(codecs);
  const head = lengthBytes * lengths.length;
  const bytes = new Uint8Array(messages.reduce((sum, message) => sum + message.bytes.length, head));
  const view = new DataView(bytes.buffer);
  lengths.forEach((part, i) => view.setUint32(lengthBytes * i, messages[part]!.bytes.length, true));
  let [at, counted] = [head, 0];
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
  const before: Piece[] = head > 0 ? [{ bytes: [0, head], elements: [0, 0], divisible: false }] : [];
  return { bytes, pieces: [...before, ...pieces] };
}

/**
 * The tensors of a message, in the same order, each with the elements that were lost of it. Where lengths are missing, or are
 * none, all of what varies is lost.
 * @throws Error `internal:` where there are not as many bytes as the shapes take, or more than that at most
 */
export function decodeMessage(
  parts: readonly MessagePart[],
  { bytes, missing, handedOver = false }: Received,
): Restored[] {
  const expected = messageBytes(parts);
  const varies = messageVaries(parts.map(({ codec }) => codec));
  if (varies ? bytes.length > expected : bytes.length !== expected)
    throw internal(`a message of ${bytes.length} bytes, expected ${expected}${varies ? " at most" : ""}`);
  const lengths = partLengths(parts, { bytes, missing });
  let from = lengths ? bytes.length - lengths.reduce((sum, length) => sum + length, 0) : 0;
  return parts.map(({ codec, dims }, i) => {
    const length = lengths?.[i] ?? (codec.varies ? 0 : codec.bytesFor(dims));
    // Without lengths nobody knows where anything lies.
    if (!lengths) return codec.decode({ bytes: new Uint8Array(length), missing: [[0, length]] }, dims);
    const [start, end] = [from, from + length];
    from = end;
    const own = missing.flatMap(([a, b]): ByteRange[] =>
      a < end && b > start ? [[Math.max(a, start) - start, Math.min(b, end) - start]] : [],
    );
    return codec.decode({ bytes: bytes.subarray(start, end), missing: own, handedOver }, dims);
  });
}

/** Bytes of each tensor; undefined where the message does not tell. */
function partLengths(parts: readonly MessagePart[], { bytes, missing }: Received): number[] | undefined {
  const told = lengthsOf(parts.map(({ codec }) => codec));
  const head = lengthBytes * told.length;
  if (bytes.length < head || missing.some(([from]) => from < head)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, head);
  let rest = bytes.length - head;
  const lengths: number[] = [];
  for (const [i, { codec, dims }] of parts.entries()) {
    const most = codec.bytesFor(dims);
    const at = told.indexOf(i);
    const length = !codec.varies ? most : at < 0 ? rest : view.getUint32(lengthBytes * at, true);
    if (length > most || length > rest) return undefined;
    lengths.push(length);
    rest -= length;
  }
  return rest === 0 ? lengths : undefined;
}

const moved = ([from, to]: readonly [number, number], by: number): [number, number] => [from + by, to + by];
