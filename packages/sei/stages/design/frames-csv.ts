/** @file Simulated frames as a table, for whoever draws or tests with them. */
import type { DesignFrames } from "./evaluate.ts";

/**
 * A row per frame: `loss` as a share, `design` by its id, `frame` and `image` counted from 0, `latency_s` in seconds from
 * capture to answer and empty where it never came, `right` from 0 to 1, empty where the task has
 * no such number for a single answer.
 */
export async function* framesCsv(all: AsyncIterable<DesignFrames>): AsyncGenerator<string> {
  yield "loss,design,frame,image,latency_s,right\n";
  for await (const { loss, design, frames } of all) {
    const start = `${loss},${quoted(design)}`;
    for (let from = 0; from < frames.length; from += rowsAtOnce) {
      const rows = frames.slice(from, from + rowsAtOnce).map(({ image, latency, right }, i) => {
        return `${start},${from + i},${image},${latency < Infinity ? latency : ""},${right ?? ""}\n`;
      });
      yield rows.join("");
    }
  }
}

const rowsAtOnce = 10_000;

/** As RFC 4180 has it: tensors' names may hold anything. */
function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
