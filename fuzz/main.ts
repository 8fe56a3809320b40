/**
 * @file `npm run fuzz -- [--inputs 1000000] [--seed 1] [--only NAME] [--index I]`: changed inputs into every reader and
 * into whole commands. Exit code 1 where one was uncaught, killed a process or broke a bound.
 */
import { parseArgs } from "node:util";
import { fuzz, sharedOut } from "./fuzz.ts";
import { Worker } from "./pool.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    index: { type: "string" },
  },
});
const seed = Number(values.seed);
const counts = sharedOut(Number(values.inputs), values.only);
if (counts.size === 0) throw new Error(`no target is called ${values.only}`);

if (values.index !== undefined) {
  // One input again.
  await using worker = new Worker();
  const from = Number(values.index);
  for (const target of counts.keys()) console.log(target, await worker.run({ target, seed, from, to: from + 1 }));
} else {
  const started = Date.now();
  let printed = 0;
  const { faults: found, accepted } = await fuzz({
    seed,
    counts,
    onProgress(done, total, faults) {
      if (Date.now() - printed < 10_000 && done < total) return;
      printed = Date.now();
      const seconds = Math.round((printed - started) / 1000);
      console.log(`${done} of ${total} inputs, ${faults} faults, ${seconds} s (seed ${seed})`);
    },
  });
  // One of each kind, by where it was thrown.
  const kinds = new Map<string, number>();
  for (const { target, index, what, told } of found) {
    const [message = "", ...stack] = told.split("\n");
    const at = stack.find((line) => line.includes("/packages/"))?.trim() ?? "";
    const kind = `${target}: ${what}: ${at || message.replace(/\d+/g, "N")}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (kinds.get(kind) === 1) console.log(`\n${target}, input ${index}, ${what}\n${told}`);
  }
  console.log(`\n${found.length} faults of ${kinds.size} kinds`);
  for (const [kind, count] of kinds) console.log(`${String(count).padStart(6)}  ${kind}`);
  for (const [target, count] of counts) {
    const share = (100 * (accepted.get(target) ?? 0)) / count;
    console.log(`${target}: ${count} inputs, ${share.toFixed(0)} % of them accepted`);
  }
  process.exitCode = found.length > 0 ? 1 : 0;
}
