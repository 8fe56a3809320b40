/** @file Hostile peers: each sends changed messages to a port, as a stranger or as a host that is let in, and hears what comes back. */
import { create, toBinary } from "@bufbuild/protobuf";
import { framed } from "../../packages/runtime/oip/grpc/framing.ts";
import { inference } from "../../packages/runtime/oip/grpc/messages.ts";
import { digestOf } from "../../packages/runtime/host/neighbours.ts";
import { writeControl } from "../../packages/runtime/probe/control.ts";
import { writeDatagram } from "../../packages/runtime/probe/datagram.ts";
import { clientHello } from "../../packages/runtime/trust/testing/hello.ts";
import { mutateBytes } from "../../fuzz/mutate/bytes.ts";
import type { Random } from "@split-et-impera/core/random";
import { packetsOf, writeMessage } from "@split-et-impera/runtime/messages";
import { bearerOf } from "@split-et-impera/runtime/oip";
import { connect, sealer, type Trust, type TrustedConnection } from "@split-et-impera/runtime/trust";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectPlain, createServer, type AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { hostile, values, type Ports } from "./hostile-host.ts";

/** What peers send, and what they know. */
export interface Attack {
  ports: Ports;
  trust: Trust;
  random: Random;
}

export interface Peer {
  port: string;
  who: "stranger" | "let in";
  /** Sends some messages; gives their number, and what came back that a peer of its kind must not get. */
  send(attack: Attack): Promise<{ sent: number; leaked: string[] }>;
}

const never = new AbortController().signal;
const milliseconds = 10_000;

/** Sends bytes over a connection of its own; what came back until its end. */
function told(port: number, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve) => {
    const had: Buffer[] = [];
    const socket = connectPlain({ port, host: "127.0.0.1" }, () => void socket.end(bytes));
    socket.setTimeout(milliseconds, () => socket.destroy());
    socket
      .on("error", () => undefined)
      .on("data", (data) => had.push(data))
      .once("close", () => resolve(Buffer.concat(had)));
  });
}

const strangers = async (port: number, random: Random, sound: readonly Uint8Array[]): Promise<Buffer[]> =>
  Promise.all(
    Array.from({ length: 32 }, async () => told(port, mutateBytes(sound[random.integer(sound.length)]!, random))),
  );

/** Hellos that do not know the token, and greetings without TLS. */
const openings = [
  await clientHello({ pskCallback: () => ({ identity: "sei", psk: randomBytes(32) }) }),
  Buffer.concat([Buffer.from("SEI\u0001\u0001"), randomBytes(507)]),
];

/** Of TLS a stranger gets the alert that it was refused with, a record of type 21. */
async function opens(port: number, random: Random): Promise<{ sent: number; leaked: string[] }> {
  const back = await strangers(port, random, openings);
  const leaked = back.filter((one) => one.length > 0 && (one[0] !== 21 || one.length > 7));
  return { sent: back.length, leaked: leaked.map((one) => one.subarray(0, 40).toString("hex")) };
}

const body = new Uint8Array(new Float32Array(values).fill(0.5).buffer);
const header = (frame: number, kind: "frame" | "answer" | "nothing" = "frame") =>
  ({ kind, plan: 1, frame, budgetMicros: 1e5 }) as const;

function written(frame: number, kind: "frame" | "answer" | "nothing", bytes: Uint8Array): Buffer {
  const stream = new PassThrough({ highWaterMark: 2 ** 20 });
  writeMessage(stream, { ...header(frame, kind), index: 0, bytes: bytes.length }, bytes);
  return stream.read() as Buffer;
}

const hello = written(2 ** 32 - 1, "nothing", digestOf(hostile));

/** A connection whose every end is heard and whose answers are read; `end` waits until it is over. */
async function letIn({ trust }: Attack, port: number): Promise<TrustedConnection & { end(): Promise<void> }> {
  const connection = await connect(trust, { host: "127.0.0.1", port }, "server", never);
  const closed = new Promise((resolve) => connection.stream.once("close", resolve));
  connection.stream.resume();
  return {
    ...connection,
    async end() {
      connection.stream.end();
      await Promise.race([closed, sleep(milliseconds)]);
      connection.stream.destroy();
    },
  };
}

