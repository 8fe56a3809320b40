/** @file The answers of a deployment: read from the outputs as its task reads them, and as bytes no longer than it says. */
import { InputError } from "../errors/index.ts";
import { openTask, type AnyTask } from "../task/index.ts";
import { zeros, type Tensors } from "../tensor/index.ts";
import { answerForm, classSaid, type Answer, type AnswerForm } from "./answer-forms.ts";
import type { Deployment } from "./deployment.ts";

export interface Answers {
  task: AnyTask;
  /** Whether they are classes, which the data name. */
  kind: AnswerForm["kind"];
  /**
   * Of one frame.
   * @throws InputError `ERR_NOT_FINITE` where the outputs say nothing
   */
  read(outputs: Tensors): Answer;
  /**
   * At least as many bytes as the deployment says, filled up with spaces.
   * @throws InputError `ERR_ANSWER` where it does not fit
   */
  write(answer: Answer): Uint8Array<ArrayBuffer>;
  /** Undefined where they are not as long as the deployment says, or no answer of its task. */
  parse(bytes: Uint8Array): Answer | undefined;
}

/** Bytes of the longest answer's message. */
export const longestAnswer = ({ frames: { answer } }: Pick<Deployment, "frames">): number =>
  Math.max(answer.bytes, answer.mostBytes);

export function openAnswers({ task: spec, reads, frames }: Pick<Deployment, "task" | "reads" | "frames">): Answers {
  const task = openTask(spec);
  const form = answerForm(task, reads);
  const { bytes: least, mostBytes: most } = frames.answer;
  const longest = longestAnswer({ frames });
  // All but JSON take the same bytes whatever they say.
  const shortest = form.kind === "json" ? least : longest;
  return {
    task,
    kind: form.kind,
    read(outputs) {
      const [says] = task.answers(reads, outputs);
      if (form.kind !== "class") return { says };
      const { data } = outputs[reads.outputs[0]!]!;
      return { says, score: Number(data.length === 1 ? data[0] : data[classSaid(says)]) };
    },
    write(answer) {
      const bytes = form.write(answer, most);
      const message = new Uint8Array(Math.max(least, bytes.length)).fill(" ".codePointAt(0)!);
      message.set(bytes);
      return message;
    },
    parse: (bytes) => (bytes.length < shortest || bytes.length > longest ? undefined : form.read(bytes)),
  };
}

/**
 * Sees that the outputs of the last segment can be read as the deployment says, by reading zeros of their shapes.
 * @throws InputError `ERR_DEPLOYMENT` where they cannot
 */
export function checkReads({ task, reads, segments }: Pick<Deployment, "task" | "reads" | "segments">): void {
  const { name, outputs } = segments.at(-1)!;
  const fail = (why: string, cause?: unknown): InputError =>
    new InputError(
      "ERR_DEPLOYMENT",
      `reads: expected to find the answer of the task ${task.kind} in the outputs of "${name}", ${why}`,
      { cause },
    );
  const blank = Object.fromEntries(outputs.map(({ tensor, type, shape }) => [tensor, zeros(type, shape)]));
  let found: unknown[];
  try {
    found = openTask(task).answers(reads, blank);
  } catch (error) {
    // That zeros say nothing is no fault of what reads them.
    if (error instanceof InputError) return;
    throw fail(`but ${(error as Error).message}`, error);
  }
  if (found.length !== 1) throw fail(`one for a frame, got ${found.length}`);
}
