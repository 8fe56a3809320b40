/** @file `sei top`: what running hosts do, live in the terminal. */
import { InputError } from "@split-et-impera/core/errors";
import { formatDuration, formatNumber, formatPercent, formatRate } from "@split-et-impera/core/units";
import { setTimeout as sleep } from "node:timers/promises";
import { metricsUrl } from "../../top/scrape.ts";
import { viewOf, type HostView } from "../../top/view.ts";
import { WatchedHost } from "../../top/watched.ts";
import { defineCommand } from "../command.ts";
import { table } from "../table.ts";
import { printable, shownText, style } from "../text.ts";

/** What is shown is of so many seconds, once there are so many. */
const windowSeconds = 10;
const clearScreen = "\u001B[H\u001B[J";

export default defineCommand({
  description: "Show what running hosts do, live: frames a second, times, misses, drops, connections",
  args: {
    url: {
      type: "positional",
      required: true,
      description:
        "where a host serves its metrics (`--metrics` of serve and run): URL, ADDRESS:PORT or PORT; several hosts, one after the other",
    },
    once: { type: "boolean", description: "show once, what happened since the hosts began, and end" },
  },
  repeats: true,
  examples: [
    { line: "sei top CAMERA:9100 SERVER:9100", does: "a camera and its server, every second, of the last ten" },
    { line: "sei top CAMERA:9100 --once --json", does: "for a script" },
  ],
  async run({ args, json, print, printJson, printJsonLine, signal }) {
    const urls = args._.map(metricsUrl);
    const hosts = urls.map((url) => new WatchedHost(url, windowSeconds));
    const lookAtAll = (): Promise<(HostView | string)[]> => Promise.all(hosts.map((host) => look(host, signal)));
    const plain = (found: readonly (HostView | string)[]): unknown =>
      found.map((one) => (typeof one === "string" ? { error: one } : one));
    const shown = (found: readonly (HostView | string)[]): string =>
      found.map((one, i) => (typeof one === "string" ? one : viewText(one, urls[i]!))).join("\n\n");
    if (args.once === true) {
      const found = await lookAtAll();
      const problems = found.filter((one) => typeof one === "string");
      // Where none is there, there is nothing to show beside the reasons.
      if (json) printJson(plain(found));
      else if (problems.length < found.length) print(shown(found.filter((one) => typeof one !== "string")));
      if (problems.length > 0) throw new InputError("ERR_CONNECT", problems.join("\n"));
      return;
    }
    while (!signal.aborted) {
      const found = await lookAtAll();
      if (signal.aborted) return;
      const text = shown(found);
      if (json) printJsonLine(plain(found));
      else if (process.stdout.isTTY) process.stdout.write(`${clearScreen}${shownText(text, process.stdout)}\n`);
      else print(`${text}\n`);
      await sleep(1000, undefined, { signal }).catch(() => undefined);
    }
  },
});

/** A host that cannot be reached just now may come back. */
async function look(host: WatchedHost, signal: AbortSignal): Promise<HostView | string> {
  try {
    const { now, before } = await host.look(signal);
    return viewOf(now, before);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    if (signal.aborted) return "";
    throw error;
  }
}

function viewText(view: HostView, url: URL): string {
  const { host, design, up, over, framesPerSecond, frames, parts, peers } = view;
  const share = (count = 0): string => `${count} (${formatPercent(count / Math.max(1, frames))})`;
  /** Only what there was. */
  const counts = (...all: [number, string][]): string =>
    all.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : [])).join(", ");
  const lines = [
    `${style("bold", printable(host))}  ${printable(design)}  up ${formatDuration(Math.round(up))}  ${style("dim", printable(url.href))}`,
    `${formatNumber(framesPerSecond)} frames/s over ${frames} frames in ${formatDuration(over, 2)}`,
  ];
  if (view.designs)
    lines.push(
      `by ${Object.entries(view.designs)
        .map(([id, some]) => `${printable(id)} ${share(some)}`)
        .join(", ")}`,
    );
  if (view.link) {
    const { rate, rtt, loss } = view.link;
    lines.push(`link: ${formatRate(rate)}, round trip ${formatDuration(rtt)}, loss ${formatPercent(loss)}`);
  }
  if (view.answered !== undefined) {
    const here = view.fallbacks ? `, ${share(view.fallbacks)} of them by the rest of the model run there` : "";
    lines.push(`answered ${share(view.answered)}${here}; not within the deadline ${share(view.missed)}`);
  }
  const amiss = counts(
    [view.dropped, "frames dropped"],
    [view.unreadable, "frames unreadable"],
    [view.datagramsMissing, "datagrams missing"],
    [view.datagramsRejected, "datagrams refused"],
    [view.kernelDrops, "datagrams dropped by the system for want of room"],
  );
  lines.push(amiss || "nothing dropped or missing");
  if (peers.length > 0)
    lines.push(
      peers
        .map(({ peer, connected }) => `${printable(peer)} ${connected ? "connected" : style("red", "not connected")}`)
        .join(", "),
    );
  const rows = Object.entries(parts).map(([part, { p50, p95 }]) => [part, formatDuration(p50), formatDuration(p95)]);
  if (rows.length > 0) lines.push(table(["part", "p50", "p95"], rows, [1, 2]));
  return lines.join("\n");
}
