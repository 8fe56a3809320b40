/** @file Answers to an HTTP server: one request at a time, with all lines that came since the last one. */
import { post } from "../post.ts";
import { Losses, urlOf, type Sink, type SinkKind } from "./sink.ts";

/** Lines that wait at most. */
const mostWaiting = 1000;
const headers = { "content-type": "application/x-ndjson" };

export const webhook: SinkKind = {
  flag: { type: "string", valueHint: "URL", description: "answers as JSON lines to an HTTP server (POST)" },
  at(text) {
    const url = urlOf("webhook", text, ["http:", "https:"]);
    return (warn) => Promise.resolve(webhookSink(url, warn));
  },
};

function webhookSink(url: URL, warn: (text: string) => void): Sink {
  const losses = new Losses(url.href, "answers", warn);
  let waiting: string[] = [];
  let sending: Promise<void> | undefined;
  const send = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      const refused = await post(url, headers, lines.join(""));
      if (refused !== undefined) losses.add(lines.length, refused);
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
