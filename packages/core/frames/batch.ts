/** @file Visits of one work that wait to be done together. */
import { Line, type HostOrder, type Waiting } from "./line.ts";
import type { Visit } from "./visit.ts";

/** How a host gathers visits of the same work. */
export interface BatchOptions {
  /** Visits that are done together at most. */
  size: number;
  /** ns that a visit waits for others at most, while a core is free. */
  timeout: number;
}

export class Batch {
  /** Those that go next, in the host's order. */
  readonly line: Line;
  private readonly options: BatchOptions;
  /** In the order in which they came; those before `longest` are gone. */
  private readonly came: Waiting[] = [];
  private longest = 0;

  /** @param most that are done together of this work */
  constructor(order: HostOrder, { size, timeout }: BatchOptions, most: number) {
    this.line = new Line(order);
    this.options = { size: Math.min(size, most), timeout };
  }

  push(entry: Waiting): void {
    this.came.push(entry);
    this.line.push(entry);
  }

  /** ns from which on it is done even if it is not full; Infinity where none waits. */
  get due(): number {
    const { came } = this;
    while (this.longest < came.length && came[this.longest]!.gone) this.longest++;
    if (this.longest === came.length) {
      came.length = 0;
      this.longest = 0;
      return Infinity;
    }
    return came[this.longest]!.since + this.options.timeout;
  }

  ready(now: number): boolean {
    return this.line.length >= this.options.size || this.due <= now;
  }

  take(): Visit[] {
    const { line } = this;
    return Array.from({ length: Math.min(line.length, this.options.size) }, () => line.pop()!.visit);
  }
}
