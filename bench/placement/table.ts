/**
 * @file Placement against its goals: published optima and times, a graph out of the published program's reach, brute
 * force, large minimum cuts. Every time is taken within a fresh process: `first` is the first solve in it, before the
 * compiler has seen the code; `warm` the best of later ones. Of five processes the best and the median are shown; the
 * best decides, since other work on the machine can only add.
 *
 * Usage: node bench/placement/table.ts [FOLDER with the published workloads]
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { placeTiers } from "../../packages/core/placement/solvers/tiers/index.ts";
import { randomStream } from "../../packages/core/random/index.ts";
import { bruteForceTiers, randomTiers } from "../../packages/core/testing/tiers.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const folder = process.argv[2] ?? here("../../../shared/truth/placement");
let failed = 0;

interface Once {
  value: number;
  gap: number;
  ideals?: number;
  first: number;
  warm: number;
}

function repeat(times: number, ...args: string[]): { last: Once; best: number; median: number; warm: number } {
  const runs = Array.from({ length: times }, () => {
    return JSON.parse(execFileSync(process.execPath, [here("once.ts"), ...args], { encoding: "utf8" })) as Once;
  }).sort((a, b) => a.first - b.first);
  const warm = Math.min(...runs.map((run) => run.warm));
  return { last: runs[0]!, best: runs[0]!.first, median: runs[times >> 1]!.first, warm };
}

const ms = (seconds: number): string => `${(1000 * seconds).toFixed(1)} ms`;

function row(what: string, goal: string, got: string, ok: boolean): void {
  if (!ok) failed++;
  console.log(`| ${what} | ${goal} | ${got} | ${ok ? "yes" : "NO"} |`);
}

console.log("| what | goal | measured | met |\n|---|---|---|---|");

const published: [string, number, number][] = [
  ["layer-resnet50", 33.774666015625, 0.13],
  ["layer-bert24", 17.78990625, 0.01],
  ["op-bert-l3", 27.91856768, 0.78],
  ["op-bert-l6", 29.57950581, 2.73],
  ["op-resnet50", 124.34884977, 0.15],
];
for (const [name, optimum, limit] of published) {
  const file = `${folder}/${name}.json`;
  if (!existsSync(file)) {
    console.log(`| ${name} | | skipped: no ${file} | |`);
    continue;
  }
  const { last, best, median, warm } = repeat(5, "workload", file);
  const ok = Math.abs(last.value - optimum) < 1e-6 && last.gap === 0 && best <= limit;
  const got = `${last.value.toFixed(8)}, gap ${last.gap}; first ${ms(best)} (median ${ms(median)}), warm ${ms(warm)}`;
  row(name, `${optimum} to 1e-6 in ${limit} s`, got, ok);
}
{
  const { last, best, median } = repeat(3, "workload", "inception");
  const got = `${last.value.toFixed(6)}, gap ${last.gap}, ${last.ideals} sets; first ${best.toFixed(2)} s (median ${median.toFixed(2)} s)`;
  row("Inception v3 by layers, 326 nodes", "optimum, proved, in 60 s", got, last.gap === 0 && median < 60);
}

for (const [joined, limit] of [
  ["row", 0.01],
  ["all", 0.03],
] as const) {
  const { last, best } = repeat(1, "hosts", "1.1", joined);
  const got = `${last.value.toFixed(2)}, gap ${(100 * last.gap).toFixed(2)} %; ${best.toFixed(1)} s`;
  const where = joined === "row" ? "in a row" : "each joined to each";
  row(`Inception v3 on 4 hosts ${where}, memory 1.1 x its need`, `gap < ${100 * limit} %`, got, last.gap < limit);
}

let different = 0;
let placed = 0;
const instances = 2000;
for (let i = 0; i < instances; i++) {
  const { graph, prices } = randomTiers(randomStream(i, "bench/brute-force"), 2 + (i % 3), false);
  const expected = bruteForceTiers(graph, prices);
  let value = Infinity;
  try {
    ({ value } = placeTiers(graph, prices));
    placed++;
  } catch {
    // No placement: then brute force must have found none.
  }
  if (!(value === expected || Math.abs(value - expected) <= 1e-9 * Math.max(1, expected))) different++;
}
row(
  "minimum cut against brute force, K = 2 to 4",
  "2,000 instances, no difference",
  `${instances} (${placed} feasible), ${different} different`,
  different === 0,
);

for (const [nodes, tiers, limit] of [
  [1000, 3, 0.05],
  [10000, 4, 1],
] as const) {
  for (const shape of ["chain", "residual", "local", "anywhere"]) {
    const { last, best, median, warm } = repeat(5, "tiers", String(nodes), String(tiers), shape);
    const got = `gap ${last.gap}; first ${ms(best)} (median ${ms(median)}), warm ${ms(warm)}`;
    row(`cut, ${nodes} nodes, K = ${tiers}, ${shape}`, `< ${ms(limit)}`, got, last.gap === 0 && best < limit);
  }
}
process.exitCode = failed > 0 ? 1 : 0;
