/**
 * @file Whether a busy machine changes what a study recommends: `npm run bench:busy -- [--idle 3] [--busy 2] [STUDY]`.
 *
 * Runs `sei design` several times, some of them beside processes that keep every processor busy. All runs share a cache
 * (saliency, training), but each measures its compute times anew. Says for each what is recommended, which designs are named
 * ties and how many verdicts on requirements are undecided. Ends with 1 where two runs recommend different designs and
 * neither names the other's as a tie, or as one that would be recommended if it were sure to fit.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Result } from "../../packages/core/design/index.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    idle: { type: "string", default: "3" },
    busy: { type: "string", default: "2" },
    out: { type: "string", default: join(root, "out/bench-busy") },
  },
});
const study = positionals[0] ?? join(root, "examples/conveyor/study.yaml");
const cache = join(values.out, "cache");
/** Seconds that a run takes at most; the hogs end then too. */
const longest = 540;

interface Row {
  condition: "idle" | "busy";
  seconds: number;
  result: Result;
}

const rows: Row[] = [];
await mkdir(cache, { recursive: true });
// What does not depend on times is made before, so that all runs do the same.
await design("warm-up");
for (const condition of ["idle", "busy"] as const) {
  for (let i = 1; i <= Number(values[condition]); i++) {
    await forgetTimes();
    const hogs = condition === "busy" ? hog() : [];
    const began = performance.now();
    try {
      const result = await design(`${condition}-${i}`);
      rows.push({ condition, seconds: (performance.now() - began) / 1000, result });
    } finally {
      for (const one of hogs) one.kill();
    }
    console.log(line(rows.at(-1)!));
  }
}
const agreed = rows.every((a) => rows.every((b) => a === b || tied(a.result, b.result)));
console.log(agreed ? "the same design, or a tie that is named" : "DIFFERENT designs, and no tie named");
process.exitCode = agreed ? 0 : 1;

/** A process for every processor. */
function hog(): ChildProcess[] {
  const script = join(root, "bench/busy/hog.ts");
  return Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, [script, String(longest)], { stdio: "ignore" }),
  );
}

async function design(name: string): Promise<Result> {
  const out = join(values.out, name);
  const command = [join(root, "packages/sei/bin/sei.js"), "design", study, "--out", out, "--cache", cache];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "ignore", "inherit"], timeout: 1000 * longest });
  const code = await new Promise<number | null>((resolve) => child.on("exit", resolve));
  // 3: nothing fits, which is a result too.
  if (code !== 0 && code !== 3) throw new Error(`sei design ended with ${code}`);
  return JSON.parse(await readFile(join(out, "result.json"), "utf8")) as Result;
}

/** Removes the kept times, and nothing else. */
async function forgetTimes(): Promise<void> {
  for (const name of await readdir(cache)) if (name.startsWith("timing-")) await rm(join(cache, name));
}

function tied(a: Result, b: Result): boolean {
  const [first, second] = [a.verdict.recommended, b.verdict.recommended];
  if (first === second) return true;
  if (first === undefined || second === undefined) return undecided(a) > 0 || undecided(b) > 0;
  // An undecided design that would be recommended is named as the runner-up.
  const names = ({ verdict, designs }: Result, id: string): boolean =>
    verdict.ties.includes(id) ||
    (verdict.runnerUp?.id === id && designs.some((one) => one.id === id && !verdict.fitting.includes(id)));
  return names(a, second) || names(b, first);
}

/** Designs with a verdict on some requirement that is undecided. */
function undecided({ designs }: Result): number {
  return designs.filter(({ checks }) => checks.some(({ state }) => state === "undecided")).length;
}

function line({ condition, seconds, result }: Row): string {
  const { verdict, designs, doubts = [] } = result;
  const lc = designs.find(({ kind }) => kind === "LC");
  const ms = (value: number | null): string => (value === null ? "-" : (1000 * value).toFixed(1));
  return [
    condition,
    `${seconds.toFixed(0)} s`,
    verdict.recommended ?? `nothing fits, nearest ${verdict.nearest?.id}`,
    `ties ${verdict.ties.length > 0 ? verdict.ties.join(", ") : "none"}`,
    `${undecided(result)} of ${designs.length} designs undecided`,
    lc ? `LC p50 ${ms(lc.latency.median.value)} p95 ${ms(lc.latency.p95.value)} ms` : "no LC",
    doubts.length > 0 ? `DOUBTFUL: ${doubts.flatMap((one) => one.doubts).length} times` : "no doubts",
  ].join(" | ");
}
