/** @file The page's state is its URL: a view's name as the path, all else as the query; going back undoes. */
import { useSyncExternalStore } from "react";

export interface Place {
  /** Of the view; "" is the first page. */
  view: string;
  query: URLSearchParams;
}

type Change = Record<string, string | undefined>;

const listeners = new Set<() => void>();
let current = read();

function read(): Place {
  const { pathname, search } = location;
  return { view: decoded(pathname.replace(/^\/|\/$/g, "")), query: new URLSearchParams(search) };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function refresh(): void {
  current = read();
  for (const listener of listeners) listener();
}

addEventListener("popstate", refresh);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Where the page is; follows what changes it. */
export function usePlace(): Place {
  return useSyncExternalStore(subscribe, () => current);
}

/** The address of a view; what is in `keep` of the query goes with it. */
export function addressOf(view: string, change: Change = {}, keep: readonly string[] = ["result"]): string {
  const query = new URLSearchParams();
  for (const name of keep) {
    const value = current.query.get(name);
    if (value !== null) query.set(name, value);
  }
  return written(view, query, change);
}

/** Goes to a view, as a link does. */
export function goTo(address: string): void {
  history.pushState(null, "", address);
  refresh();
  scrollTo(0, 0);
}

/**
 * Changes the query; an undefined value takes its name out.
 * @param how `step`: going back undoes it; `same`: it is a part of the step before, as of a slider that moves
 */
export function change(values: Change, how: "step" | "same" = "step"): void {
  const address = written(current.view, new URLSearchParams(current.query), values);
  if (address === location.pathname + location.search) return;
  if (how === "step") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  refresh();
}

function written(view: string, query: URLSearchParams, values: Change): string {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return `/${view}${text === "" ? "" : `?${text}`}`;
}
