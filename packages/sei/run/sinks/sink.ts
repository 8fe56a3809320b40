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

/** Counts lost lines and says so at the first. */
export class Losses {
  lines = 0;
  private readonly name: string;
  private readonly warn: (text: string) => void;

  constructor(name: string, warn: (text: string) => void) {
    this.name = name;
    this.warn = warn;
  }

  add(lines: number, reason: string): void {
    if (this.lines === 0 && lines > 0) this.warn(`${this.name}: answers are lost: ${reason}`);
    this.lines += lines;
  }
}
