/** @file What a model's first run may take. */
import { InputError } from "@split-et-impera/core/errors";

const memoryBytes = 4 * 2 ** 30;
/** Of the model's own bytes: it is read, loaded and computed with. */
const copies = 4;
const seconds = 120;
/** Of weights, read and computed with. */
const bytesPerSecond = 20e6;

/**
 * Memory and time for the first run of a model of that many bytes; SEI_MODEL_MEMORY (in GiB) and SEI_MODEL_TIME (in
 * seconds) give others.
 */
export function limitsFor(bytes: number): { memoryBytes: number; seconds: number } {
  const memory = given("SEI_MODEL_MEMORY");
  return {
    memoryBytes: memory === undefined ? memoryBytes + copies * bytes : memory * 2 ** 30,
    seconds: given("SEI_MODEL_TIME") ?? Math.ceil(seconds + bytes / bytesPerSecond),
  };
}

function given(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value < 1e6) return value;
  throw new InputError("ERR_USAGE", `${name}: expected a number above 0, got "${text}"`);
}
