/** @file An answer on its way: the times of the host that made it, and what it says, as few bytes as the task needs. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { openTask, type AgreementAnswer } from "@split-et-impera/core/task";
import type { Tensors } from "@split-et-impera/core/tensor";
import { ANSWER_TIMES } from "@split-et-impera/core/wire";

/** A class with its score, or numbers. */
export type Answer = { class: number; score: number } | { values: number[] };

/** What the last host did for a frame, microseconds, and datagrams that never reached it. */
export interface RemoteTimes {
  waited: number;
  decode: number;
  work: number;
  missing: number;
}

/** Reads outputs as the task does. */
export function answerReader({ task: spec, reads }: Deployment): (outputs: Tensors) => Answer {
  const { outputs: names, columns } = reads;
  const [scores] = names as [string];
  const by = spec.kind === "agreement" ? (spec.by ?? "class") : "class";
  const binding = { ...reads, decides: [scores], scores, by, notes: [] };
  const task = openTask(spec);
  return (outputs) => {
    const [found] = task.answers(binding, outputs) as [number | AgreementAnswer];
    if (typeof found !== "number" && "values" in found) return found;
    const label = typeof found === "number" ? found : found.class;
    const { data } = outputs[scores]!;
    return { class: label, score: Number(data[columns === 1 ? 0 : label]) };
  };
}

/** Bytes of an answer's message: what the study says, or more where the answer needs more. */
export function answerBytes({ task, reads, frames }: Deployment): number {
  const needed = task.kind === "agreement" && task.by === "values" ? 4 * reads.columns : 8;
  return ANSWER_TIMES + Math.max(frames.answer.bytes, needed);
}

/** Why a frame gets no answer, by the one byte of the message that says so. */
const refusals = { unreadable: 1, dropped: 2 } as const;
export type Refusal = keyof typeof refusals;

export const writeRefusal = (why: Refusal): Uint8Array<ArrayBuffer> => Uint8Array.of(refusals[why]);

/** What says nothing else says that the frame could not be read. */
export const readRefusal = (body: Uint8Array): Refusal =>
  body.length === 1 && body[0] === refusals.dropped ? "dropped" : "unreadable";

export function writeAnswer(answer: Answer, times: RemoteTimes, bytes: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(bytes);
  const view = new DataView(body.buffer);
  [times.waited, times.decode, times.work, times.missing].forEach((value, i) =>
    view.setUint32(4 * i, Math.min(2 ** 32 - 1, Math.round(value)), true),
  );
  if ("class" in answer) {
    view.setUint32(ANSWER_TIMES, answer.class, true);
    view.setFloat32(ANSWER_TIMES + 4, answer.score, true);
  } else answer.values.forEach((value, i) => view.setFloat32(ANSWER_TIMES + 4 * i, value, true));
  return body;
}

/** Undefined where there are not as many bytes as the deployment says, or the class is none. */
export function readAnswer(
  body: Uint8Array,
  deployment: Deployment,
): { answer: Answer; times: RemoteTimes } | undefined {
  const { task, reads, classes } = deployment;
  if (body.length !== answerBytes(deployment)) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const [waited, decode, work, missing] = [0, 4, 8, 12].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  const answer: Answer =
    task.kind === "agreement" && task.by === "values"
      ? { values: Array.from({ length: reads.columns }, (_, i) => view.getFloat32(ANSWER_TIMES + 4 * i, true)) }
      : { class: view.getUint32(ANSWER_TIMES, true), score: view.getFloat32(ANSWER_TIMES + 4, true) };
  if ("class" in answer && answer.class >= Math.max(2, reads.columns, classes.length)) return undefined;
  return { answer, times: { waited, decode, work, missing } };
}
