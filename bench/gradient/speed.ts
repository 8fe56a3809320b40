/**
 * @file Images per second of saliency and of the training step, with the share of their stages, beside PyTorch eager
 * where it is installed. Both sides take turns, so that other work on the machine meets both, and do the same: of three
 * times for the same number of images the median counts, and of the rounds the best, since other work can only add.
 * The BLAS behind PyTorch is named; one that is the reference, slow or has one thread is refused.
 *
 *     npm run bench:gradient [-- MODEL.onnx PEER.py [ROUNDS [DATA]]]
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { quantile } from "../../packages/core/statistics/index.ts";
import { fairBlas, probeBlas } from "./blas.ts";
import { bottleneckLine } from "./bottleneck.ts";
import { network } from "./network.ts";
import { saliencyTasks, trainingTasks, type Task } from "./tasks.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const file = process.argv[2] ?? here("../../../shared/models/vgg16-cifar10.onnx");
const peer = process.argv[3] ?? here("../../../shared/peers/torch_bench.py");
const rounds = Number(process.argv[4] ?? 3);
const data = process.argv[5] ?? here("../../../shared/data/cifar-10-batches-bin");

/** Seconds per image, the best so far. */
const best = new Map<string, number>();
const note = (name: string, seconds: number): void =>
  void best.set(name, Math.min(best.get(name) ?? Infinity, seconds));

async function time(kind: string, { name, images, run }: Task, total: number, count: number): Promise<void> {
  const repeats = Math.round(total / images);
  await run();
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    for (let n = 0; n < repeats; n++) await run();
    times.push((performance.now() - start) / 1000 / images / repeats);
  }
  note(`${kind} ${name}`, quantile(times, 0.5));
}

/** The peer's lines, such as "saliency 1000 9.32 s median of 3, 107 images/s". */
function timePeer(): boolean {
  const python = "/usr/bin/python3";
  if (!existsSync(peer) || !existsSync(python)) return false;
  let text: string;
  try {
    text = execFileSync(python, [peer], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return false;
  }
  for (const [, name, rate] of text.matchAll(/^(\w+) .*?, (\d+) images\/s$/gm)) note(`peer ${name}`, 1 / Number(rate));
  return true;
}

// Before any work: a slow BLAS beside us would flatter us.
const probe = existsSync(peer) ? probeBlas("torch") : undefined;
const blas = probe && fairBlas(probe);

const { model, from } = await network(file);
const saliency = await saliencyTasks(model, 50);
const training = await trainingTasks(model, 64);
let compared = blas !== undefined;
for (let round = 0; round < rounds; round++) {
  // The peer runs the whole alone; its stages are timed for their shares.
  for (const task of saliency) await time("saliency", task, 1000, task === saliency.at(-1) ? 3 : 1);
  for (const task of training) await time("training", task, 15 * 64, task === training.at(-1) ? 3 : 1);
  compared &&= timePeer();
}
for (const { release } of [...saliency, ...training]) await release();

const rate = (name: string): string => (1 / best.get(name)!).toFixed(0).padStart(5);
/** Rough: stages are timed alone, and end in numbers that leave the engine at each run. */
const shares = (kind: string, last: string): string => {
  const [forward, backward, all] = ["forward", "backward", last].map((name) => best.get(`${kind} ${name}`)!);
  const percent = (part: number): string => `${((100 * Math.max(0, part)) / all!).toFixed(0)} %`;
  return `forward ${percent(forward!)}, backward ${percent(backward! - forward!)}, ${last} ${percent(all! - backward!)}`;
};
console.log(`VGG16 of half width, 32 x 32, ${from}; best of ${rounds} rounds`);
for (const [kind, last, peerName, goal] of [
  ["saliency", "reduction", "saliency", 1],
  ["training", "optimiser", "train", 1.2],
] as const) {
  console.log(`${kind.padEnd(9)} ${rate(`${kind} ${last}`)} images/s  (${shares(kind, last)})`);
  if (!compared) continue;
  const ratio = best.get(`${kind} ${last}`)! / best.get(`peer ${peerName}`)!;
  const verdict = ratio <= goal ? "met" : "missed";
  console.log(
    `  PyTorch ${rate(`peer ${peerName}`)} images/s  ratio of times ${ratio.toFixed(2)}, goal ${goal.toFixed(1)}: ${verdict}`,
  );
}
if (compared) console.log(`PyTorch: ${blas}`);
else console.log("PyTorch was not compared: python3-torch or the script is not there");
console.log(await bottleneckLine(file, data));