const frames: Peer["send"] = async (attack) => {
  const { ports, random } = attack;
  const { stream, end } = await letIn(attack, ports.line);
  stream.write(random.integer(8) === 0 ? mutateBytes(hello, random) : hello);
  let sent = 1;
  for (let sound = true; sound && sent < 100; sent++) {
    // What is no message, or none of a camera's, ends the connection: nothing behind it would be read.
    sound = random.integer(20) > 0;
    const kind = sound ? "frame" : (["frame", "answer", "nothing"] as const)[random.integer(3)]!;
    const message = written(sent, kind, kind === "frame" ? body : body.subarray(0, random.integer(64)));
    stream.write(sound ? changedBody(message, random) : mutateBytes(message, random));
  }
  await end();
  return { sent, leaked: [] };
};

/** A message whose header stays as it is. */
function changedBody(message: Uint8Array, random: Random): Uint8Array {
  const changed = new Uint8Array(message);
  for (let i = 16; i < changed.length; i += 1 + random.integer(200)) changed[i] = random.integer(256);
  return changed;
}

async function throwing(port: number, count: number, datagram: (i: number) => Uint8Array): Promise<Buffer[]> {
  const socket = createSocket("udp4").on("error", () => undefined);
  const back: Buffer[] = [];
  socket.on("message", (data) => back.push(data));
  for (let i = 0; i < count; i++) {
    socket.send(datagram(i), port, "127.0.0.1");
    // As many as the other end's buffer has room for.
    if (i % 50 === 49) await sleep(1);
  }
  await sleep(5);
  await new Promise<void>((resolve) => socket.close(resolve));
  return back;
}

const datagrams: Peer["send"] = async (attack) => {
  const { ports, random } = attack;
  // Sealed as they should be, by a host that is let in; then changed.
  const { datagrams: keys, end } = await letIn(attack, ports.line);
  const seal = sealer(keys.send, keys.sealed);
  const count = 2000;
  const back = await throwing(ports.line, count, (i) => {
    const sealed = seal.seal(body.subarray(0, 60 + random.integer(1000)));
    // Changed behind the id, by which the host finds the connection; or anything.
    return i % 4 === 0 ? mutateBytes(sealed, random) : forged(sealed, random);
  });
  await end();
  return { sent: count, leaked: back.map((one) => one.subarray(0, 40).toString("hex")) };
};

function forged(sealed: Uint8Array, random: Random): Uint8Array {
  const changed = new Uint8Array(sealed);
  changed[4 + random.integer(sealed.length - 4)]! ^= 1 + random.integer(255);
  return changed;
}

const packing = { protection: { kind: "none" }, payloadBytes: 1428, timeoutNs: 15_000_000 } as const;

const sealedDatagrams: Peer["send"] = async (attack) => {
  const { ports, random } = attack;
  const { datagrams: keys, stream, end } = await letIn(attack, ports.line);
  stream.write(hello);
  const seal = sealer(keys.send, keys.sealed);
  const packets = Array.from({ length: 40 }, (_, frame) => packetsOf(header(frame), body, packing)).flat();
  const count = 2000;
  await throwing(ports.line, count, () => {
    const packet = packets[random.integer(packets.length)]!;
    return seal.seal(mutateBytes(packet, random));
  });
  await end();
  return { sent: count, leaked: [] };
};

const probing: Peer["send"] = async (attack) => {
  const { ports, random } = attack;
  const { datagrams: keys, stream, end } = await letIn(attack, ports.probe);
  const seal = sealer(keys.send, keys.sealed);
  const ask = writeControl({ kind: "ask", version: 1, seconds: 2, bytes: 1e6 }, 1);
  const orders = [
    writeControl({ kind: "order", train: 1, count: 3, payload: 100, gapNs: 0 }, 2),
    writeControl({ kind: "echoes", train: 1, count: 3 }, 2),
    writeControl({ kind: "sent", train: 1, count: 0, offeredNs: 1e6 }, 2),
  ];
  stream.write(random.integer(4) === 0 ? mutateBytes(ask, random) : ask);
  await sleep(2);
  stream.write(mutateBytes(orders[random.integer(orders.length)]!, random));
  const echoes = ["train", "echo", "reply"] as const;
  const count = 500;
  await throwing(ports.probe, count, (i) => {
    const datagram = { kind: echoes[i % 3]!, train: 1, index: i, echo: i, cameAt: 1, wentAt: 2 };
    return seal.seal(mutateBytes(writeDatagram(datagram, 200), random));
  });
  stream.write(mutateBytes(orders[0]!, random));
  await end();
  return { sent: count + 3, leaked: [] };
};

const json = JSON.stringify({
  inputs: [{ name: "middle", shape: [1, values], datatype: "FP32", parameters: { binary_data_size: body.length } }],
});

