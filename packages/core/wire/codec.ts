/** @file What a codec is: a float32 tensor to bytes on the wire and back. Each is a row of the table in codecs/. */
import type { Tensor } from "../tensor/index.ts";
import type { Calibration } from "./calibrate.ts";
import type { ElementRange, Message, Received } from "./message.ts";

/** A tensor made again from what arrived. */
export interface Restored {
  tensor: Tensor<"float32">;
  /** Elements of which nothing is known: a concealment fills them. Ranges ascend and do not touch. */
  lost: readonly ElementRange[];
}

/** A codec with its parameters, ready to use. */
export interface Codec<P = unknown> {
  /** All that makes it again, as plain JSON for a manifest. */
  readonly parameters: P;
  /** Whether messages of one shape have different lengths. */
  readonly varies: boolean;
  /** Bytes of a message for a tensor of this shape, at most where it varies; a manifest tells them, never the other side. */
  bytesFor(dims: readonly number[]): number;
  /** Little-endian, without a header. */
  encode(tensor: Tensor<"float32">): Message;
  /**
   * Reads what arrived. The receiver knows the shape. Of a message that varies, what makes no sense is lost.
   * @throws Error `internal:` where there are not as many bytes as the shape takes, or more than that at most
   */
  decode(received: Received, dims: readonly number[]): Restored;
}

/** What a field of a codec's parameters may be, for those who check a manifest. */
export interface ParameterField {
  /** Whole numbers only. */
  whole?: boolean;
  /** Least value. */
  min?: number;
  /** Greater than zero. */
  positive?: boolean;
  max?: number;
  /** One or more of them. */
  list?: boolean;
  /** It may be absent. */
  optional?: boolean;
  means: string;
}

/** A row of the table of codecs. */
export interface CodecRow<P extends { kind: string }> {
  /** A few words for the study's documentation. */
  means: string;
  /** Whether every value comes back bit for bit. */
  lossless: boolean;
  /** Bytes of a message per byte of the float32 tensor: what a placement counts before anything is encoded. */
  share: number;
  /** Its parameters beside `kind`, each with what it may be. */
  fields: { readonly [K in Exclude<keyof P, "kind">]-?: ParameterField };
  /** What is wrong with parameters that fit `fields`, for a tensor of this shape; absent where nothing more can be. */
  problem?(parameters: P, dims: readonly number[]): string | undefined;
  /** Whether its steps may be wider or narrower than those of the least squared error. */
  stepped: boolean;
  /**
   * Its parameters for what was seen of the tensor.
   * @param payload most bytes of a datagram
   * @param step how many times wider than those of the least squared error its steps are; 1 where they cannot be
   */
  calibrated(calibration: Calibration, payload: number, step: number): P;
  open(parameters: P): Codec<P>;
}
