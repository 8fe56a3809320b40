/** @file Connections that have not said who they are: few, for a short time, and of few bytes. */
import type { Socket } from "node:net";
import { InputError } from "@split-et-impera/core/errors";

/** Bytes that a stranger may send: a TLS handshake with a chain of certificates takes less than a tenth. */
const mostBytes = 64 * 1024;
const sweepMilliseconds = 100;

export class Waiting {
  readonly #since = new Map<Socket, number>();
  #timer: NodeJS.Timeout | undefined;
  readonly #most: number;
  readonly #milliseconds: number;
  readonly #refused: (socket: Socket, reason: InputError) => void;

  /** @param refused hears of each that is sent away from here, before it is */
  constructor(most: number, milliseconds: number, refused: (socket: Socket, reason: InputError) => void) {
    this.#most = most;
    this.#milliseconds = milliseconds;
    this.#refused = refused;
  }

  get size(): number {
    return this.#since.size;
  }

  has(socket: Socket): boolean {
    return this.#since.has(socket);
  }

  /** Takes one in. Where there are too many, the one that waits longest goes: an honest one is done in two round trips. */
  add(socket: Socket): void {
    const [oldest] = this.#since.keys();
    if (this.#since.size >= this.#most && oldest)
      this.#drop(oldest, `${this.#most} others came before it said who it is`);
    this.#since.set(socket, performance.now());
    socket.once("close", () => this.#drop(socket, "left before it said who it is"));
    this.#timer ??= setInterval(() => this.#sweep(), sweepMilliseconds).unref();
  }

  remove(socket: Socket): void {
    this.#since.delete(socket);
    if (this.#since.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    const all = [...this.#since.keys()];
    this.#since.clear();
    clearInterval(this.#timer);
    for (const socket of all) socket.destroy();
  }

  #sweep(): void {
    const now = performance.now();
    for (const [socket, since] of this.#since) {
      if (socket.bytesRead > mostBytes) this.#drop(socket, `sent ${socket.bytesRead} bytes and not who it is`);
      else if (now - since > this.#milliseconds)
        this.#drop(socket, `did not say who it is within ${this.#milliseconds / 1000} s`);
    }
  }

  #drop(socket: Socket, text: string): void {
    if (!this.#since.has(socket)) return;
    this.#refused(socket, new InputError("ERR_TRUST_PEER", text));
    this.remove(socket);
    socket.destroy();
  }
}
