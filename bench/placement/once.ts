/** @file Solves one thing in a fresh process and prints the time, for the table: arguments are what, then its details. */
import { place, readWorkload } from "../../packages/core/dist/placement/index.js";
import { readFileSync } from "node:fs";
import { inceptionWorkload } from "./inception.ts";
import { tightHosts } from "./hosts.ts";
import { bigTiers, type Shape } from "./graphs.ts";

/** First call in the process, and the best of the next ones when the compiler has seen the code. */
function timed<T>(solve: () => T, more: number): { result: T; first: number; warm: number } {
  let began = performance.now();
  const result = solve();
  const first = (performance.now() - began) / 1000;
  let warm = Infinity;
  for (let i = 0; i < more; i++) {
    began = performance.now();
    solve();
    warm = Math.min(warm, (performance.now() - began) / 1000);
  }
  return { result, first, warm };
}

const [what, ...details] = process.argv.slice(2);
if (what === "workload") {
  const name = details[0]!;
  const value: unknown = name === "inception" ? inceptionWorkload() : JSON.parse(readFileSync(name, "utf8"));
  const solve = () => place(readWorkload(value, name).problem, { explain: false });
  const run = timed(solve, name === "inception" ? 1 : 5);
  const { value: optimum, bound, gap, effort } = run.result;
  console.log(JSON.stringify({ value: optimum, bound, gap, ...effort, first: run.first, warm: run.warm }));
} else if (what === "tiers") {
  const problem = bigTiers(Number(details[0]), Number(details[1]), details[2] as Shape, 1);
  const run = timed(() => place(problem, { explain: false }), 3);
  const { value, bound, gap } = run.result;
  console.log(JSON.stringify({ value, bound, gap, first: run.first, warm: run.warm }));
} else if (what === "hosts") {
  const problem = tightHosts(Number(details[0]), details[1] as "row" | "all");
  const run = timed(() => place(problem, { explain: false, work: 500 }), 0);
  const { value, bound, gap } = run.result;
  console.log(JSON.stringify({ value, bound, gap, first: run.first, warm: run.first }));
} else throw new Error(`expected workload, tiers or hosts, got ${what}`);
