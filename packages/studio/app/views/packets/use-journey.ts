/** @file A frame's journey from a worker: that which was asked for last. */
import type { Result } from "@split-et-impera/core/design";
import { useEffect, useRef, useState } from "react";
import type { Loaded } from "../../store/server.ts";
import type { Journey, PacketsOrder, PacketsReply } from "./packets-worker.ts";

export function useJourney(result: Result, design: string, frame: number): Loaded<Journey> {
  const [state, setState] = useState<Loaded<Journey>>({ state: "loading" });
  const worker = useRef<Worker>(undefined);
  const key = `${frame} ${design}`;
  const wanted = useRef(key);
  wanted.current = key;
  useEffect(() => {
    const at = new Worker(new URL("./packets-worker.ts", import.meta.url), { type: "module" });
    at.postMessage({ result } satisfies PacketsOrder);
    at.addEventListener("message", ({ data }: MessageEvent<PacketsReply>) => {
      if (data.key !== wanted.current) return;
      setState("journey" in data ? { state: "ready", value: data.journey } : { state: "failed", why: data.why });
    });
    worker.current = at;
    return () => at.terminate();
  }, [result]);
  useEffect(() => {
    worker.current?.postMessage({ key, design, frame } satisfies PacketsOrder);
  }, [result, key]);
  return state;
}
