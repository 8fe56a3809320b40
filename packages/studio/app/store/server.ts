/** @file What the local server knows: asked for once, kept, and told anew when it says so. */
import { useSyncExternalStore } from "react";
import type { ServerState, StudioRun, Told } from "../../messages.ts";

/** Something that is asked for: not there yet, there, or not to be had, with the reason in words. */
export type Loaded<T> = { state: "loading" } | { state: "ready"; value: T } | { state: "failed"; why: string };

/** @throws Error with the server's reason */
export async function ask<T>(path: string, body?: unknown): Promise<T> {
  return (await (await answerOf(path, body)).json()) as T;
}

/**
 * Asks for what takes a while, which tells how far it is.
 * @throws Error with the server's reason
 */
export async function askLong<T>(
  path: string,
  body: unknown,
  onSays: (says: string) => void,
  signal: AbortSignal,
): Promise<T> {
  const { body: stream } = await answerOf(path, body, signal);
  const reader = stream!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error("The studio's server stopped before there was an answer.");
    const lines = (text + value).split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      const told = JSON.parse(line) as Told<T>;
      if ("value" in told) return told.value;
      if ("error" in told) throw new Error(told.error);
      onSays(told.says);
    }
  }
}

async function answerOf(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const options: RequestInit =
    body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  let response: Response;
  try {
    response = await fetch(path, { ...options, ...(signal && { signal }) });
  } catch {
    throw new Error(
      "The studio's server does not answer; start `sei studio` again and open the address that it prints.",
    );
  }
  if (response.ok) return response;
  const text = await response.text();
  let said: string | undefined;
  try {
    said = (JSON.parse(text) as { error?: string }).error;
  } catch {
    said = text;
  }
  throw new Error(said || `The server answered ${response.status}.`);
}

/** A value that is asked for when it is first looked at. */
export class Remote<T> {
  private value: Loaded<T> = { state: "loading" };
  private asked = false;
  private readonly listeners = new Set<() => void>();
  private readonly load: () => Promise<T>;

  constructor(load: () => Promise<T>) {
    this.load = load;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (!this.asked) void this.refresh();
    return () => void this.listeners.delete(listener);
  };

  readonly get = (): Loaded<T> => this.value;

  /** Asks again; what was there stays until the answer is. */
  async refresh(): Promise<void> {
    this.asked = true;
    try {
      this.set({ state: "ready", value: await this.load() });
    } catch (error) {
      this.set({ state: "failed", why: (error as Error).message });
    }
  }

  update(change: (value: T) => T): void {
    if (this.value.state === "ready") this.set({ state: "ready", value: change(this.value.value) });
  }

  private set(value: Loaded<T>): void {
    this.value = value;
    for (const listener of this.listeners) listener();
  }
}

export function useRemote<T>(remote: Remote<T>): Loaded<T> {
  return useSyncExternalStore(remote.subscribe, remote.get);
}

/** Documents and runs; runs follow the server's events. */
export const server = new Remote<ServerState>(async () => {
  const state = await ask<ServerState>("/api/state");
  listen();
  return state;
});

let events: EventSource | undefined;

/** Follows runs; when one ends, its result is a document. */
function listen(): void {
  if (events) return;
  events = new EventSource("/api/events");
  events.addEventListener("run", ({ data }: MessageEvent<string>) => {
    const run = JSON.parse(data) as StudioRun;
    let ended = false;
    server.update((state) => {
      const known = state.runs.find(({ id }) => id === run.id);
      ended = known?.state !== run.state && run.state !== "running" && run.state !== "stopping";
      const runs = known ? state.runs.map((one) => (one.id === run.id ? run : one)) : [run, ...state.runs];
      return { ...state, runs };
    });
    if (ended) void server.refresh();
  });
}
