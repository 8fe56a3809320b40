/** @file The one error class for what a user can mend: bad files, impossible studies, unsupported models. */

/** A mistake in the input. Printed as one line, exit code 1; anything else thrown is a bug and prints its stack. */
export class InputError extends Error {
  /** Stable, machine-readable: `ERR_STUDY_FIELD`, `ERR_MODEL_CORRUPT`, ... */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "InputError";
    this.code = code;
  }
}

/** For states that no input can reach; the message starts with `internal:` so that a report names itself a bug. */
export function internal(message: string): Error {
  return new Error(`internal: ${message}`);
}