function request(bearer: string): Uint8Array {
  const lines = [
    "POST /v2/models/tail/infer HTTP/1.1",
    "Host: server",
    "Connection: close",
    `Authorization: Bearer ${bearer}`,
    `Inference-Header-Content-Length: ${json.length}`,
    `Content-Length: ${json.length + body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n${json}`), body]);
}

const infers =
  (bearer: (trust: Trust) => string, may: boolean): Peer["send"] =>
  async ({ ports, trust, random }) => {
    const back = await strangers(ports.oip, random, [request(bearer(trust))]);
    const texts = back.map((one) => one.subarray(0, 200).toString("latin1"));
    // Health is told to everybody.
    const wrong = texts.filter((text) => /^HTTP\/1.1 5(?!03)/.test(text) || (!may && text.startsWith("HTTP/1.1 200")));
    return { sent: back.length, leaked: wrong };
  };

/** What a client of gRPC says to infer, from its first byte on, as it comes to a listener that says nothing. */
export async function callBytes(bearer: string): Promise<Buffer> {
  const request = create(inference.ModelInferRequest, {
    modelName: "tail",
    inputs: [{ name: "middle", datatype: "FP32", shape: [1n, BigInt(values)] }],
    rawInputContents: [body],
  });
  const message = framed(toBinary(inference.ModelInferRequest, request));
  const parts: Buffer[] = [];
  const heard = createServer((socket) => socket.on("error", () => undefined).on("data", (part) => parts.push(part)));
  await new Promise<void>((resolve) => heard.listen(0, "127.0.0.1", resolve));
  const client = connectHttp2(`http://127.0.0.1:${(heard.address() as AddressInfo).port}`).on("error", () => undefined);
  const call = client.request({
    ":method": "POST",
    ":path": "/inference.GRPCInferenceService/ModelInfer",
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${bearer}`,
  });
  call.on("error", () => undefined).end(message);
  const length = (): number => parts.reduce((sum, part) => sum + part.length, 0);
  for (let before = -1; length() < message.length || length() > before; await sleep(50)) before = length();
  client.destroy();
  heard.close();
  return Buffer.concat(parts);
}

/** The longest content of a frame of HTTP/2 in what came back that belongs to an answer; 0: none did (RFC 9113, 4.1 and 6.1). */
export function answerBytes(back: Buffer): number {
  let longest = 0;
  for (let at = 0; at + 9 <= back.length;) {
    const length = back.readUIntBE(at, 3);
    if (back[at + 3] === 0) longest = Math.max(longest, length);
    at += 9 + length;
  }
  return longest;
}

const calls = new Map<string, Promise<Buffer>>();

const infersByGrpc =
  (bearer: (trust: Trust) => string, may: boolean): Peer["send"] =>
  async ({ ports, trust, random }) => {
    const word = bearer(trust);
    if (!calls.has(word)) calls.set(word, callBytes(word));
    const back = await strangers(ports.grpc, random, [await calls.get(word)!]);
    // Health is told to everybody, in two bytes behind the five of the framing.
    const leaked = may ? [] : back.filter((one) => answerBytes(one) > 7);
    return { sent: back.length, leaked: leaked.map((one) => one.subarray(0, 40).toString("hex")) };
  };

const scrape = Buffer.from("GET /metrics HTTP/1.1\r\nHost: server\r\nConnection: close\r\nAccept: text/plain\r\n\r\n");
const scraping: Peer["send"] = async ({ ports, random }) => {
  const back = await strangers(ports.metrics, random, [scrape]);
  const texts = back.map((one) => one.subarray(0, 200).toString("latin1"));
  return { sent: back.length, leaked: texts.filter((text) => /^HTTP\/1.1 5/.test(text)) };
};

export const peers: readonly Peer[] = [
  { port: "line", who: "stranger", send: ({ ports, random }) => opens(ports.line, random) },
  { port: "line", who: "let in", send: frames },
  { port: "datagrams", who: "stranger", send: datagrams },
  { port: "datagrams", who: "let in", send: sealedDatagrams },
  { port: "probe", who: "stranger", send: ({ ports, random }) => opens(ports.probe, random) },
  { port: "probe", who: "let in", send: probing },
  { port: "Open Inference Protocol", who: "stranger", send: infers(() => "0".repeat(64), false) },
  { port: "Open Inference Protocol", who: "let in", send: infers(({ token }) => bearerOf(token!), true) },
  { port: "gRPC", who: "stranger", send: infersByGrpc(() => "0".repeat(64), false) },
  { port: "gRPC", who: "let in", send: infersByGrpc(({ token }) => bearerOf(token!), true) },
  { port: "metrics", who: "stranger", send: scraping },
];
