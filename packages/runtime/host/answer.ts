/** @file An answer's message: the times of the host that made it, and what it says. */
import { longestAnswer, type Answer, type Answers, type Deployment } from "@split-et-impera/core/deploy";
import { ANSWER_TIMES } from "@split-et-impera/core/wire";
import type { ArrivedMessage } from "../messages/index.ts";

export type { Answer } from "@split-et-impera/core/deploy";

/** What the last host did for a frame, microseconds, and datagrams that never reached it. */
export interface RemoteTimes {
  waited: number;
  decode: number;
  work: number;
  missing: number;
}

/** Bytes of an answer's message at most. */
export const answerBytes = (deployment: Pick<Deployment, "frames">): number => ANSWER_TIMES + longestAnswer(deployment);

/** Why a frame gets no answer, by the one byte of the message that says so. */
const refusals = { unreadable: 1, dropped: 2 } as const;
export type Refusal = keyof typeof refusals;

export const writeRefusal = (why: Refusal): Uint8Array<ArrayBuffer> => Uint8Array.of(refusals[why]);

/** What says nothing else says that the frame could not be read. */
export const readRefusal = (body: Uint8Array): Refusal =>
  body.length === 1 && body[0] === refusals.dropped ? "dropped" : "unreadable";

/** @throws InputError `ERR_ANSWER` where it takes more than the deployment says */
export function writeAnswer(answer: Answer, times: RemoteTimes, answers: Answers): Uint8Array<ArrayBuffer> {
  const said = answers.write(answer);
  const body = new Uint8Array(ANSWER_TIMES + said.length);
  const view = new DataView(body.buffer);
  [times.waited, times.decode, times.work, times.missing].forEach((value, i) =>
    view.setUint32(4 * i, Math.min(2 ** 32 - 1, Math.round(value)), true),
  );
  body.set(said, ANSWER_TIMES);
  return body;
}

/** Undefined where a message is no answer, came with a hole, is not as long as the deployment says, or says nothing that its task does. */
export function readAnswer(
  { kind, received: { bytes, missing } }: Pick<ArrivedMessage, "kind" | "received">,
  answers: Answers,
): { answer: Answer; times: RemoteTimes } | undefined {
  if (kind !== "answer" || missing.length > 0 || bytes.length < ANSWER_TIMES) return undefined;
  const answer = answers.parse(bytes.subarray(ANSWER_TIMES));
  if (!answer) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, ANSWER_TIMES);
  const [waited, decode, work, lost] = [0, 4, 8, 12].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  return { answer, times: { waited, decode, work, missing: lost } };
}
