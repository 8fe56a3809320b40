/**
 * @file Unequal protection against equal protection of the same bytes: all parity on the datagrams of the channels that matter most, by
 * several measures of what matters, or shared by all. Same codec, same datagrams, same losses, packet by packet; paired by sample.
 *
 *   node bench/wire/unequal.ts MODEL.onnx TENSOR DATA [--limit 1000] [--payload 256] [--parity 0.25] [--share 0.5] [--task ...] [--mean ...]
 */
import { parseArgs } from "node:util";
import { differentiate } from "../../packages/core/dist/gradient/index.js";
import { serialiseModel, splitSegments } from "../../packages/core/dist/onnx/index.js";
import { createLoss } from "../../packages/core/dist/network/index.js";
import { randomStream } from "../../packages/core/dist/random/index.js";
import { pairedOf, qualityOf, type Evidence } from "../../packages/core/dist/task/index.js";
import { float32, rows, sizeOf, type Tensor } from "../../packages/core/dist/tensor/index.js";
import {
  calibratedCodec,
  createCalibrator,
  encodeMessage,
  packetPlan,
  reassemble,
  type ByteRange,
  type Calibration,
  type ProtectionSpec,
} from "../../packages/core/dist/wire/index.js";
import { engine } from "../../packages/ort/dist/index.js";
import { constantsFlag, shapesFlag } from "../../packages/sei/dist/cli/model-options.js";
import { openSamples } from "../../packages/sei/dist/cli/open-samples.js";
import { chooseTask, examWithTruths } from "../../packages/sei/dist/stages/answers/index.js";
import { openCut } from "../../packages/sei/dist/stages/wire/crossing.js";
import { parseTask } from "../../packages/sei/dist/study/index.js";

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: "string", default: "1000" },
    payload: { type: "string", default: "256" },
    parity: { type: "string", default: "0.25" },
    share: { type: "string", default: "0.5" },
    losses: { type: "string", default: "0.1,0.3" },
    bursts: { type: "string", default: "1,3" },
    task: { type: "string" },
    mean: { type: "string" },
    std: { type: "string" },
    channels: { type: "string" },
    shape: { type: "string" },
  },
});
const [file, cut, path] = positionals;
if (!file || !cut || !path) throw new Error("MODEL.onnx TENSOR DATA");
const payload = Number(flags.payload);
const signal = new AbortController().signal;
const task = flags.task === undefined ? undefined : await parseTask(flags.task);
const { mean, std, limit } = flags;
const args = { model: file, data: path, mean, std, limit, channels: flags.channels as "BGR" | undefined };
const opened = await openSamples({
  args,
  flags: { ...shapesFlag(flags.shape === undefined ? [] : [flags.shape]), ...constantsFlag([]) },
  splits: ["test", "train"],
  task,
  signal,
});
const { inspection } = opened;
const [test, train] = opened.samples as [(typeof opened.samples)[0], (typeof opened.samples)[0]];
const chosen = chooseTask(task, test, inspection.model);
const exam = await examWithTruths(engine, chosen.task, inspection, test, signal);
const rehearsal = await examWithTruths(engine, chosen.task, inspection, train, signal);
const [metric] = exam.task.metrics;
await using judged = await openCut({ inspection, cut: [cut], train, test, exam, engine, signal });
await using rehearsed = await openCut({ inspection, cut: [cut], train, test: train, exam: rehearsal, engine, signal });
const { dims } = judged.sent[0]!;
const channels = dims[1]!;
const inner = sizeOf(dims.slice(2));

/** Training samples by which importance is measured. */
const looked = Math.min(256, train.count);
const [, tail] = splitSegments(inspection, [[cut]]).models;

/** Adds up a number per channel over training samples. */
async function perChannel(
  of: (tensor: Tensor<"float32">) => Promise<Float64Array> | Float64Array,
): Promise<Float64Array> {
  const sum = new Float64Array(channels);
  for (let from = 0; from < looked; from += 32) {
    const samples = Array.from({ length: Math.min(32, looked - from) }, (_, i) => from + i);
    const found = (await rehearsed.tensors(samples))[cut!] as Tensor<"float32">;
    (await of(found)).forEach((value, c) => (sum[c]! += value));
  }
  return sum;
}
const eachChannel = (count: number, of: (sample: number, channel: number, from: number) => number): Float64Array => {
  const sum = new Float64Array(channels);
  for (let i = 0; i < count; i++) for (let c = 0; c < channels; c++) sum[c]! += of(i, c, (i * channels + c) * inner);
  return sum;
};

