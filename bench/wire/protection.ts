/**
 * @file What protection is worth at a cut over a link that loses packets: bytes, how often a message is not whole (told by the
 * recursion, and found), and the share of answers that are right, by protection, order and concealment.
 * Every row meets the same link: state by state, packets are lost or not, message after message.
 *
 *   node bench/wire/protection.ts MODEL.onnx CIFAR-10-FOLDER TENSOR [codec] [payload] [images] [loss] [burst]
 */
import { createLoss } from "../../packages/core/dist/network/loss.js";
import { inspectModel, serialiseModel, splitSegments } from "../../packages/core/dist/onnx/index.js";
import { randomStream } from "../../packages/core/dist/random/index.js";
import { rows, type Tensor } from "../../packages/core/tensor/index.ts";
import {
  calibratedCodec,
  createCalibrator,
  encodeMessage,
  messageFailure,
  packetPlan,
  parseProtection,
  protectionName,
  reassemble,
  type ByteRange,
  type ConcealmentKind,
  type OrderKind,
  type ProtectionSpec,
} from "../../packages/core/dist/wire/index.js";
import { wilson } from "../../packages/core/dist/statistics/index.js";
import { engine } from "../../packages/ort/dist/index.js";
import { labelOf, openData } from "../../packages/sei/dist/data/index.js";
import { readModel } from "../../packages/sei/dist/model/index.js";

const [file, path, cut, kind = "uint8", payload = "1010", images = "1000", rate = "0.1", burst = "3"] =
  process.argv.slice(2);
if (!file || !path || !cut) throw new Error("MODEL.onnx CIFAR-10-FOLDER TENSOR");
const loss = { rate: Number(rate), burst: Number(burst) };
const options: Parameters<typeof openData>[0] = {
  format: "cifar10",
  path,
  normalise: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  layout: "NCHW",
  limit: { test: Number(images), train: 1000 },
};
const [test, train] = await Promise.all([openData(options, "test"), openData(options, "train")]);
const inspection = await inspectModel(await readModel(file), engine);
const [head, tail] = await Promise.all(
  splitSegments(inspection, [[cut]]).models.map((model) => engine.load(serialiseModel(model))),
);
const { name } = inspection.input;
const batches = (count: number): number[][] =>
  Array.from({ length: count / 50 }, (_, b) => Array.from({ length: 50 }, (_, i) => 50 * b + i));
const sentOf = async (data: typeof test, part: number[]): Promise<Tensor<"float32">> =>
  (await head!.run({ [name]: data.batch(part) }))[cut] as Tensor<"float32">;

const calibrator = createCalibrator({ perChannel: true });
for (const part of batches(train.count)) calibrator.add(await sentOf(train, part));
const seen = calibrator.result();
const sent: Tensor<"float32">[] = [];
for (const part of batches(test.count)) sent.push(await sentOf(test, part));
const dims = [1, ...sent[0]!.dims.slice(1)];

/** Answers that are right. */
async function right(made: (frame: Tensor<"float32">, image: number) => Tensor<"float32">): Promise<number> {
  let count = 0;
  for (const [b, part] of batches(test.count).entries()) {
    const all = { ...sent[b]!, data: new Float32Array(sent[b]!.data.length) };
    part.forEach((image, i) => {
      const { data } = made(rows(sent[b]!, i, i + 1), image);
      all.data.set(data, i * data.length);
    });
    const [scores] = Object.values(await tail!.run({ [cut!]: all })) as [Tensor<"float32">];
    part.forEach((image, i) => {
      const own = [...rows(scores, i, i + 1).data];
      if (own.indexOf(Math.max(...own)) === labelOf(test, image)) count++;
    });
  }
  return count;
}

/** What is missing of each image's message. */
function holesOf(spec: ProtectionSpec, bytes: number): { holes: ByteRange[][]; sent: number } {
  const plan = packetPlan(spec, bytes, Number(payload));
  const link = createLoss(loss, randomStream(1, "link"));
  const holes = Array.from({ length: test.count }, () => {
    const missing = [...plan.sizes.keys()].filter(() => link?.drops(0));
    return plan.repair(missing);
  });
  return { holes, sent: plan.sizes.reduce((sum, size) => sum + size, 0) };
}

const interval = (count: number): string => {
  const { value, lo, hi } = wilson(count, test.count);
  return `${(100 * value).toFixed(1)} (${(100 * lo).toFixed(1)} to ${(100 * hi).toFixed(1)})`;
};
const codecs = Object.fromEntries(
  (["tensor", "interleaved"] as OrderKind[]).map((order) => [order, calibratedCodec(kind, seen, { order, dims })]),
);
const clean = await right((frame) => {
  const codec = codecs["tensor"]!;
  return reassemble({ bytes: encodeMessage([codec], [frame]).bytes, missing: [] }, [{ codec, dims, seen }])[0]!;
});
const bytes = codecs["tensor"]!.bytesFor(dims);
console.log(
  `${kind} at ${cut}, ${bytes} bytes in datagrams of ${payload}, ${test.count} images, ${100 * loss.rate} % lost in bursts of ${loss.burst}`,
);
console.log(`nothing lost: ${interval(clean)}`);
const table: Record<string, Record<string, string>> = {};
for (const written of [
  "none",
  "xor 4",
  "reed-solomon 0.25",
  "reed-solomon 0.5",
  "reed-solomon 1",
  "repeat 2",
  "auto 0.01",
]) {
  const spec = parseProtection(written, loss);
  if (typeof spec === "string") throw new Error(spec);
  const { holes, sent: onWire } = holesOf(spec, bytes);
  const row: Record<string, string> = {
    bytes: `${onWire} (${(onWire / bytes).toFixed(2)}x)`,
    "not whole, told %": (100 * messageFailure(spec, bytes, Number(payload), loss)).toFixed(2),
    "found %": ((100 * holes.filter((missing) => missing.length > 0).length) / test.count).toFixed(2),
  };
  for (const [order, concealment] of [
    ["tensor", "mean"],
    ["interleaved", "neighbours"],
  ] as [OrderKind, ConcealmentKind][]) {
    const codec = codecs[order]!;
    const found = await right((frame, image) => {
      const message = encodeMessage([codec], [frame]).bytes;
      return reassemble({ bytes: message, missing: holes[image]! }, [{ codec, dims, seen, concealment }])[0]!;
    });
    row[`${order}, ${concealment}`] = interval(found);
  }
  table[protectionName(spec)] = row;
}
console.table(table);
await Promise.all([head!.release(), tail!.release()]);
