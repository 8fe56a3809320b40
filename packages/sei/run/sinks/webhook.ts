/** @file Answers to an HTTP server: one request at a time, with all lines that came since the last one. */
import { reasonOf } from "../../files/index.ts";
import { Losses, type Sink } from "./sink.ts";

/** Lines that wait at most. */
const mostWaiting = 1000;
const patienceMilliseconds = 5000;

export function webhookSink(url: URL, warn: (text: string) => void): Sink {
  const losses = new Losses(url.href, "answers", warn);
  let waiting: string[] = [];
  let sending: Promise<void> | undefined;
  const post = async (lines: readonly string[]): Promise<void> => {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body: lines.join(""),
        signal: AbortSignal.timeout(patienceMilliseconds),
      });
      await answer.arrayBuffer();
      if (!answer.ok) losses.add(lines.length, `HTTP ${answer.status}`);
    } catch (error) {
      losses.add(lines.length, reasonOf((error as Error).cause ?? error));
    }
  };
  const send = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      await post(lines);
    }
    sending = undefined;
  };
  return {
    name: url.href,
    get lost() {
      return losses.count;
    },
    write(text) {
      if (waiting.length >= mostWaiting) {
        waiting.shift();
        losses.add(1, "they come faster than they are taken; the oldest are left out");
      }
      waiting.push(text);
      sending ??= send();
    },
    close: () => sending ?? Promise.resolve(),
  };
}
