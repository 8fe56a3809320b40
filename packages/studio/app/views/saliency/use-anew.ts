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

/** What is asked for anew: as anything loaded, and how far it is; or stopped by who asked. */
export type Anew<T> = (Loaded<T> | { state: "stopped" }) & {
  says?: string;
  /** Ends what is being computed. */
  stop(): void;
  /** Asks once more, after an end without an answer. */
  again(): void;
};

/** A curve for classes, a map for an image. */
type AnswerTo<Q extends SaliencyQuestion> = Q extends { classes: readonly string[] } ? SaliencyResult : SaliencyExample;

/** @param question undefined: nothing is asked */
export function useAnew<Q extends SaliencyQuestion>(
  study: StudioDocument | undefined,
  question: Q | undefined,
): Anew<AnswerTo<Q>> | undefined {
  const key = study && question && `${study.id} ${study.changed} ${JSON.stringify(question)}`;
  const [found, setFound] = useState<{ key: string; state: Loaded<AnswerTo<Q>>; says?: string }>();
  const [tries, setTries] = useState(0);
  /** The question that was stopped. */
  const [stopped, setStopped] = useState<string>();
  useEffect(() => {
    if (key === undefined || key === stopped) return undefined;
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
  }, [key, stopped, tries]);
  if (key === undefined) return undefined;
  const asks = {
    stop: () => setStopped(key),
    again: () => {
      setStopped(undefined);
      setTries((before) => before + 1);
    },
  };
  if (key === stopped) return { state: "stopped", ...asks };
  if (found?.key !== key) return { state: "loading", ...asks };
  return { ...found.state, ...(found.says !== undefined && { says: found.says }), ...asks };
}
