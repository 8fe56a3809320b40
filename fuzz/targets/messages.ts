/** @file Messages as they come over a link: any bytes, any holes, read by any codec with parameters that may have been changed. */
import { InputError } from "../../packages/core/dist/errors/index.js";
import { randomStream, type Random } from "../../packages/core/dist/random/index.js";
import { float32, sizeOf } from "../../packages/core/dist/tensor/index.js";
import {
  calibratedCodec,
  codecKinds,
  codecProblem,
  createCalibrator,
  encodeMessage,
  messageBytes,
  openCodec,
  orders,
  reassemble,
  usualConcealment,
  type ByteRange,
  type Calibration,
  type CodecParameters,
  type OrderKind,
} from "../../packages/core/dist/wire/index.js";
import { mutateBytes } from "../mutate/bytes.ts";
import type { Target } from "../target.ts";

interface Seed {
  dims: number[][];
  parameters: CodecParameters[];
  seen: Calibration;
  bytes: Uint8Array;
}

interface Input extends Seed {
  missing: ByteRange[];
}

/** Tensors of four channels: a map, a line, a vector's worth of places. */
const shapes = [
  [1, 4, 3, 5],
  [1, 4, 9],
  [1, 4, 1, 1],
];

/** Every codec in every order, alone and with another behind it. */
function seeds(): Seed[] {
  const random = randomStream(1, "messages");
  return codecKinds.flatMap((kind) =>
    (Object.keys(orders) as OrderKind[]).flatMap((order) =>
      shapes.flatMap((shape, i) => {
        const dims = i === 0 ? [shape, [1, 4, 2, 2]] : [shape];
        const tensors = dims.map((own) =>
          float32(
            own,
            Float32Array.from({ length: sizeOf(own) }, () => random.normal()),
          ),
        );
        const calibrator = createCalibrator({ perChannel: true });
        calibrator.add(tensors[0]!);
        const seen = calibrator.result();
        const codecs = dims.map((own) => calibratedCodec(kind, seen, { order, dims: own, payload: 64 }));
        const { bytes } = encodeMessage(codecs, tensors);
        return [{ dims, parameters: codecs.map(({ parameters }) => parameters), seen, bytes }];
      }),
    ),
  );
}

/** Other bytes, more or fewer of them, and holes anywhere in them. */
function mutate(seed: unknown, random: Random): Input {
  const own = seed as Seed;
  const bytes = random.integer(4) === 0 ? own.bytes : mutateBytes(own.bytes, random);
  const missing: ByteRange[] = [];
  for (let at = random.integer(1 + bytes.length); at < bytes.length && random.integer(3) > 0;) {
    const to = Math.min(bytes.length, at + 1 + random.integer(20));
    missing.push([at, to]);
    at = to + 1 + random.integer(20);
  }
  return { ...own, bytes, missing };
}

/** What a host does: lengths that no message of the manifest has are refused, all else becomes a tensor of the manifest's shape. */
function read(input: unknown): void {
  const { dims, parameters, seen, bytes, missing } = input as Input;
  parameters.forEach((own, i) => {
    const problem = codecProblem(own, dims[i]!);
    if (problem !== undefined) throw new InputError("ERR_DEPLOYMENT", problem);
  });
  const parts = parameters.map((own, i) => ({
    codec: openCodec(own),
    dims: dims[i]!,
    seen,
    concealment: usualConcealment,
  }));
  const most = messageBytes(parts);
  const varies = parts.some(({ codec }) => codec.varies);
  if (varies ? bytes.length > most : bytes.length !== most) throw new InputError("ERR_DEPLOYMENT", "another length");
  // A buffer with guards on both sides: what is decoded may be made of the bytes, and of nothing beside them.
  const guarded = new Uint8Array(bytes.length + 64).fill(0xa5);
  guarded.set(bytes, 32);
  const made = reassemble({ bytes: guarded.subarray(32, 32 + bytes.length), missing }, parts);
  made.forEach((tensor, i) => {
    if (String(tensor.dims) !== String(dims[i]) || tensor.data.length !== sizeOf(dims[i]!))
      throw new Error(
        `a tensor [${tensor.dims.join(", ")}] of ${tensor.data.length}, expected [${dims[i]!.join(", ")}]`,
      );
  });
  if (guarded.subarray(0, 32).some((byte) => byte !== 0xa5) || guarded.subarray(-32).some((byte) => byte !== 0xa5))
    throw new Error("bytes beside the message were written to");
}

export const messages: readonly Target[] = [{ name: "crossing's message", share: 8000, seeds, mutate, read }];
