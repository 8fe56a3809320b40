/** @file What cannot be in a FLAC file. */

/** The message says what was found. */
export class FlacError extends Error {
  override readonly name = "FlacError";
}
