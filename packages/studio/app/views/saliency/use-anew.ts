/** @file Saliency computed anew by the server, for the study of the result that is open. */
import type { SaliencyExample, SaliencyResult } from "@split-et-impera/core/design";
import { useEffect, useState } from "react";
import type { SaliencyQuestion, StudioDocument } from "../../../messages.ts";
import { askLong, server, useRemote, type Loaded } from "../../store/server.ts";

/** The study that names itself as a result does, where it is open. */
export function useStudyNamed(name: string): StudioDocument | undefined {
  const state = useRemote(server);
  const documents = state.state === "ready" ? state.value.documents : [];
  return documents.find(({ kind, title }) => kind === "study" && title === name);
}

/** A curve for classes, a map for an image. */
type AnswerTo<Q extends SaliencyQuestion> = Q extends { classes: readonly string[] } ? SaliencyResult : SaliencyExample;

/** @param question undefined: nothing is asked */
export function useAnew<Q extends SaliencyQuestion>(
  study: StudioDocument | undefined,
  question: Q | undefined,
): (Loaded<AnswerTo<Q>> & { says?: string }) | undefined {
  const key = study && question && `${study.id} ${study.changed} ${JSON.stringify(question)}`;
  const [found, setFound] = useState<{ key: string; state: Loaded<AnswerTo<Q>>; says?: string }>();
  useEffect(() => {
    if (key === undefined) return undefined;
    const ends = new AbortController();
    const set = (state: Loaded<AnswerTo<Q>>, says?: string): void => {
      if (!ends.signal.aborted) setFound({ key, state, ...(says !== undefined && { says }) });
    };
    set({ state: "loading" });
    askLong<AnswerTo<Q>>(
      `/api/saliency/${study!.id}`,
      question,
      (says) => set({ state: "loading" }, says),
      ends.signal,
    ).then(
      (value) => set({ state: "ready", value }),
      (error: unknown) => set({ state: "failed", why: (error as Error).message }),
    );
    return () => ends.abort();
    // Study and question are told by the key.
  }, [key]);
  if (key === undefined) return undefined;
  return found?.key === key
    ? { ...found.state, ...(found.says !== undefined && { says: found.says }) }
    : { state: "loading" };
}
