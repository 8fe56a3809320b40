/** @file Cuts simulated in a worker: each once, the one that was asked for last before all others. */
import { useEffect, useRef, useState } from "react";
import type { CutAnswer, CutGround, CutQuestion } from "./cut.ts";
import type { CutOrder, CutReply } from "./cut-worker.ts";

export const keyOf = ({ cut, codec, transport }: CutQuestion): string => `${cut} ${codec} ${transport}`;

/** The answers that are there; null: there is none. The first question matters most. */
export function useCuts(
  ground: CutGround | undefined,
  questions: readonly CutQuestion[],
): ReadonlyMap<string, CutAnswer | null> {
  const [answers, setAnswers] = useState<ReadonlyMap<string, CutAnswer | null>>(new Map());
  const worker = useRef<{ at: Worker; busy: boolean; next(): void }>(undefined);
  const wanted = useRef(questions);
  const known = useRef(answers);
  wanted.current = questions;
  useEffect(() => {
    if (!ground) return undefined;
    const at = new Worker(new URL("./cut-worker.ts", import.meta.url), { type: "module" });
    at.postMessage({ ground } satisfies CutOrder);
    const own = {
      at,
      busy: false,
      next(): void {
        const question = wanted.current.find((one) => !known.current.has(keyOf(one)));
        if (own.busy || !question) return;
        own.busy = true;
        at.postMessage({ key: keyOf(question), question } satisfies CutOrder);
      },
    };
    at.addEventListener("message", ({ data }: MessageEvent<CutReply>) => {
      own.busy = false;
      known.current = new Map([...known.current, [data.key, data.answer ?? null]]);
      setAnswers(known.current);
      own.next();
    });
    worker.current = own;
    own.next();
    return () => {
      worker.current = undefined;
      at.terminate();
    };
  }, [ground]);
  useEffect(() => worker.current?.next());
  return answers;
}
