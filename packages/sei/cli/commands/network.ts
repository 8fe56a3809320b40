/** @file `sei network`: how long messages take over a link, by simulation. */
import { networkLink } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { messagesInParts, type MessageRun, type MessageScenario } from "@split-et-impera/core/network";
import { formatDuration, formatPercent } from "@split-et-impera/core/units";
import {
  histogram,
  networkArgs,
  openTraceFiles,
  scenarioOf,
  seriesOf,
  summarise,
  type MessageSummary,
} from "../../network/index.ts";
import { readLinks } from "../../study/index.ts";
import { defineCommand } from "../command.ts";

export default defineCommand({
  description: "Simulate messages over a link: how long they take one way, and what is lost",
  args: networkArgs,
  examples: [
    { line: "sei network --loss 1%", does: "150 kB over 100 Mbit/s, 5 ms, 1 % loss, by TCP" },
    { line: "sei network --rate 20Mbit --size 40kB --transport udp --loss 3%", does: "a small tensor by UDP" },
    { line: "sei network --rate 10Mbit --rate-back 50Mbit --size 20kB", does: "a slow way there, a fast one back" },
    {
      line: "sei network --link examples/conveyor/study.yaml --size 4kB",
      does: "a study's link, whatever it is made of",
    },
    { line: "sei network --count 3 --loss 2% --trace run", does: "every packet, as run.csv and run.pcap" },
  ],
  async run({ args, json, print, printJson, progress, signal }) {
    const scenario = scenarioOf(args, args.link === undefined ? undefined : await linkOf(args.link));
    const { run, files } = await progress.task("simulation", (update) =>
      simulate(scenario, args.trace, signal, update),
    );
    const summary = summarise(run, scenario);
    const times = Float64Array.from(run.oneWay.filter((ns) => ns >= 0).map((ns) => ns / 1e9)).sort();
    if (json) {
      printJson({
        scenario,
        measures: "seconds one way: from the write to the last byte at the receiver; null: never arrived",
        ...summary,
        files,
        seconds: [...times],
        series: seriesOf(run),
      });
      return;
    }
    const time = (seconds: number): string => (seconds < Infinity ? formatDuration(seconds) : "never");
    print(
      `one way: median ${time(summary.median)}   p95 ${time(summary.p95)}   p99 ${time(summary.p99)}   ` +
        `mean ${time(summary.mean)}`,
    );
    if (times.length > 0) print(`\n${histogram(times)}\n`);
    print(counts(summary, scenario.transport.kind === "udp" && scenario.transport.protection !== undefined));
    for (const file of files) print(`wrote ${file}`);
  },
});

/** The only link of a file, from its first host to its second. Throws `InputError` as a study's links do. */
async function linkOf(file: string): Promise<MessageScenario["link"]> {
  const [link, ...others] = await readLinks(file);
  if (!link || others.length > 0)
    throw new InputError(
      "ERR_USAGE",
      `--link: expected a file with one link, got ${others.length + (link ? 1 : 0)} in ${file}`,
    );
  return networkLink(link);
}

/** Runs the messages in parts, so that Ctrl-C is heard; writes their packets where a trace is asked for. */
async function simulate(
  scenario: MessageScenario,
  trace: string | undefined,
  signal: AbortSignal,
  update: (status: string) => void,
): Promise<{ run: MessageRun; files: string[] }> {
  const traces = trace === undefined ? undefined : await openTraceFiles(trace, scenario.transport.kind);
  try {
    const parts = messagesInParts({ ...scenario, ...(traces && { trace: traces.write }) });
    for (;;) {
      const { done, value } = parts.next();
      if (done === true) {
        traces?.keep();
        return { run: value, files: traces?.files ?? [] };
      }
      update(`${value} of ${scenario.count} messages`);
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
  } finally {
    await traces?.close();
  }
}

/** @param parity whether messages may be complete without some of their datagrams */
function counts(summary: MessageSummary, parity: boolean): string {
  const { messages, lost, packets } = summary;
  if (summary.datagrams !== undefined) {
    const { datagrams, datagramsLost = 0, complete = 0 } = summary;
    return (
      `${messages} messages, ${complete} complete${lost > 0 ? `, ${lost} of which nothing arrived` : ""}; ` +
      `${datagramsLost} of ${datagrams} datagrams lost (${formatPercent(datagramsLost / datagrams)})` +
      (parity ? ", those aside that complete messages did without" : "")
    );
  }
  const each = (n = 0): string => (n / messages).toFixed(2);
  return (
    `${messages} messages${lost > 0 ? `, ${lost} never delivered` : ""}; per message: ${each(packets)} packets, ` +
    `${each(summary.retransmissions)} retransmissions, ${each(summary.timeouts)} time-outs, ${each(summary.probes)} probes`
  );
}
