/** @file `sei probe`: the link between two hosts, measured, as a study's. */
import { InputError } from "@split-et-impera/core/errors";
import { formatBytes, formatDuration, formatPercent, formatRate, parseBytes } from "@split-et-impera/core/units";
import { probe, serveProbe, type Probed, type ProbedDirection, type ProbeEvent } from "@split-et-impera/runtime/probe";
import { certificateHost } from "@split-et-impera/runtime/trust";
import { linkOf, linksSection } from "../../probe/link.ts";
import { parseAddress } from "../../run/index.ts";
import { defineCommand, type Context } from "../command.ts";
import { table } from "../table.ts";
import { trustOf, trustOptions } from "../trust-options.ts";

const args = {
  peer: {
    type: "positional",
    required: false,
    description: "where the other host listens, NAME=ADDRESS:PORT or ADDRESS:PORT (its name then: server)",
  },
  listen: {
    type: "string",
    valueHint: "ADDRESS:PORT",
    description: "be the other host: wait here for those that measure; port 0: any",
  },
  host: {
    type: "string",
    valueHint: "NAME",
    description: "this host's name (default: the certificate's; else camera, with --listen server)",
  },
  ...trustOptions,
  seconds: { type: "string", valueHint: "N", description: "how long it may take", default: "10" },
  bytes: {
    type: "string",
    valueHint: "SIZE",
    description: "how much may be sent, both ways together",
    default: "20 MB",
  },
} as const;

export default defineCommand({
  description: "Measure the link between two hosts: rate, delay, losses, as a study's links",
  args,
  examples: [
    { line: "sei probe --listen 0.0.0.0:7100 --keys KEYS", does: "on one host, with its folder of `sei keys`" },
    { line: "sei probe server=SERVER:7100 --keys KEYS", does: "on the other: prints the links of a study" },
    { line: "sei probe SERVER:7100 --insecure --anywhere --seconds 30", does: "without keys; thrice as long" },
  ],
  async run(context) {
    const { args: given } = context;
    if ((given.peer === undefined) === (given.listen === undefined))
      throw new InputError("ERR_USAGE", "expected --listen ADDRESS:PORT or the ADDRESS:PORT of a host that listens");
    const own = given.keys === undefined ? undefined : await certificateHost(given.keys);
    const host = given.host ?? own ?? (given.listen === undefined ? "camera" : "server");
    const trust = await trustOf(given, host);
    const limits = { seconds: secondsOf(given.seconds), bytes: bytesOf(given.bytes) };
    if (given.listen !== undefined) {
      await serve(trust, parseAddress("listen", given.listen), limits, context);
      return;
    }
    const { json, print, printJson, progress, signal } = context;
    const [name, address] = given.peer!.includes("=") ? given.peer!.split(/=(.*)/s) : ["server", given.peer!];
    const probed = await progress.task(`${name} at ${address}`, (update) =>
      probe(trust, parseAddress("peer", address!), name!, limits, signal, update),
    );
    if (json) printJson({ ...linkOf(probed), date: new Date().toISOString(), ...withoutInfinity(probed) });
    print(foundText(probed));
    print(`\n${linksSection(probed, new Date())}`);
  },
});

async function serve(
  trust: Parameters<typeof serveProbe>[0],
  address: Parameters<typeof serveProbe>[1],
  limits: Parameters<typeof serveProbe>[2],
  { json, print, printJsonLine, signal }: Context<typeof args>,
): Promise<void> {
  const say = (event: ProbeEvent): void => {
    if (json) printJsonLine({ time: new Date().toISOString(), ...event });
    else print(eventText(event));
  };
  await using server = await serveProbe(trust, address, limits, say);
  const at = `${server.address.host}:${server.address.port}`;
  if (json) printJsonLine({ event: "listening", host: trust.host, address: at });
  else
    print(
      `${trust.host} waits at ${at} for \`sei probe\`: at most ${formatDuration(limits.seconds)} and ${formatBytes(limits.bytes)} each`,
    );
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

function eventText(event: ProbeEvent): string {
  if (event.event === "probed")
    return `${event.peer} (${event.from}) measured: ${formatDuration(event.seconds)}, ${formatBytes(event.bytes)}`;
  return event.event === "failed" ? `${event.peer} (${event.from}): ${event.reason}` : `refused ${event.reason}`;
}

function foundText({ hosts: [a, b], there, back, rtt, seconds, bytes, dropped }: Probed): string {
  const row = (way: string, { rate, loss, burst, jitter }: ProbedDirection): string[] => [
    way,
    rate.hi < Infinity ? formatRate(rate.value) : `at least ${formatRate(rate.value)}`,
    formatPercent(loss.value),
    burst ? burst.value.toFixed(1) : "",
    formatDuration(jitter.value),
  ];
  const lines = [
    table(["way", "rate", "lost", "in a row", "jitter p95"], [row(`${a} to ${b}`, there), row(`${b} to ${a}`, back)]),
    `round trip: least ${formatDuration(rtt.min)}, median ${formatDuration(rtt.median.value)}, p95 ${formatDuration(rtt.p95.value)}`,
    `took ${formatDuration(seconds)} and ${formatBytes(bytes)}`,
  ];
  if (dropped > 0)
    lines.push(
      `${dropped} datagrams found a socket of these hosts full: they count as lost, and the link lost them not`,
    );
  return lines.join("\n");
}

/** JSON has no Infinity: a bound that is not known is null. */
const withoutInfinity = (value: unknown): object =>
  JSON.parse(
    JSON.stringify(value, (_, one: unknown) => (one === Infinity || one === -Infinity ? null : one)),
  ) as object;

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 3 && seconds <= 600))
    throw new InputError("ERR_USAGE", `--seconds: expected 3 to 600, got "${text}"`);
  return seconds;
}

function bytesOf(text: string): number {
  const bytes = parseBytes(text);
  if (typeof bytes === "string") throw new InputError("ERR_USAGE", `--bytes: ${bytes}`);
  if (bytes < 100e3 || bytes > 10e9)
    throw new InputError("ERR_USAGE", `--bytes: expected 100 kB to 10 GB, got "${text}"`);
  return bytes;
}
