/**
 * @file Saliency and a training step of a ResNet-18, a MobileNetV3, a small vision transformer and a detector (SSDLite on
 * MobileNetV3), on one thread and on two, beside PyTorch eager. PyTorch writes the networks (networks.py), and both sides
 * take turns in every round; of each three times the median counts, of the rounds the best. Saliency is of the network in
 * inference, as exporters write it (normalisation folded into convolutions, which eager PyTorch does not do); training of
 * the network with normalisation over the batch, Adam, cross-entropy (the detector: the mean square of its numbers).
 *
 *     npm run bench:networks [-- ROUNDS [NAMES [THREADS]]]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { engine as pool, readModel } from "split-et-impera";
import type { Engine } from "../../packages/core/engine/index.ts";
import { inspectModel, serialiseModel, type Inspection } from "../../packages/core/onnx/index.ts";
import { randomStream } from "../../packages/core/random/index.ts";
import { aimOf, buildSaliencyGraph, classAim } from "../../packages/core/saliency/index.ts";
import { quantile } from "../../packages/core/statistics/index.ts";
import { agreement } from "../../packages/core/task/index.ts";
import { float32, int64, type Tensor, type Tensors } from "../../packages/core/tensor/index.ts";
import {
  buildStep,
  classObjective,
  fed,
  initialState,
  repeatStep,
  stepScalars,
  trainableNetwork,
  type Objective,
} from "../../packages/core/training/index.ts";
import { fairBlas, probeBlas } from "./blas.ts";

/** As networks.py has them: the pictures' side, how many at once for saliency and for a step. */
const networks = {
  resnet18: { side: 224, batch: 8, rows: 8 },
  mobilenet_v3: { side: 224, batch: 8, rows: 8 },
  vit: { side: 224, batch: 8, rows: 8 },
  ssdlite: { side: 320, batch: 4, rows: 4 },
} as const;
type Name = keyof typeof networks;

const goals = { saliency: 0.9, training: 1 } as const;

const python = "/usr/bin/python3";
const script = fileURLToPath(new URL("networks.py", import.meta.url));
const rounds = Number(process.argv[2] ?? 2);
const names = (process.argv[3]?.split(",") ?? Object.keys(networks)) as Name[];
const threads = (process.argv[4]?.split(",") ?? ["1", "2"]).map(Number);

const classes = Array.from({ length: 1000 }, (_, i) => `${i}`);
const isDetector = (name: Name): boolean => name === "ssdlite";

function pictures(rows: number, side: number): Tensor {
  const random = randomStream(1, "pictures");
  return float32(
    [rows, 3, side, side],
    Float32Array.from({ length: rows * 3 * side * side }, () => random.normal()),
  );
}

const labels = (rows: number): Tensor =>
  int64(
    [rows],
    Array.from({ length: rows }, (_, i) => i % 10),
  );

/** Seconds: the median of three after one that does not count. */
async function median(run: () => Promise<unknown>): Promise<number> {
  await run();
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    await run();
    times.push((performance.now() - start) / 1000);
  }
  return quantile(times, 0.5);
}

async function saliencySeconds(engine: Engine, name: Name, folder: string): Promise<number> {
  const { side, batch } = networks[name];
  const model = await inspectModel(await readModel(join(folder, `${name}.onnx`)), engine);
  const aim = isDetector(name)
    ? aimOf(agreement({ kind: "agreement", by: "values" }), model, "predicted", undefined)
    : classAim(model, classes, "label");
  const { model: graph } = await buildSaliencyGraph(engine, model, aim, { tokens: name === "vit" });
  const session = await engine.load(serialiseModel(graph));
  const feeds = feedsOf(session.inputs, { image: pictures(batch, side) }, labels(batch));
  const seconds = await median(() => session.run(feeds));
  await session.release();
  return seconds / batch;
}

/** What a session takes: the known inputs, and the labels under whatever name they have. */
function feedsOf(inputs: readonly string[], known: Tensors, truth: Tensor): Tensors {
  return Object.fromEntries(inputs.map((input) => [input, known[input] ?? truth]));
}

/** As `train` does, which takes as many as fit into a second. */
const stepsPerRun = 2;

/** The mean square of all numbers, which needs no truth. */
const meanSquare = ({ index }: Inspection): Objective => ({
  decides: index.outputs,
  loss: (g) => {
    const [output] = index.outputs as [string];
    const each = g.reshape(g.op("Mul", [output, output]), [-1]);
    return { loss: g.reduceMean(each, [0], false), figures: {} };
  },
});

async function trainingSeconds(engine: Engine, name: Name, folder: string): Promise<number> {
  const { side, rows } = networks[name];
  const inspection = await inspectModel(await readModel(join(folder, `${name}.train.onnx`)), engine);
  const objective = isDetector(name)
    ? meanSquare(inspection)
    : classObjective(classAim(inspection, classes, "label").binding, { kind: "cross-entropy" });
  const net = trainableNetwork(inspection, { objective });
  const feeds = (count: number): Tensors => ({
    [net.input]: pictures(count, side),
    ...(!isDetector(name) && { [fed.labels]: labels(count) }),
  });
  const step = await buildStep(engine, { ...net, example: feeds(2), rows });
  let state = initialState(step, net.parameters);
  const repeated = repeatStep(step);
  const session = await engine.load(serialiseModel(repeated.model));
  const steps = Array.from({ length: stepsPerRun }, () => ({ ...feeds(rows), ...stepScalars(step, 1e-4, 0) }));
  const seconds = await median(async () => {
    ({ state } = repeated.read(await session.run(repeated.feeds(steps, state))));
  });
  await session.release();
  return seconds / rows / stepsPerRun;
}

const probe = probeBlas("torch");
if (!probe) throw new Error("PyTorch is not there (Debian: apt-get install python3-torch python3-torchvision)");
const blas = fairBlas(probe);
const folder = mkdtempSync(join(tmpdir(), "networks-"));
try {
  execFileSync(python, [script, "export", folder], { stdio: "ignore" });
  console.log(`seconds an image, the best of ${rounds} rounds; PyTorch eager: ${blas}`);
  for (const name of names) {
    for (const count of threads) {
      const engine: Engine = { ...pool, load: (model, options) => pool.load(model, { ...options, threads: count }) };
      const best = { saliency: [Infinity, Infinity], training: [Infinity, Infinity] };
      for (let round = 0; round < rounds; round++) {
        const own = {
          saliency: await saliencySeconds(engine, name, folder),
          training: await trainingSeconds(engine, name, folder),
        };
        const said = execFileSync(python, [script, "time", name, String(count)], { encoding: "utf8" });
        for (const kind of ["saliency", "training"] as const) {
          const peer = Number(new RegExp(`^${kind} (.+)$`, "m").exec(said)![1]);
          best[kind] = [Math.min(best[kind][0]!, own[kind]), Math.min(best[kind][1]!, peer)];
        }
      }
      for (const kind of ["saliency", "training"] as const) {
        const [own, peer] = best[kind] as [number, number];
        const verdict = own / peer <= goals[kind] ? "met" : "missed";
        console.log(
          `${name.padEnd(13)} ${count} thread${count > 1 ? "s" : " "} ${kind}  ${own.toFixed(4)}  PyTorch ${peer.toFixed(4)}  ` +
            `ratio ${(own / peer).toFixed(2)}, goal ${goals[kind]}: ${verdict}`,
        );
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
