/**
 * @file A study of 12 bottlenecks by one process and by several: `node bench/jobs/speedup.ts [processes] [rounds]`. Both must give
 * the same result; the figure is the ratio of their times from the first line to the last, beside the load that other programs made.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { freeze, lasting, openPlace, type Place } from "../robust/run.ts";

const [count = "2", rounds = "1"] = process.argv.slice(2);
const place = await openPlace();

/** Twelve bottlenecks of some seconds each. */
async function prepareStudy({ at }: Place): Promise<void> {
  const text = await readFile(at("study.yaml"), "utf8");
  const bottlenecks = [2, 4, 8, 16].map(
    (compression) => `{ compression: ${compression}, epochs: { frozen: 2, joint: 1 }, learning-rate: 0.01 }`,
  );
  const wider = text
    .replace("limit: { test: 40, train: 48 }", "limit: { test: 200, train: 400 }")
    .replace("candidates: [block3/MaxPool]", "candidates: [block1/MaxPool, block2/MaxPool, block3/MaxPool]")
    .replace(/bottlenecks: .*/, `bottlenecks: [${bottlenecks.join(", ")}]`);
  await writeFile(at("study.yaml"), wider);
}

async function seconds(...argv: string[]): Promise<number> {
  const started = performance.now();
  const { code, stderr } = await place.start(...argv).ended;
  if (code !== 0 && code !== 3) throw new Error(`sei ${argv.join(" ")}: ${String(code)}\n${stderr}`);
  return (performance.now() - started) / 1000;
}

async function table(): Promise<number> {
  await prepareStudy(place);
  await seconds("design", "study.yaml", "--out", "first", "--jobs", count);
  await freeze(place);
  let different = 0;
  for (let round = 0; round < Number(rounds); round++) {
    const one: Record<string, number> = {};
    const found: string[] = [];
    for (const jobs of ["1", count]) {
      await rm(place.at("cache"), { recursive: true, force: true });
      await mkdir(place.at("cache"));
      one[jobs] = await seconds("design", "frozen.yaml", "--out", "out", "--jobs", jobs);
      found.push(await lasting(place.at("out")));
    }
    if (found[0] !== found[1]) different++;
    console.table({
      "s by 1 process": one["1"]!.toFixed(1),
      [`s by ${count} processes`]: one[count]!.toFixed(1),
      "speed-up": (one["1"]! / one[count]!).toFixed(2),
      "results differ": different,
      "load of the last minute": loadavg()[0]!.toFixed(1),
    });
  }
  return different;
}
process.exitCode = (await table().finally(() => place.remove())) > 0 ? 1 : 0;
