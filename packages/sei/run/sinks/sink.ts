/** @file A place where answers go beside the terminal, and what it loses. */

export interface Sink {
  /** For messages: a file, a server. */
  readonly name: string;
  /** Lines so far that did not get there. */
  readonly lost: number;
  /** A line with its end. Never waits. */
  write(text: string): void;
  /** Waits for what is still on its way. */
  close(): Promise<void>;
}

/** Counts what is lost and says so at the first. */
export class Losses {
  count = 0;
  private readonly name: string;
  private readonly what: string;
  private readonly warn: (text: string) => void;

  /** @param name where it was to go */
  constructor(name: string, what: "answers" | "spans", warn: (text: string) => void) {
    this.name = name;
    this.what = what;
    this.warn = warn;
  }

  add(count: number, reason: string): void {
    if (this.count === 0 && count > 0) this.warn(`${this.name}: ${this.what} are lost: ${reason}`);
    this.count += count;
  }
}
