/** @file What another host of a deployment may send, once it is known who it is: streams, datagrams, frames, answers. */
import { InputError } from "../../packages/core/dist/errors/index.js";
import { VirtualClock } from "../../packages/core/dist/network/index.js";
import type { Random } from "../../packages/core/random/index.ts";
import { randomStream } from "../../packages/core/dist/random/index.js";
import { calibrate, calibratedCodec, encodeMessage, whole, type Received } from "../../packages/core/wire/index.ts";
import { readAnswer, readRefusal, writeAnswer, writeRefusal } from "../../packages/runtime/dist/host/answer.js";
import { openAnswers } from "../../packages/core/dist/deploy/index.js";
import { codingOf } from "../../packages/runtime/dist/host/coding.js";
import { digestOf } from "../../packages/runtime/dist/host/neighbours.js";
import {
  DatagramReader,
  MessageReader,
  packetsOf,
  writeMessage,
  type ArrivedMessage,
} from "../../packages/runtime/dist/messages/index.js";
import { deploymentOver } from "../../packages/runtime/host/testing/pair.ts";
import { PassThrough } from "node:stream";
import { mutateBytes } from "../mutate/bytes.ts";
import type { Target } from "../target.ts";

const mostBytes = 3000;
const accepted = { kinds: ["frame", "answer", "nothing"], mostBytes } as const;
const body = Uint8Array.from({ length: mostBytes }, (_, i) => (i * 7) % 256);
const header = (frame: number) => ({ kind: "frame", plan: 3, frame, budgetMicros: 900 }) as const;

/** Within what the manifest allows, whatever its header claims. */
function check({ kind, received: { bytes, missing } }: ArrivedMessage): void {
  if (bytes.length > (kind === "nothing" ? 32 : mostBytes)) throw new Error(`${kind} of ${bytes.length} bytes`);
  for (const [from, to] of missing)
    if (!(from >= 0 && from < to && to <= bytes.length)) throw new Error(`a hole from ${from} to ${to}`);
}

function stream(): Uint8Array {
  const into = new PassThrough({ highWaterMark: 1e6 });
  const nothing = { kind: "nothing", plan: 0, budgetMicros: 0, index: 0 } as const;
  const digest = digestOf(deploymentOver("tcp"));
  writeMessage(into, { ...nothing, frame: 2 ** 32 - 1, bytes: digest.length }, digest);
  for (const bytes of [body, body.subarray(0, 48), body.subarray(0, 0)])
    writeMessage(into, { ...header(bytes.length), index: 0, bytes: bytes.length }, bytes);
  writeMessage(into, { ...nothing, frame: 7, bytes: 1 }, writeRefusal("dropped"));
  return into.read() as Buffer;
}

const packings = [
  { protection: { kind: "none" }, payloadBytes: 400, timeoutNs: 1000 },
  { protection: { kind: "none" }, payloadBytes: 1, timeoutNs: 1 },
  { protection: { kind: "reed-solomon", parity: 0.5 }, payloadBytes: 100, timeoutNs: 1000 },
  { protection: { kind: "xor", group: 3 }, payloadBytes: 400, timeoutNs: 1000, reserveNs: 10, resendNs: 50 },
] as const;

interface Flow {
  packing: (typeof packings)[number];
  datagrams: readonly Uint8Array[];
}

const flows: readonly Flow[] = packings.map((packing) => {
  const of = packing.payloadBytes === 1 ? body.subarray(0, 40) : body;
  return { packing, datagrams: [0, 1, 2].flatMap((frame) => packetsOf(header(frame), of, packing)) };
});

/** Datagrams of it lost, twice there, out of their order, changed. */
function disturbed({ packing, datagrams }: Flow, random: Random): Flow {
  const now = datagrams.flatMap((one) => {
    const what = random.integer(40);
    if (what === 0) return [];
    if (what === 1) return [one, one];
    return [what === 2 ? mutateBytes(one, random) : one];
  });
  for (let swaps = random.integer(4); swaps > 0 && now.length > 0; swaps--) {
    const [a, b] = [random.integer(now.length), random.integer(now.length)];
    [now[a], now[b]] = [now[b]!, now[a]!];
  }
  return { packing, datagrams: now };
}

const { crossings, ...deployment } = deploymentOver("udp");
const carried = (tensor: string, shape: number[], codec: object) => ({
  tensor,
  shape,
  codec,
  type: "float32",
  bytes: 0,
  concealment: { kind: "mean", values: [0.5], axis: 1 },
});
/** Codes of unequal likelihood, in units of 60 bytes, alone and with another tensor behind them. */
const shape = [1, 6, 8, 9];
const varied = (() => {
  const random = randomStream(5, "fuzzed frames");
  const data = Float32Array.from({ length: 432 }, () => Math.max(0, random.normal()));
  const tensor = { type: "float32", dims: shape, data } as const;
  const seen = calibrate([tensor], { perChannel: true });
  const codec = calibratedCodec("rans4", seen, { order: "interleaved", dims: shape, payload: 60 });
  return [1, 2].map((count) => {
    const codecs = Array.from({ length: count }, () => codec);
    const { bytes } = encodeMessage(
      codecs,
      codecs.map(() => tensor),
    );
    return { carries: codecs.map((_, i) => carried(`of${count}.${i}`, shape, codec.parameters)), bytes };
  });
})();
const codings = [
  [carried("middle", [1, 3, 4], { kind: "float32" })],
  [
    carried("deep", [1, 3, 4], { kind: "uint8", scale: [0.1], zero: [7] }),
    carried("skip", [1, 5], { kind: "float16" }),
  ],
  ...varied.map(({ carries }) => carries),
].map((carries) => codingOf({ ...crossings[0]!, carries } as unknown as (typeof crossings)[0], undefined));

