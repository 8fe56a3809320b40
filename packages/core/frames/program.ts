/** @file Steps as a program that each frame walks through: exits are jumps, repetitions are loops. */
import type { ExitStep, RepeatStep, Step, WorkStep } from "./step.ts";

/** Where a frame stands. */
export interface Cursor {
  at: number;
  /** By loop: rounds begun. */
  rounds: Uint32Array | undefined;
}

type Instruction =
  | { do: "work"; work: number }
  | { do: "exit"; taken: ExitStep["taken"]; to: number }
  | { do: "loop"; times: RepeatStep["times"]; loop: number; past: number }
  | { do: "jump"; to: number };

/** A place past the last instruction. */
const END = Infinity;

export class Program {
  /** As `workSteps` numbers them. */
  readonly work: WorkStep[] = [];
  private readonly code: Instruction[] = [];
  private loops = 0;

  constructor(steps: readonly Step[]) {
    this.compile(steps);
    this.code.push({ do: "jump", to: END });
  }

  begin(): Cursor {
    return { at: 0, rounds: this.loops > 0 ? new Uint32Array(this.loops) : undefined };
  }

  /** Moves to the next work of `frame` and returns its number; undefined when it is through. */
  next(cursor: Cursor, frame: number): number | undefined {
    while (cursor.at < this.code.length) {
      const instruction = this.code[cursor.at++]!;
      if (instruction.do === "work") return instruction.work;
      if (instruction.do === "jump") cursor.at = instruction.to;
      else if (instruction.do === "exit") {
        if (instruction.taken[frame] !== 0) cursor.at = instruction.to;
      } else {
        const rounds = cursor.rounds!;
        const times = typeof instruction.times === "number" ? instruction.times : instruction.times[frame]!;
        if (rounds[instruction.loop]! < times) {
          rounds[instruction.loop]!++;
        } else {
          // A loop within a loop begins anew next time.
          rounds[instruction.loop] = 0;
          cursor.at = instruction.past;
        }
      }
    }
    return undefined;
  }

  private compile(steps: readonly Step[]): void {
    const { code } = this;
    for (const step of steps) {
      if (step.kind === "exit") {
        // Not taken: past what those that leave still pass.
        const exit = { do: "exit" as const, taken: step.taken, to: code.length + 2 };
        const past = { do: "jump" as const, to: 0 };
        code.push(exit, past);
        this.compile(step.steps ?? []);
        code.push({ do: "jump", to: END });
        past.to = code.length;
      } else if (step.kind === "repeat") {
        // Rounds in which nothing is done take no time.
        if (step.steps.length === 0) continue;
        const loop = { do: "loop" as const, times: step.times, loop: this.loops++, past: 0 };
        const at = code.push(loop) - 1;
        this.compile(step.steps);
        code.push({ do: "jump", to: at });
        loop.past = code.length;
      } else {
        code.push({ do: "work", work: this.work.push(step) - 1 });
      }
    }
  }
}
