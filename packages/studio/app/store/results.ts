/** @file The results that are open: each read once, with what charts and names need of it. */
import { contextOf, type Context } from "@split-et-impera/charts";
import { withInfinity, type Result } from "@split-et-impera/core/design";
import type { StudioDocument } from "../../messages.ts";
import { ask, Remote, server, useRemote, type Loaded } from "./server.ts";
import { usePlace } from "./url.ts";

export interface OpenResult {
  document: StudioDocument;
  result: Result;
  /** Short names, the designs by id, the chosen one. */
  context: Context;
}

/** The example that every studio has. */
export const example: StudioDocument = {
  id: "example",
  kind: "result",
  file: "examples/conveyor",
  name: "conveyor (example)",
  changed: "",
};

const kept = new Map<string, Remote<OpenResult>>();

/** A result by its document; of one that was written anew since, the new one. */
function remoteOf(document: StudioDocument): Remote<OpenResult> {
  const key = `${document.id} ${document.changed}`;
  const known = kept.get(key);
  if (known) return known;
  const remote = new Remote(async () => {
    const path = document === example ? "/example.json" : `/api/results/${document.id}`;
    const result = withInfinity(await ask<unknown>(path)) as Result;
    return { document, result, context: contextOf(result) };
  });
  kept.set(key, remote);
  return remote;
}

const never = new Remote<OpenResult>(() => new Promise(() => undefined));
const absent = new Remote<OpenResult>(() => Promise.reject(new Error("This result is not open in this studio.")));

/** Documents that can be shown: those of the server, and the example. */
export function resultsOf(documents: readonly StudioDocument[]): StudioDocument[] {
  return [...documents.filter(({ kind }) => kind === "result"), example];
}

/** The result that the URL names, else the server's first, else the example. */
export function useResult(): Loaded<OpenResult> {
  const { query } = usePlace();
  const state = useRemote(server);
  return useRemote(wanted(state, query.get("result")));
}

function wanted(state: ReturnType<typeof server.get>, id: string | null): Remote<OpenResult> {
  if (id === example.id) return remoteOf(example);
  if (state.state === "loading") return never;
  const all = resultsOf(state.state === "ready" ? state.value.documents : []);
  const found = id === null ? all[0] : all.find((one) => one.id === id);
  return found ? remoteOf(found) : absent;
}

/** Any open result, beside the one that the URL names. */
export function useResultOf(document: StudioDocument | undefined): Loaded<OpenResult> {
  return useRemote(document ? remoteOf(document) : never);
}