/** What came of a message: other bytes, others in number, with holes. */
function arrived(random: Random): Received & { coding: number } {
  const coding = random.integer(codings.length);
  const sound = [body.subarray(0, 48), body.subarray(0, 22), ...varied.map((one) => one.bytes)][coding]!;
  const bytes = random.integer(coding < 2 ? 4 : 2) === 0 ? mutateBytes(sound, random) : sound.slice();
  const edges = Array.from({ length: 2 * random.integer(4) }, () => random.integer(bytes.length + 1));
  const sorted = [...new Set(edges)].toSorted((a, b) => a - b);
  const missing = sorted.flatMap((from, i) => (i % 2 === 0 && sorted[i + 1] ? [[from, sorted[i + 1]!] as const] : []));
  return { ...whole(bytes), missing, coding };
}

const { frames } = deployment;
const reads = { outputs: ["scores"], decides: ["scores"], notes: [], columns: 3, by: "values" } as const;
const things = [{ class: 1, score: 0.5, box: [1, 2, 3, 4] }];
const answering = [
  deploymentOver("tcp"),
  { frames, reads, task: { kind: "agreement" } },
  {
    frames: { ...frames, answer: { ...frames.answer, mostBytes: 200 } },
    reads,
    task: { kind: "detection", classes: [] },
  },
].map((one) => openAnswers(one as unknown as ReturnType<typeof deploymentOver>));
const times = { waited: 10, decode: 20, work: 30, missing: 0 };
const sound = [{ says: 1, score: 0.5 }, { says: { values: [1, 2, 3] } }, { says: things }].map((one, i) =>
  writeAnswer(one, times, answering[i]!),
);

export const host: readonly Target[] = [
  {
    name: "messages of a stream",
    share: 5000,
    seeds: () => [stream()],
    mutate: (seed, random) => ({
      bytes: random.integer(20) === 0 ? (seed as Uint8Array) : mutateBytes(seed as Uint8Array, random),
      chunk: 1 + random.integer(random.integer(2) === 0 ? 40 : 4000),
    }),
    read(input) {
      const { bytes, chunk } = input as { bytes: Uint8Array; chunk: number };
      const reader = new MessageReader(accepted, () => 0, check);
      for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
    },
  },
  {
    name: "messages of datagrams",
    share: 5000,
    seeds: () => flows,
    mutate: (seed, random) => disturbed(seed as Flow, random),
    read(input) {
      const { packing, datagrams } = input as Flow;
      const clock = new VirtualClock();
      const found: ArrivedMessage[] = [];
      const reader = new DatagramReader(accepted, packing, clock, (message) => found.push(message));
      for (const datagram of datagrams) {
        reader.push(datagram);
        clock.run(clock.now + 100);
      }
      reader.close();
      found.forEach(check);
      if (new Set(found.map(({ frame }) => frame)).size < found.length) throw new Error("a frame came twice");
      if (reader.strange > 0) throw new InputError("ERR_MESSAGE", "datagrams of no message");
    },
  },
  {
    name: "frame of another host",
    share: 5000,
    seeds: () => [undefined],
    mutate: (_, random) => arrived(random),
    async read(input) {
      const { coding, ...received } = input as ReturnType<typeof arrived>;
      const value = await codings[coding]!.decode(received);
      if (value === undefined) throw new InputError("ERR_MESSAGE", "says nothing");
      for (const { dims, data } of Object.values("tensors" in value ? value.tensors : {}))
        if (data.length !== dims.reduce((product, dim) => product * dim, 1)) throw new Error("not of its shape");
    },
  },
  {
    name: "answer of another host",
    share: 5000,
    seeds: () => [0, 1, 2],
    mutate: (seed, random) => ({
      of: seed as number,
      bytes: random.integer(20) === 0 ? sound[seed as number]! : mutateBytes(sound[seed as number]!, random),
    }),
    read(input) {
      const { of, bytes } = input as { of: number; bytes: Uint8Array };
      if (!["dropped", "unreadable"].includes(readRefusal(bytes))) throw new Error("neither");
      const found = readAnswer({ kind: "answer", received: whole(bytes) }, answering[of]!);
      if (!found) throw new InputError("ERR_MESSAGE", "no answer");
      if (of === 0 && !((found.answer.says as number) < 3)) throw new Error("a class that there is not");
    },
  },
];