const calibrator = createCalibrator({ perChannel: true });
await perChannel((found) => {
  calibrator.add(found);
  return new Float64Array(channels);
});
const seen = calibrator.result();

/** By name, how much each channel matters, from training samples. */
async function importances(): Promise<Record<string, Float64Array>> {
  const [scores] = exam.binding.outputs;
  const { model, gradients, seed } = await differentiate(engine, tail!, { of: scores!, wrt: [cut!] });
  const session = await engine.load(serialiseModel(model));
  const tailSession = await engine.load(serialiseModel(tail!));
  const gradientOf = async (found: Tensor<"float32">): Promise<Float32Array> => {
    const feeds = { [cut!]: found };
    // The scores first, so that their greatest are followed back.
    const plain = (await tailSession.run(feeds))[scores!] as Tensor<"float32">;
    const weights = new Float32Array(plain.data.length);
    const last = plain.dims.at(-1)!;
    for (let row = 0; row < plain.data.length; row += last) {
      let best = row;
      for (let k = row; k < row + last; k++) if (plain.data[k]! > plain.data[best]!) best = k;
      weights[best] = 1;
    }
    const out = await session.run({ ...feeds, ...(seed !== undefined && { [seed]: float32(plain.dims, weights) }) });
    return out[gradients[cut!]!]!.data as Float32Array;
  };
  const gradCam = await perChannel(async (found) => {
    const g = await gradientOf(found);
    return eachChannel(found.dims[0]!, (_i, _c, from) => {
      let sum = 0;
      for (let k = from; k < from + inner; k++) sum += g[k]!;
      return Math.abs(sum / inner);
    });
  });
  const timesValue = await perChannel(async (found) => {
    const g = await gradientOf(found);
    return eachChannel(found.dims[0]!, (_i, c, from) => {
      let sum = 0;
      for (let k = from; k < from + inner; k++) sum += Math.abs(g[k]! * (found.data[k]! - seen.mean[c]!));
      return sum;
    });
  });
  const energy = await perChannel((found) =>
    eachChannel(found.dims[0]!, (_i, c, from) => {
      let sum = 0;
      for (let k = from; k < from + inner; k++) sum += (found.data[k]! - seen.mean[c]!) ** 2;
      return sum;
    }),
  );
  // Of each channel: how much is lost where all of it is its mean.
  const flips = new Float64Array(channels);
  const whole: Evidence[] = [];
  const without: Evidence[][] = Array.from({ length: channels }, () => []);
  for (let from = 0; from < looked; from += 32) {
    const samples = Array.from({ length: Math.min(32, looked - from) }, (_, i) => from + i);
    const found = (await rehearsed.tensors(samples))[cut!] as Tensor<"float32">;
    whole.push(...(await rehearsed.answers({ [cut!]: found }, samples)));
    for (let c = 0; c < channels; c++) {
      const data = found.data.slice();
      samples.forEach((_, i) => data.fill(seen.mean[c]!, (i * channels + c) * inner, (i * channels + c + 1) * inner));
      without[c]!.push(...(await rehearsed.answers({ [cut!]: { ...found, data } }, samples)));
    }
  }
  without.forEach((evidence, c) => (flips[c] = pairedOf(metric!, { evidence: whole }, { evidence }).value));
  await Promise.all([session.release(), tailSession.release()]);
  return { "Grad-CAM weight": gradCam, "gradient times value": timesValue, energy, "measured flips": flips };
}

/** Some channels of a tensor of one frame, or put back. */
const picked = (from: Float32Array, which: readonly number[]): Float32Array => {
  const data = new Float32Array(which.length * inner);
  which.forEach((c, k) => data.set(from.subarray(c * inner, (c + 1) * inner), k * inner));
  return data;
};
/** What was seen of some channels: every field with a number per channel. */
function of(seen: Calibration, which: readonly number[]): Calibration {
  const own = { ...seen } as Record<string, unknown>;
  for (const [name, value] of Object.entries(own))
    if (Array.isArray(value)) own[name] = which.map((c) => value[c] as unknown);
  return own as unknown as Calibration;
}

