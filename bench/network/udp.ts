/** @file Bursts of datagrams against Linux: when the last one arrives, how many are lost, how many bursts are whole. */
import { PACKET_PAYLOAD, simulateMessages, type LinkParameters } from "@split-et-impera/core/network";
import { quantile, type Row } from "./table.ts";

const COLUMNS = ["set", "size_bytes", "rate_mbit", "delay_ms", "loss_pct"];
const SIMULATED = ["last_median_ms", "last_p95_ms", "frac_lost", "msgs_complete_frac"];
/** The payload with which they were measured, bytes. */
const PAYLOAD = PACKET_PAYLOAD;
/** Datagrams simulated per row with loss, at most; bursts at most. */
const DATAGRAMS = 300_000;
const BURSTS = 20_000;
/** ms: what the hosts and the router of the measurement take, and the digits of the table. */
const EXACT = 0.002;

export interface UdpCompared {
  row: Row;
  bursts: number;
  /** Arrival of the last datagram, ms. */
  median: number;
  p95: number;
  /** Shares of datagrams lost, and of bursts that arrive whole. */
  lost: number;
  complete: number;
  /** Distance to the measured value, ms, less what sampling explains (95 %); 0 inside. */
  medianOff: number;
  p95Off: number;
  /** Distance to the measured share, in standard errors of both samples. */
  lostErrors: number;
  completeErrors: number;
}

/** Simulates a row; undefined for the set of fragmented datagrams, which shows an artefact and is no goal. */
export function compareUdp(row: Row, effort: number, seed: number): UdpCompared | undefined {
  const set = row["set"]!;
  if (set.startsWith("udp_frag")) return undefined;
  const number = (column: string): number => Number(row[column]);
  const share = number("loss_pct") / 100;
  const burst = /_ge(\d+)$/.exec(set);
  const queue = /_q(\d+)$/.exec(set);
  const link: LinkParameters = {
    rate: number("rate_mbit") * 1e6,
    delay: number("delay_ms") * 1e6,
    ...(share > 0 && { loss: { rate: share, burst: burst ? Number(burst[1]) : 1 } }),
    ...(queue && { queue: { packets: Number(queue[1]) } }),
  };
  const datagrams = Math.ceil(number("size_bytes") / PAYLOAD);
  const bursts = share > 0 ? Math.ceil(effort * Math.min(BURSTS, DATAGRAMS / datagrams)) : 3;
  const run = simulateMessages({
    link,
    transport: { kind: "udp", payload: PAYLOAD, timeout: 1e9 },
    bytes: number("size_bytes"),
    count: bursts,
    seed,
    // Each row meets losses of its own.
    name: COLUMNS.map((column) => row[column]).join(" "),
  });
  const last = Float64Array.from(run.oneWay.filter((time) => time >= 0).map((time) => time / 1e6)).sort();
  const lost = run.missing.reduce((sum, count) => sum + count, 0) / bursts;
  const variance = run.missing.reduce((sum, count) => sum + (count - lost) ** 2, 0) / bursts;
  const complete = run.missing.filter((count) => count === 0).length / bursts;
  // As many samples as have the noise of both together.
  const samples = 1 / (1 / number("n_msgs") + 1 / bursts);
  const off = (q: number, column: string): number => {
    const half = share > 0 ? 1.96 * Math.sqrt((q * (1 - q)) / samples) : 0;
    const lo = quantile(last, Math.max(0, q - half)) - EXACT;
    const hi = quantile(last, Math.min(1, q + half)) + EXACT;
    return Math.max(0, lo - number(column), number(column) - hi);
  };
  /** Difference between shares, of which the table has five digits. */
  const errors = (difference: number, deviation: number): number => {
    if (Math.abs(difference) < 1e-5) return 0;
    return deviation > 0 ? (Math.abs(difference) / deviation) * Math.sqrt(samples) : Infinity;
  };
  const wholeMeasured = number("msgs_complete_frac");
  const pooled = (complete * bursts + wholeMeasured * number("n_msgs")) / (bursts + number("n_msgs"));
  return {
    row,
    bursts,
    median: quantile(last, 0.5),
    p95: quantile(last, 0.95),
    lost: lost / datagrams,
    complete,
    medianOff: off(0.5, "last_median_ms"),
    p95Off: off(0.95, "last_p95_ms"),
    lostErrors: errors(lost / datagrams - number("frac_lost"), Math.sqrt(variance) / datagrams),
    completeErrors: errors(complete - wholeMeasured, Math.sqrt(pooled * (1 - pooled))),
  };
}

