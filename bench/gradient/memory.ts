/**
 * @file Peak memory and time of the gradients of all weights, with activations kept and with activations computed
 * again. Each runs twice in a process of its own; what the process takes before the runs does not count.
 *
 *     npm run bench:gradient:memory [-- MODEL.onnx [BATCH]]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { engine } from "split-et-impera";
import { differentiate } from "../../packages/core/gradient/index.ts";
import { inspectModel, randomInput, serialiseModel } from "../../packages/core/onnx/index.ts";
import { network } from "./network.ts";

const self = fileURLToPath(import.meta.url);

/** Runs a model on random inputs of these shapes, twice. */
async function measure(file: string, shapes: Record<string, number[]>): Promise<string> {
  const session = await engine.load(file);
  const feeds = Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [name, randomInput(dims, name)]));
  const before = process.resourceUsage().maxRSS;
  await session.run(feeds);
  const start = performance.now();
  await session.run(feeds);
  const seconds = (performance.now() - start) / 1000;
  await session.release();
  return `${((process.resourceUsage().maxRSS - before) / 1024).toFixed(0)} MB, ${seconds.toFixed(1)} s`;
}

/** Each kind in a process of its own. */
async function compare(file: string, batch: number): Promise<void> {
  const { model, from } = await network(file);
  const { input, output } = await inspectModel(model, engine);
  const wrt = model.graph!.initializer.filter(({ dims, dataType }) => dataType === 1 && dims.length > 0);
  const folder = mkdtempSync(join(tmpdir(), "sei-memory-"));
  console.log(`${from}, batch ${batch}, gradients by ${wrt.length} weights`);
  for (const recompute of [false, true]) {
    const options = { of: output.name, wrt: wrt.map(({ name }) => name), recompute };
    const found = await differentiate(engine, model, options);
    const path = join(folder, "gradient.onnx");
    writeFileSync(path, serialiseModel(found.model));
    const shapes = { [input.name]: [batch, ...input.shape], [found.seed!]: [batch, ...output.shape] };
    const line = execFileSync(process.execPath, [self, "--run", path, JSON.stringify(shapes)], { encoding: "utf8" });
    console.log(`${recompute ? "computed again" : "kept          "} ${line.trim()}`);
  }
  rmSync(folder, { recursive: true });
}

const [first, second, third] = process.argv.slice(2);
if (first === "--run") console.log(await measure(second!, JSON.parse(third!) as Record<string, number[]>));
else {
  const file = first ?? fileURLToPath(new URL("../../../shared/models/vgg16-cifar10.onnx", import.meta.url));
  await compare(file, Number(second ?? 256));
}
