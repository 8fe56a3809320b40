/**
 * @file What lost datagrams cost at a cut, in per cent of answers that are right: by order and concealment, nothing more being
 * sent. Every row loses the same datagrams' numbers.
 *
 *   node bench/wire/loss.ts MODEL.onnx CIFAR-10-FOLDER TENSOR [codec] [payload] [images]
 */
import { inspectModel, serialiseModel, splitSegments } from "../../packages/core/dist/onnx/index.js";
import { randomStream } from "../../packages/core/dist/random/index.js";
import { rows, type Tensor } from "../../packages/core/tensor/index.ts";
import {
  calibratedCodec,
  createCalibrator,
  encodeMessage,
  orders,
  packetPlan,
  reassemble,
  type ConcealmentKind,
  type OrderKind,
} from "../../packages/core/dist/wire/index.js";
import { engine } from "../../packages/ort/dist/index.js";
import { labelOf, openData } from "../../packages/sei/dist/data/index.js";
import { readModel } from "../../packages/sei/dist/model/index.js";

const [file, path, cut, kind = "uint8", payload = "1010", images = "1000"] = process.argv.slice(2);
if (!file || !path || !cut) throw new Error("MODEL.onnx CIFAR-10-FOLDER TENSOR");
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

/** Share of answers that are right. */
async function accuracy(made: (frame: Tensor<"float32">, image: number) => Tensor<"float32">): Promise<number> {
  let right = 0;
  for (const [b, part] of batches(test.count).entries()) {
    const all = { ...sent[b]!, data: new Float32Array(sent[b]!.data.length) };
    part.forEach((image, i) => {
      const { data } = made(rows(sent[b]!, i, i + 1), image);
      all.data.set(data, i * data.length);
    });
    const [scores] = Object.values(await tail!.run({ [cut!]: all })) as [Tensor<"float32">];
    part.forEach((image, i) => {
      const own = [...rows(scores, i, i + 1).data];
      if (own.indexOf(Math.max(...own)) === labelOf(test, image)) right++;
    });
  }
  return right / test.count;
}

const percent = (share: number): string => (100 * share).toFixed(2);
console.log(`unchanged: ${percent(await accuracy((frame) => frame))}`);
const dims = [1, ...sent[0]!.dims.slice(1)];
const table: Record<string, Record<string, string>> = {};
for (const order of Object.keys(orders) as OrderKind[]) {
  const codec = calibratedCodec(kind, seen, { order, dims });
  for (const concealment of ["zero", "mean", "neighbours"] as ConcealmentKind[]) {
    const row: Record<string, string> = {};
    for (const loss of [0, 0.05, 0.1, 0.3, 0.6]) {
      const found = await accuracy((frame, image) => {
        const { bytes } = encodeMessage([codec], [frame]);
        const random = randomStream(1, `loss ${image}`);
        const { sizes, repair } = packetPlan({ kind: "none" }, bytes.length, Number(payload));
        const missing = [...sizes.keys()].filter(() => random.uniform() < loss);
        return reassemble({ bytes, missing: repair(missing) }, [{ codec, dims, seen, concealment }])[0]!;
      });
      row[`${100 * loss} %`] = percent(found);
    }
    table[`${order}, ${concealment}`] = row;
  }
}
console.log(
  `${kind} at ${cut}, ${payload} bytes a datagram, ${test.count} images, ${calibratedCodec(kind, seen).bytesFor(dims)} bytes`,
);
console.table(table);
await Promise.all([head!.release(), tail!.release()]);
