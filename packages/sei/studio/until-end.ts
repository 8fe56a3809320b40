/** @file A stream stays open until its reader goes, or the server. */

export const untilEnd = (stream: { onAbort(listener: () => void): void }, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    stream.onAbort(resolve);
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
