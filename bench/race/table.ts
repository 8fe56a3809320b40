/**
 * @file A study of many splits evaluated in full and as a race (`explore.race`): `node bench/race/table.ts [rounds]`. Both must choose the
 * same design with the same figures; the figure is the ratio of what processors do for them, which other work changes little, from an empty
 * cache and with measured times given.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { freeze, openPlace, tries } from "../robust/run.ts";
import type { Result } from "../../packages/core/design/index.ts";

const place = await openPlace();

/** 36 splits over TCP and UDP on a slow link. */
async function writeStudy(): Promise<void> {
  const text = await readFile(place.at("study.yaml"), "utf8");
  const changes: [string | RegExp, string][] = [
    ["limit: { test: 40, train: 48 }", "limit: { test: 1000, train: 300 }"],
    ["rate: 10 Mbit/s, delay: 5 ms, loss: 2 %", "rate: 250 kbit/s, delay: 2 ms, loss: 0.5 %"],
    ["count: 60", "count: 1000"],
    ["[latency median <= 2 s]", "[latency p95 <= 50 ms, accuracy-drop <= 5 %, deadline-misses <= 3 %]"],
    ["candidates: [block3/MaxPool]", "candidates: [block1/MaxPool, block2/MaxPool, block3/MaxPool]"],
    ["codecs: [float32, uint8]", "codecs: [float32, uint8, uint4, uint1]"],
    [
      /bottlenecks: .*/,
      "bottlenecks: [{ compression: 8, epochs: { frozen: 6 }, learning-rate: 0.01 }, { kind: pca, compression: 16 }]",
    ],
    ["losses: [0 %, 5 %]", "losses: [0 %, 1 %]"],
  ];
  let wide = text;
  for (const [from, to] of changes) wide = wide.replace(from, to);
  await writeFile(place.at("study.yaml"), wide);
}

/** Seconds of processor that processes have taken that this one started and that have ended (Linux). */
async function spent(): Promise<number> {
  const stat = await readFile("/proc/self/stat", "utf8");
  const [user, system] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(14, 16);
  return (Number(user) + Number(system)) / ticks;
}
/** What the kernel counts in, a second, on any Linux of today. */
const ticks = 100;

async function seconds(study: string, out: string): Promise<number> {
  const before = await spent();
  const { code, stderr } = await place.start("design", study, "--out", out).ended;
  if (code !== 0 && code !== 3) throw new Error(`sei design ${study}: ${String(code)}\n${stderr}`);
  return (await spent()) - before;
}

const resultOf = async (out: string): Promise<Result> =>
  JSON.parse(await readFile(`${place.at(out)}/result.json`, "utf8")) as Result;

/** What is recommended, with all that is said of it but whether it is on the front, which others are on too. */
function chosen({ verdict, designs }: Result): string {
  const one = designs.find(({ id }) => id === verdict.recommended);
  return JSON.stringify({ ...one, pareto: undefined });
}

async function table(): Promise<number> {
  await writeStudy();
  await seconds("study.yaml", "first");
  await freeze(place);
  const frozen = (await readFile(place.at("frozen.yaml"), "utf8")).replace(
    "camera: { profile",
    "camera: { memory: 512 kB, profile",
  );
  await writeFile(place.at("frozen.yaml"), frozen);
  await writeFile(place.at("race.yaml"), frozen.replace("explore:\n", "explore:\n  race: true\n"));
  let different = 0;
  for (let round = 0; round < tries(1); round++) {
    const times: Record<string, number> = {};
    for (const study of ["frozen", "race"]) {
      await rm(place.at("cache"), { recursive: true, force: true });
      await mkdir(place.at("cache"));
      times[study] = await seconds(`${study}.yaml`, study);
    }
    const [all, race] = [await resultOf("frozen"), await resultOf("race")];
    if (chosen(all) !== chosen(race)) different++;
    console.table({
      "designs in full": all.designs.length,
      "that stayed in the race": race.designs.length,
      "s of processor in full": times["frozen"]!.toFixed(1),
      "s of processor as a race": times["race"]!.toFixed(1),
      ratio: (times["frozen"]! / times["race"]!).toFixed(2),
      recommended: race.verdict.recommended ?? "nothing",
      "choices differ": different,
      "load of the last minute": loadavg()[0]!.toFixed(1),
    });
  }
  return different;
}
process.exitCode = (await table().finally(() => place.remove())) > 0 ? 1 : 0;