/** The rows with the simulator's figures, as CSV. */
export function udpTable(cells: readonly UdpCompared[]): string {
  const head = [...COLUMNS, "n_msgs", ...SIMULATED, "median_off_ms", "p95_off_ms", "lost_errors", "complete_errors"];
  const lines = cells.map((cell) => {
    const { median, p95, lost, complete, medianOff, p95Off, lostErrors, completeErrors } = cell;
    const values = [median, p95, lost, complete, medianOff, p95Off, lostErrors, completeErrors];
    return [
      ...COLUMNS.map((column) => cell.row[column]),
      cell.bursts,
      ...values.map((value) => value.toFixed(5)),
      ...SIMULATED.map((column) => cell.row[column]),
    ].join(",");
  });
  return `${[[...head, ...SIMULATED.map((column) => `truth_${column}`)].join(","), ...lines].join("\n")}\n`;
}

/** How many rows agree, by set. With loss 95 % should lie inside a 95 % interval; 90 % is asked for. */
export function summariseUdp(cells: readonly UdpCompared[]): string {
  const lines: string[] = [];
  const add = (what: string, goal: number, of: readonly UdpCompared[], holds: (cell: UdpCompared) => boolean): void => {
    if (of.length === 0) return;
    const held = of.filter(holds).length;
    lines.push(
      `${of[0]!.row["set"]!.padEnd(10)} ${what.padEnd(52)} ${`${held} of ${of.length}`.padStart(11)}  ` +
        `goal ${(100 * goal).toFixed(0).padStart(3)} %  ${held / of.length >= goal ? "met" : "missed"}`,
    );
  };
  for (const set of new Set(cells.map(({ row }) => row["set"]))) {
    const members = cells.filter(({ row }) => row["set"] === set);
    const lossless = members.filter(({ row }) => Number(row["loss_pct"]) === 0);
    const lossy = members.filter(({ row }) => Number(row["loss_pct"]) > 0);
    add("lossless: last arrival within 2 us (median, p95)", 1, lossless, (c) => c.medianOff + c.p95Off === 0);
    add("lossless: share lost, bursts whole", 1, lossless, (c) => c.lostErrors + c.completeErrors === 0);
    add("lossy: median of the last arrival, 95 % interval", 0.9, lossy, (c) => c.medianOff === 0);
    add("lossy: p95 of the last arrival, 95 % interval", 0.9, lossy, (c) => c.p95Off === 0);
    add("lossy: share lost, within 1.96 standard errors", 0.9, lossy, (c) => c.lostErrors <= 1.96);
    add("lossy: bursts whole, within 1.96 standard errors", 0.9, lossy, (c) => c.completeErrors <= 1.96);
  }
  return lines.join("\n");
}

/** The rows that are furthest off in a share lost or whole. */
export function worstUdp(cells: readonly UdpCompared[], count: number): string {
  const score = (cell: UdpCompared): number => Math.max(cell.lostErrors, cell.completeErrors);
  const list = cells.toSorted((a, b) => score(b) - score(a)).slice(0, count);
  return [
    `the ${list.length} rows furthest off, simulated / measured:`,
    ...list.map(
      ({ row, median, lost, complete, lostErrors, completeErrors }) =>
        `  ${COLUMNS.map((column) => row[column]).join(" ")}: last ${median.toFixed(4)} / ${row["last_median_ms"]} ms; ` +
        `lost ${lost.toFixed(5)} / ${row["frac_lost"]} (${lostErrors.toFixed(1)} errors); ` +
        `whole ${complete.toFixed(3)} / ${row["msgs_complete_frac"]} (${completeErrors.toFixed(1)} errors)`,
    ),
  ].join("\n");
}
