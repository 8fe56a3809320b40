/**
 * @file `kill -9` of `sei design` and `sei train` at random moments, then run again: `node bench/robust/kills.ts [kills]`.
 * The result must be that of an undisturbed run, every time.
 */
import { readFile, rm } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { freeze, lasting, openPlace, stream, tries, type Place } from "./run.ts";

const place = await openPlace();
const random = stream(2);
const done = async (...argv: string[]): Promise<void> => {
  const { code, stderr } = await place.start(...argv).ended;
  if (code !== 0 && code !== 3) throw new Error(`sei ${argv.join(" ")}: ${String(code)}\n${stderr}`);
};
/** Kills runs until `count` were, each going on from what the one before left; then lets one end. */
async function killed(argv: string[], span: number): Promise<void> {
  const sei = place.start(...argv);
  await Promise.race([setTimeout(200 + random() * span), sei.ended]);
  if (sei.child.exitCode === null) sei.kill("SIGKILL");
  await sei.ended;
  await done(...argv);
}
const train = ["train", "parts.onnx", "--data", "conveyor", "--limit", "112", "--epochs", "4", "--batch", "16"];
async function timed(work: Promise<void>): Promise<number> {
  const started = performance.now();
  await work;
  return performance.now() - started;
}

async function table(own: Place): Promise<number> {
  await done("design", "study.yaml", "--out", "first");
  await freeze(own);
  await rm(own.at("cache"), { recursive: true, force: true });
  const design = ["design", "frozen.yaml", "--out", "out"];
  const span = { design: await timed(done(...design)), train: 0 };
  const whole = { design: await lasting(own.at("out")), train: "" };
  span.train = await timed(done(...train, "--out", "whole.onnx"));
  whole.train = (await readFile(own.at("whole.onnx"))).toString("base64");
  const different = { design: 0, train: 0 };
  for (let i = 0; i < tries(20); i++) {
    await rm(own.at("cache"), { recursive: true, force: true });
    await rm(own.at("out"), { recursive: true, force: true });
    await killed(design, span.design);
    if ((await lasting(own.at("out"))) !== whole.design) different.design++;
    await killed([...train, "--out", "killed.onnx"], span.train);
    if ((await readFile(own.at("killed.onnx"))).toString("base64") !== whole.train) different.train++;
  }
  const left = (await own.halfWritten()).length;
  console.table({
    kills: tries(20),
    "design differs": different.design,
    "train differs": different.train,
    "half-written": left,
  });
  return different.design + different.train + left;
}
process.exitCode = (await table(place).finally(() => place.remove())) > 0 ? 1 : 0;
