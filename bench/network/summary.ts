/** @file How many cells agree with the truth, and which agree least. */
import type { Row } from "./table.ts";

export interface Compared {
  row: Row;
  /** ms. */
  median: number;
  p95: number;
  mean: number;
  /** Distance outside the truth's interval (table.ts). */
  medianOff: number;
  p95Off: number;
}

const lossy = ({ row }: Compared): boolean => Number(row["loss_pct"]) > 0;
const phase =
  (name: string) =>
  ({ row }: Compared): boolean =>
    row["phase"] === name;
const off = (value: number, truth: string): number => Math.abs(value / Number(truth) - 1);

interface Line {
  what: string;
  goal: number;
  of(cell: Compared): boolean;
  holds(cell: Compared): boolean;
}

const GRID: Line[] = [
  {
    what: "lossless, warm: median within 0.5 %",
    goal: 1,
    of: (cell) => !lossy(cell) && phase("warm")(cell),
    holds: ({ row, median }) => off(median, row["oneway_median_ms"]!) <= 0.005,
  },
  {
    what: "lossless, first: median within 2 %",
    goal: 1,
    of: (cell) => !lossy(cell) && phase("first")(cell),
    holds: ({ row, median }) => off(median, row["oneway_median_ms"]!) <= 0.02,
  },
  {
    what: "lossy, warm: median within 10 %",
    goal: 0.95,
    of: (cell) => lossy(cell) && phase("warm")(cell),
    holds: ({ medianOff }) => Math.abs(medianOff) <= 0.1,
  },
  {
    what: "lossy, warm: p95 within 20 %",
    goal: 0.9,
    of: (cell) => lossy(cell) && phase("warm")(cell),
    holds: ({ p95Off }) => Math.abs(p95Off) <= 0.2,
  },
  {
    what: "lossy, warm: p95 within 10 %",
    goal: 0.8,
    of: (cell) => lossy(cell) && phase("warm")(cell),
    holds: ({ p95Off }) => Math.abs(p95Off) <= 0.1,
  },
  {
    what: "lossy, first: median within 10 %",
    goal: 0.92,
    of: (cell) => lossy(cell) && phase("first")(cell),
    holds: ({ medianOff }) => Math.abs(medianOff) <= 0.1,
  },
];

const EXTRA: Line = {
  what: "median within 15 %",
  goal: 0.85,
  of: () => true,
  holds: ({ medianOff }) => Math.abs(medianOff) <= 0.15,
};

export function summarise(cells: Compared[]): string {
  const lines: string[] = [];
  const add = (set: string, line: Line, members: Compared[]): void => {
    const of = members.filter((cell) => line.of(cell));
    if (of.length === 0) return;
    const held = of.filter((cell) => line.holds(cell)).length;
    const share = held / of.length;
    lines.push(
      `${set.padEnd(10)} ${line.what.padEnd(38)} ${`${held} of ${of.length}`.padStart(11)} ` +
        `${(100 * share).toFixed(1).padStart(6)} %  goal ${(100 * line.goal).toFixed(0).padStart(3)} %  ` +
        (share >= line.goal ? "met" : "missed"),
    );
  };
  const grid = cells.filter(({ row }) => row["source"]!.startsWith("linux"));
  const extra = cells.filter(({ row }) => !row["source"]!.startsWith("linux"));
  for (const cc of ["cubic", "reno", "bbr"]) {
    for (const line of GRID)
      add(
        cc,
        line,
        grid.filter(({ row }) => row["cc"] === cc),
      );
  }
  for (const source of new Set(extra.map(({ row }) => row["source"]!))) {
    add(
      source,
      EXTRA,
      extra.filter(({ row }) => row["source"] === source),
    );
  }
  add("extra, all", EXTRA, extra);
  return lines.join("\n");
}

/** The cells that are furthest off, by median or p95. */
export function worst(cells: Compared[], count: number): string {
  const score = ({ medianOff, p95Off }: Compared): number => Math.max(Math.abs(medianOff), Math.abs(p95Off) / 2);
  const list = [...cells].sort((a, b) => score(b) - score(a)).slice(0, count);
  return [
    `the ${list.length} cells furthest off (median; p95), simulated against measured, ms:`,
    ...list.map(({ row, median, p95, medianOff, p95Off }) => {
      const name = ["source", "cc", "size_bytes", "rate_mbit", "delay_ms", "loss_pct", "phase"].map((key) => row[key]);
      const percent = (share: number): string => `${share >= 0 ? "+" : ""}${(100 * share).toFixed(1)} %`;
      return (
        `  ${name.join(" ")}: ${median.toFixed(2)} / ${row["oneway_median_ms"]} (${percent(medianOff)}); ` +
        `${p95.toFixed(2)} / ${row["oneway_p95_ms"]} (${percent(p95Off)})`
      );
    }),
  ].join("\n");
}
