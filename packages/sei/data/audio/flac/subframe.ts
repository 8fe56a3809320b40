/** @file One channel of a FLAC frame: RFC 9639, section 9.2. */
import type { BitReader } from "./bits.ts";
import { FlacError } from "./error.ts";

/** 9.2.5: predictors of fixed coefficients, by order. */
const fixed = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

/** The samples of a block, whole numbers of `width` bits. */
export function readSubframe(reader: BitReader, size: number, width: number): Float64Array {
  if (reader.read(1) !== 0) throw new FlacError("a subframe that is none");
  const kind = reader.read(6);
  // 9.2.2: low bits that are zero everywhere are not kept.
  const wasted = reader.read(1) === 1 ? reader.zeros() + 1 : 0;
  const bits = width - wasted;
  if (bits < 1) throw new FlacError(`samples of ${bits} bits`);
  const samples = readKind(reader, kind, size, bits);
  if (wasted > 0) for (let i = 0; i < size; i++) samples[i]! *= 2 ** wasted;
  return samples;
}

function readKind(reader: BitReader, kind: number, size: number, bits: number): Float64Array {
  const samples = new Float64Array(size);
  if (kind === 0) return samples.fill(reader.signed(bits));
  if (kind === 1) return samples.map(() => reader.signed(bits));
  const order = kind >= 32 ? kind - 31 : kind >= 8 && kind <= 12 ? kind - 8 : undefined;
  if (order === undefined || order > size) throw new FlacError(`a subframe of kind ${kind}`);
  for (let i = 0; i < order; i++) samples[i] = reader.signed(bits);
  if (kind < 32) {
    readResiduals(reader, samples, order);
    predict(samples, fixed[order]!, 0);
    return samples;
  }
  // 9.2.6: a linear predictor with coefficients of its own.
  const precision = reader.read(4) + 1;
  const shift = reader.signed(5);
  if (precision === 16 || shift < 0) throw new FlacError("a predictor that cannot be");
  const coefficients = Array.from({ length: order }, () => reader.signed(precision));
  readResiduals(reader, samples, order);
  predict(samples, coefficients, shift);
  return samples;
}

/** x_i = r_i + floor(sum of c_k x_(i-k) / 2^shift), in place of the residuals r. */
function predict(samples: Float64Array, coefficients: readonly number[], shift: number): void {
  const order = coefficients.length;
  const scale = 2 ** shift;
  for (let i = order; i < samples.length; i++) {
    let sum = 0;
    for (let k = 0; k < order; k++) sum += coefficients[k]! * samples[i - 1 - k]!;
    samples[i]! += Math.floor(sum / scale);
  }
}

/** 9.2.7: residuals in partitions, each with a Rice parameter of its own. */
function readResiduals(reader: BitReader, into: Float64Array, order: number): void {
  const method = reader.read(2);
  if (method > 1) throw new FlacError(`residuals of kind ${method}`);
  const parameterBits = 4 + method;
  const parts = 2 ** reader.read(4);
  const perPart = into.length / parts;
  if (!Number.isInteger(perPart) || perPart < order) throw new FlacError(`${parts} parts of ${into.length} samples`);
  let at = order;
  for (let part = 1; part <= parts; part++) {
    const parameter = reader.read(parameterBits);
    const escaped = parameter === 2 ** parameterBits - 1;
    const plain = escaped ? reader.read(5) : 0;
    for (; at < part * perPart; at++) into[at] = escaped ? reader.signed(plain) : rice(reader, parameter);
  }
}

/** A quotient in zeros, a rest in `parameter` bits; even numbers stand for 0, 1, 2 ..., odd ones for -1, -2 ... */
function rice(reader: BitReader, parameter: number): number {
  const folded = reader.zeros() * 2 ** parameter + reader.read(parameter);
  return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
}
