/** @file A place where answers go beside the terminal, and what it loses. */
import { InputError } from "@split-et-impera/core/errors";

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

/** A kind of such places: a row of `sinkKinds`. */
export interface SinkKind {
  /** That of `sei run` which asks for one. */
  flag: { type: "string"; valueHint: string; description: string };
  /** Whether it is an error where any line is lost. Else it is a warning. */
  whole?: true;
  /**
   * What opens it.
   * @param given with the flag
   * @throws InputError `ERR_USAGE` where that says no such place; what opens it, `ERR_OUTPUT` where it cannot be written
   */
  at(given: string): (warn: (text: string) => void) => Promise<Sink>;
}

/** @throws InputError `ERR_USAGE` */
export function urlOf(flag: string, text: string, protocols: readonly string[]): URL {
  const url = URL.parse(text);
  if (url && protocols.includes(url.protocol)) return url;
  throw new InputError(
    "ERR_USAGE",
    `--${flag}: expected ${protocols.map((one) => `${one}//...`).join(" or ")}, got "${text}"`,
  );
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