interface Part {
  channels: readonly number[];
  protection: ProtectionSpec;
}

/** All test samples, their parts one after the other over one link. */
async function sent(
  parts: readonly Part[],
  link: { rate: number; burst: number },
): Promise<{ bytes: number; evidence: Evidence[] }> {
  const ways = parts.map(({ channels: which, protection }) => {
    const own = of(seen, which);
    const shape = [1, which.length, ...dims.slice(2)];
    const codec = calibratedCodec("uint8", own, { order: "interleaved", dims: shape, payload });
    return { which, own, shape, codec, plan: packetPlan(protection, codec.bytesFor(shape), payload) };
  });
  const bytes = ways.reduce((sum, { plan }) => sum + plan.sizes.reduce((a, b) => a + b, 0), 0);
  const evidence = await judged.each((tensors, samples) => {
    const found = tensors[cut!] as Tensor<"float32">;
    const data = new Float32Array(found.data.length);
    samples.forEach((sample, i) => {
      const frame = rows(found, i, i + 1).data;
      const drops = createLoss(link, randomStream(1, `link ${link.rate} ${link.burst} ${sample}`));
      for (let before = 0; before < 32 * link.burst; before++) drops?.drops(0);
      for (const { which, own, shape, codec, plan } of ways) {
        const missing: readonly ByteRange[] = plan.repair([...plan.sizes.keys()].filter(() => drops?.drops(0)));
        const message = encodeMessage([codec], [float32(shape, picked(frame, which))]).bytes;
        const [arrived] = reassemble({ bytes: message, missing }, [{ codec, dims: shape, seen: own }]);
        which.forEach((c, k) =>
          data.set(arrived!.data.subarray(k * inner, (k + 1) * inner), (i * channels + c) * inner),
        );
      }
    });
    return judged.answers({ [cut!]: { ...found, data } }, samples);
  });
  return { bytes, evidence };
}

const all = Array.from({ length: channels }, (_, c) => c);
const measures = await importances();
const message = sizeOf(dims);
const parity = Math.max(1, Math.round(Number(flags.parity) * Math.ceil(message / payload)));
const rs = (least: number): ProtectionSpec => ({ kind: "reed-solomon", parity: 0, least });
const percent = (value: number): string => (100 * value).toFixed(1);
console.log(
  `${file}, ${cut}: ${message} bytes of uint8 in datagrams of ${payload}, ${parity} of parity; ${test.count} samples, ${metric!.name}`,
);
const table: Record<string, Record<string, string>> = {};
for (const rate of flags.losses.split(",").map(Number)) {
  for (const burst of flags.bursts.split(",").map(Number)) {
    const column = `${100 * rate} %, bursts of ${burst}`;
    const equal = await sent([{ channels: all, protection: rs(parity) }], { rate, burst });
    const { value, lo, hi } = qualityOf(metric!, { evidence: equal.evidence });
    (table["equal"] ??= {})[column] = `${percent(value)} (${percent(lo)} to ${percent(hi)})`;
    const none = await sent([{ channels: all, protection: { kind: "none" } }], { rate, burst });
    (table["no parity"] ??= {})[column] = percent(qualityOf(metric!, { evidence: none.evidence }).value);
    for (const [name, weight] of Object.entries(measures)) {
      const order = all.toSorted((a, b) => weight[b]! - weight[a]!);
      const most = Math.max(1, Math.round(Number(flags.share) * channels));
      const unequal = await sent(
        [
          { channels: order.slice(0, most), protection: rs(parity) },
          { channels: order.slice(most), protection: { kind: "none" } },
        ],
        { rate, burst },
      );
      const gain = pairedOf(metric!, { evidence: unequal.evidence }, { evidence: equal.evidence });
      (table[`by ${name}`] ??= {})[column] =
        `${gain.value > 0 ? "+" : ""}${percent(gain.value)} (${percent(gain.lo)} to ${percent(gain.hi)})${unequal.bytes > equal.bytes * 1.02 ? ` ${(unequal.bytes / equal.bytes).toFixed(2)}x` : ""}`;
    }
  }
}
console.table(table);
