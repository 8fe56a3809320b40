/** @file `sei network`: how long messages take over a link, by simulation. */
import { InputError } from "@split-et-impera/core/errors";
import {
  congestionNames,
  simulateMessages,
  type CongestionName,
  type LinkParameters,
  type MessageScenario,
  type PacketEvent,
} from "@split-et-impera/core/network";
import {
  formatDuration,
  formatPercent,
  parseBytes,
  parseCount,
  parseDuration,
  parseRate,
  parseShare,
} from "@split-et-impera/core/units";
import { writeFile } from "node:fs/promises";
import { histogram, writeCsv, writePcap } from "../../network/index.ts";
import { defineCommand } from "../command.ts";

export default defineCommand({
  description: "Simulate messages over a link: how long they take, and what is lost",
  args: {
    rate: { type: "string", default: "100 Mbit/s", description: "of the link, each way" },
    delay: { type: "string", default: "5 ms", description: "one-way" },
    loss: { type: "string", default: "0 %", description: "share of packets lost, each way" },
    burst: { type: "string", default: "1", description: "mean length of a run of losses, in packets" },
    jitter: { type: "string", default: "0 ms", description: "added to the delay: uniform from 0 to this, in order" },
    queue: { type: "string", valueHint: "PACKETS", description: "that may wait before the link (default: no bound)" },
    duplex: { type: "enum", options: ["full", "half"], default: "full", description: "full or half" },
    size: { type: "string", default: "150 kB", description: "of a message" },
    count: { type: "string", default: "1000", description: "messages, each after the answer to the last" },
    gap: { type: "string", default: "0 ms", description: "between an answer and the next message" },
    transport: { type: "enum", options: ["tcp", "udp"], default: "tcp", description: "tcp or udp" },
    cc: { type: "enum", options: ["cubic", "reno", "bbr"], default: "cubic", description: "congestion control" },
    nagle: { type: "boolean", description: "let small segments wait for acknowledgements" },
    handshake: {
      type: "enum",
      options: ["warm", "tcp", "tls"],
      default: "warm",
      description: "warm: one open connection; tcp, tls: a new one per message, opened first",
    },
    datagram: { type: "string", default: "1472 B", description: "UDP payload per datagram" },
    seed: { type: "string", default: "1", description: "of the random losses" },
    trace: { type: "string", valueHint: "FILE", description: "write every packet to FILE.csv and FILE.pcap" },
  },
  examples: [
    { line: "sei network --loss 1%", does: "150 kB over 100 Mbit/s, 5 ms, 1 % loss, by TCP" },
    { line: "sei network --rate 20Mbit --size 40kB --transport udp --loss 3%", does: "a small tensor by UDP" },
    { line: "sei network --count 3 --loss 2% --trace run", does: "every packet, as run.csv and run.pcap" },
  ],
  async run({ args, json, print, printJson }) {
    const seconds = (flag: string, text: string): number => value(flag, parseDuration(text));
    const bytes = value("size", parseBytes(args.size));
    const count = value("count", parseCount(args.count, "messages"));
    const loss = value("loss", parseShare(args.loss));
    const link: LinkParameters = {
      rate: value("rate", parseRate(args.rate)),
      delay: Math.round(seconds("delay", args.delay) * 1e9),
      loss: { rate: loss, burst: number("burst", args.burst) },
      duplex: args.duplex,
    };
    const jitter = Math.round(seconds("jitter", args.jitter) * 1e9);
    if (jitter > 0) link.jitter = { range: jitter };
    if (args.queue !== undefined) link.queue = { packets: value("queue", parseCount(args.queue, "packets")) };
    const events: PacketEvent[] = [];
    const scenario: MessageScenario = {
      link,
      transport:
        args.transport === "udp"
          ? { kind: "udp", payload: value("datagram", parseBytes(args.datagram)), timeout: 1e9 }
          : { kind: "tcp", cc: congestion(args.cc), nagle: args.nagle === true, handshake: args.handshake },
      bytes: Math.max(1, bytes),
      count,
      gap: Math.round(seconds("gap", args.gap) * 1e9),
      seed: number("seed", args.seed),
      ...(args.trace !== undefined && { trace: (event: PacketEvent) => void events.push(event) }),
    };
    const run = simulateMessages(scenario);
    const files: string[] = [];
    if (args.trace !== undefined) {
      const base = args.trace.replace(/\.(csv|pcap)$/, "");
      files.push(`${base}.csv`, `${base}.pcap`);
      await writeFile(files[0]!, writeCsv(events));
      await writeFile(files[1]!, writePcap(events, args.transport));
    }
    const times = Float64Array.from(run.oneWay.filter((time) => time >= 0).map((time) => time / 1e9)).sort();
    const lost = count - times.length;
    const missing = run.missing.reduce((sum, n) => sum + n, 0);
    const datagrams =
      scenario.transport.kind === "udp" ? count * Math.max(1, Math.ceil(bytes / scenario.transport.payload)) : 0;
    const summary = {
      messages: count,
      lost,
      median: quantile(times, 0.5),
      p95: quantile(times, 0.95),
      p99: quantile(times, 0.99),
      mean: times.length === 0 ? Number.NaN : times.reduce((sum, time) => sum + time, 0) / times.length,
      packets: run.packets,
      ...(args.transport === "udp"
        ? { datagrams, datagramsLost: missing, complete: run.missing.filter((n) => n === 0).length }
        : { retransmissions: run.retransmissions, timeouts: run.timeouts, probes: run.probes }),
    };
    if (json) {
      printJson({ scenario: { ...scenario, trace: undefined }, ...summary, files, seconds: [...times] });
      return;
    }
    if (times.length === 0) {
      print(`none of ${count} messages arrived`);
    } else {
      print(
        `median ${formatDuration(summary.median)}   p95 ${formatDuration(summary.p95)}   ` +
          `p99 ${formatDuration(summary.p99)}   mean ${formatDuration(summary.mean)}`,
      );
      print(`\n${histogram(times)}\n`);
    }
    if (args.transport === "udp") {
      const complete = run.missing.filter((n) => n === 0).length;
      print(
        `${count} messages, ${complete} complete; ` +
          `${missing} of ${datagrams} datagrams lost (${formatPercent(missing / datagrams)})`,
      );
    } else {
      const each = (n: number): string => (n / count).toFixed(2);
      print(
        `${count} messages${lost > 0 ? `, ${lost} never delivered` : ""}; per message: ` +
          `${each(run.packets)} packets, ${each(run.retransmissions)} retransmissions, ` +
          `${each(run.timeouts)} time-outs, ${each(run.probes)} probes`,
      );
    }
    for (const file of files) print(`wrote ${file}`);
  },
});

/** A parsed quantity, or the reason why it is none. */
function value(flag: string, parsed: number | string): number {
  if (typeof parsed === "number") return parsed;
  throw new InputError("ERR_USAGE", `--${flag}: ${parsed}`);
}

function number(flag: string, text: string): number {
  const parsed = Number(text);
  if (text.trim() === "" || !Number.isFinite(parsed)) {
    throw new InputError("ERR_USAGE", `--${flag}: expected a number, got "${text}"`);
  }
  return parsed;
}

function congestion(name: string): CongestionName {
  const known = congestionNames.find((other) => other === name);
  if (known !== undefined) return known;
  throw new InputError("ERR_USAGE", `--cc: expected one of ${congestionNames.join(", ")}, got "${name}"`);
}

function quantile(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low]! + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)]! - sorted[low]!);
}
