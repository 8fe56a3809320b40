/** @file stderr at another descriptor than 2, where native code writes what the supervisor keeps for itself. */
import { writeSync } from "node:fs";
import { Writable } from "node:stream";
import { isatty, WriteStream } from "node:tty";

/** A terminal as Node has it; anything else is written at once, and nobody at the other end is no error. */
export function openStderr(descriptor: number): Writable & { isTTY?: boolean; columns?: number } {
  if (isatty(descriptor)) return new WriteStream(descriptor);
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      writeAll(descriptor, chunk);
      done();
    },
  });
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      // A pipe that does not block is full: its reader needs time. All else means that nobody reads.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
