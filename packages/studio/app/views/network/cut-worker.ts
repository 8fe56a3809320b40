/** @file A worker that simulates cuts of a model: the answers come in the order of the questions. */
import { answerOf, type CutAnswer, type CutGround, type CutQuestion } from "./cut.ts";

export type CutOrder = { ground: CutGround } | { key: string; question: CutQuestion };
export interface CutReply {
  key: string;
  answer?: CutAnswer;
}

let ground: CutGround | undefined;

addEventListener("message", ({ data }: MessageEvent<CutOrder>) => {
  if ("ground" in data) {
    ({ ground } = data);
    return;
  }
  const answer = ground && answerOf(ground, data.question);
  postMessage({ key: data.key, ...(answer && { answer }) } satisfies CutReply);
});
