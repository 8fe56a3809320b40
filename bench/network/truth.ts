/**
 * @file Simulates every row of a table of latencies measured on Linux, and says how far the simulator is off.
 *
 *     npm run bench:network -- --truth FILE.csv [--out OUT.csv] [--filter cc=cubic,loss_pct=1.0] [--effort 1]
 *
 * A table with a column `set` in place of `source` is one of bursts over UDP.
 */
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { CongestionName, LinkParameters, LossOptions } from "@split-et-impera/core/network";
import { runConnection, type Experiment } from "./messages.ts";
import { summarise, worst, type Compared } from "./summary.ts";
import { distance, quantile, readTable, type Row } from "./table.ts";
import { compareUdp, summariseUdp, udpTable, worstUdp } from "./udp.ts";

const { values } = parseArgs({
  options: {
    truth: { type: "string" },
    out: { type: "string" },
    filter: { type: "string" },
    effort: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    worst: { type: "string", default: "10" },
  },
});

const standard = fileURLToPath(new URL("../../../shared/truth/network/tcp.csv", import.meta.url));
const file = values.truth ?? standard;
if (!existsSync(file)) {
  console.error(
    `no table at ${file}; name one with --truth FILE.csv (columns: source, cc, size_bytes, rate_mbit, ...)`,
  );
  process.exit(2);
}

/** Messages per connection, as measured, by size; with loss and without. */
const MESSAGES: Record<string, [number, number]> = {
  1000: [40, 40],
  16000: [20, 20],
  150000: [12, 12],
  600000: [8, 10],
  3000000: [8, 10],
};
/** Messages simulated per cell with loss. */
const SAMPLES: Record<string, number> = { 1000: 20_000, 16000: 10_000, 150000: 3000, 600000: 1200, 3000000: 480 };
/** Connections of which at least the first message is simulated, with loss. */
const FIRST: Record<string, number> = { 1000: 2000, 16000: 1000, 150000: 400, 600000: 200, 3000000: 200 };

/** What each source of the extra table changes; offload and localnetem show errors of measuring and are no goal. */
function experimentOf(row: Row): Experiment | undefined {
  const source = row["source"]!;
  if (source === "offload" || source === "localnetem") return undefined;
  const rate = Number(row["rate_mbit"]) * 1e6;
  const link: LinkParameters = { rate, delay: Number(row["delay_ms"]) * 1e6 };
  const queue = /^queue(\d+)$/.exec(source);
  if (queue) {
    // Bounded queues were made with a token bucket, of 1600 bytes as the lossless latencies show.
    link.queue = { packets: Number(queue[1]) };
    link.bucket = 1600;
  }
  const share = Number(row["loss_pct"]) / 100;
  const burst = /^ge(\d+)$/.exec(source);
  const loss: LossOptions | undefined = share > 0 ? { rate: share, burst: burst ? Number(burst[1]) : 1 } : undefined;
  const [lossy, lossless] = MESSAGES[row["size_bytes"]!] ?? [10, 10];
  const gap = /^gap(\d+)(ms|s)$/.exec(source);
  return {
    cc: row["cc"] as CongestionName,
    size: Number(row["size_bytes"]),
    link,
    loss: [loss, source === "dataloss" ? undefined : loss],
    nagle: source === "nagle",
    gap: gap ? Number(gap[1]) * (gap[2] === "s" ? 1e9 : 1e6) : 0,
    messages: share > 0 ? lossy : lossless,
  };
}

interface Cell {
  first: Float64Array;
  warm: Float64Array;
  retransmissions: number;
  timeouts: number;
  probes: number;
  packets: number;
  seconds: number;
}

