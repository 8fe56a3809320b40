/** @file The one error class for what a user can mend: bad files, impossible studies, unsupported models. */
import type { ErrorCode } from "./codes.ts";

export { errorCodes, type ErrorCode, type ErrorRow } from "./codes.ts";

/** A mistake in the input. Printed as one line, exit code 1; anything else thrown is a bug and prints its stack. */
export class InputError extends Error {
  /** Stable, machine-readable; a row of the table in codes.ts. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "InputError";
    this.code = code;
  }
}

/** For states that no input can reach; the message starts with `internal:` so that a report names itself a bug. */
export function internal(message: string): Error {
  return new Error(`internal: ${message}`);
}