function simulate(experiment: Experiment, effort: number, seed: number): Cell {
  const lossy = experiment.loss[0] !== undefined;
  const size = String(experiment.size);
  const full = lossy ? Math.max(2, Math.ceil((effort * (SAMPLES[size] ?? 500)) / experiment.messages)) : 3;
  const connections = lossy ? Math.max(full, Math.ceil(effort * (FIRST[size] ?? 200))) : 3;
  const first: number[] = [];
  const warm: number[] = [];
  let messages = 0;
  const cell = { retransmissions: 0, timeouts: 0, probes: 0, packets: 0 };
  const began = process.cpuUsage();
  for (let connection = 0; connection < connections; connection++) {
    const whole = connection < full;
    const run = runConnection(whole ? experiment : { ...experiment, messages: 1 }, seed, connection);
    first.push(run.oneWay[0]! / 1e6);
    for (let i = 1; i < run.oneWay.length; i++) warm.push(run.oneWay[i]! / 1e6);
    if (whole) {
      messages += experiment.messages;
      cell.retransmissions += run.retransmissions;
      cell.timeouts += run.timeouts;
      cell.probes += run.probes;
    }
    cell.packets += run.packets;
  }
  const used = process.cpuUsage(began);
  return {
    ...cell,
    first: Float64Array.from(first).sort(),
    warm: Float64Array.from(warm).sort(),
    retransmissions: cell.retransmissions / messages,
    timeouts: cell.timeouts / messages,
    probes: cell.probes / messages,
    seconds: (used.user + used.system) / 1e6,
  };
}

const table = readTable(file);
const filters = (values.filter ?? "").split(",").filter((part) => part !== "");
const chosen = table.rows.filter((row) =>
  filters.every((part) => {
    const [key, wanted] = part.split("=");
    return wanted!.split("|").includes(row[key!]!);
  }),
);
if (table.columns.includes("set")) {
  const bursts = chosen.flatMap((row) => compareUdp(row, Number(values.effort), Number(values.seed)) ?? []);
  if (values.out !== undefined) writeFileSync(values.out, udpTable(bursts));
  console.log(summariseUdp(bursts));
  console.log(worstUdp(bursts, Number(values.worst)));
  process.exit(0);
}
const cells = new Map<string, Cell>();
const compared: Compared[] = [];
const lines: string[] = [];
const columns = (
  "source cc size_bytes rate_mbit delay_ms loss_pct phase n oneway_median_ms oneway_p95_ms oneway_mean_ms " +
  "retrans_per_msg timeouts_per_msg tlp_per_msg median_distance p95_distance truth_median_ms truth_p95_ms " +
  "truth_retrans_per_msg truth_timeouts_per_msg truth_tlp_per_msg"
).split(" ");
let packets = 0;
let seconds = 0;
let bar = Date.now();
for (const [index, row] of chosen.entries()) {
  const experiment = experimentOf(row);
  if (experiment === undefined) continue;
  const key = JSON.stringify(experiment);
  let cell = cells.get(key);
  if (cell === undefined) {
    cell = simulate(experiment, Number(values.effort), Number(values.seed));
    cells.set(key, cell);
    packets += cell.packets;
    seconds += cell.seconds;
  }
  if (Date.now() - bar > 10_000) {
    bar = Date.now();
    console.error(`  ${index} of ${chosen.length} rows`);
  }
  const times = row["phase"] === "first" ? cell.first : cell.warm;
  const median = quantile(times, 0.5);
  const p95 = quantile(times, 0.95);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const medianOff = distance(median, Number(row["median_lo"]), Number(row["median_hi"]));
  const p95Off = distance(p95, Number(row["p95_lo"]), Number(row["p95_hi"]));
  compared.push({ row, median, p95, mean, medianOff, p95Off });
  const named = columns.slice(0, 7).map((column) => row[column]);
  lines.push(
    [
      ...named,
      times.length,
      ...[median, p95, mean, cell.retransmissions, cell.timeouts, cell.probes].map((value) => value.toFixed(4)),
      ...[medianOff, p95Off].map((value) => value.toFixed(4)),
      row["oneway_median_ms"],
      row["oneway_p95_ms"],
      row["retrans_per_msg"],
      row["timeouts_per_msg"],
      row["tlp_per_msg"],
    ].join(","),
  );
}
if (values.out !== undefined) writeFileSync(values.out, `${[columns.join(","), ...lines].join("\n")}\n`);
console.log(summarise(compared));
console.log(worst(compared, Number(values.worst)));
console.log(`${packets} packets in ${seconds.toFixed(1)} CPU seconds`);
