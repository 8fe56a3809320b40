/**
 * @file Hostile peers at every port of a host: does it live, does it grow, does it tell strangers anything?
 *
 *     npm run bench:hostile -- [--messages 1000000] [--seed 1] [--only PORT]
 *
 * A host of its own process that trusts by a token, with the ports of `sei serve --metrics --oip` and `sei probe --listen`. Each port
 * gets so many changed messages, half of them from strangers and half from a peer that knows the token (metrics have no such).
 * Behind each half an honest host must be served as before. Memory is what is live after a full collection, once a tenth was sent and
 * at the end; resident memory is shown and not judged. Exit code 1 where the host ended, grew by more than 8 MB, told a stranger what it must not, or serves nobody any more.
 */
import { randomStream } from "@split-et-impera/core/random";
import { float32 } from "@split-et-impera/core/tensor";
import { bearerOf } from "@split-et-impera/runtime/oip";
import { probe } from "@split-et-impera/runtime/probe";
import { trustFor, type Trust } from "@split-et-impera/runtime/trust";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { hostile, values as size, type Ports, type State } from "./hostile-host.ts";
import { answerBytes, callBytes, peers, type Peer } from "./hostile-peers.ts";
import { openHost } from "./pair.ts";

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: "" },
  },
});
/** MB that what is live may differ by. */
const mostGrowth = 8;

const folder = await mkdtemp(join(tmpdir(), "hostile-"));
const token = join(folder, "token");
await writeFile(token, randomBytes(32).toString("hex"), { mode: 0o600 });
const trust = await trustFor({ kind: "token", file: token }, "camera");
const script = fileURLToPath(new URL("hostile-host.ts", import.meta.url));
const child = spawn(process.execPath, [script, token], { stdio: ["pipe", "pipe", "inherit"] });
const life: { ended?: string } = {};
child.once("exit", (code, signal) => (life.ended = signal ?? `exit code ${code}`));
child.stdin.on("error", () => undefined);
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const heard = async <T>(): Promise<T> => JSON.parse((await lines.next()).value as string) as T;
const ports = await heard<Ports>();

async function state(): Promise<State> {
  child.stdin.write("state\n");
  return heard<State>();
}

/** An honest host gets from each port what it is there for. */
const served: Record<string, (camera: Trust) => Promise<boolean>> = {
  async line(camera) {
    let answered = false;
    const addresses = { server: { host: "127.0.0.1", port: ports.line } };
    const host = await openHost(
      {
        deployment: hostile,
        host: "camera",
        trust: camera,
        addresses,
        onRecord: ({ answer }) => (answered = !!answer),
      },
      { head: 0, tail: 0 },
    );
    while (!host.ready && life.ended === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    host.capture({ tensor: float32([1, size], new Float32Array(size)) });
    await host.drained();
    await host[Symbol.asyncDispose]();
    return answered;
  },
  datagrams: (camera) => served["line"]!(camera),
  async probe(camera) {
    const limits = { seconds: 1, bytes: 5e5 };
    const address = { host: "127.0.0.1", port: ports.probe };
    const found = await probe(camera, address, "server", limits, new AbortController().signal);
    return found.rtt.min > 0;
  },
  async "Open Inference Protocol"({ token: key }) {
    const data = Array.from({ length: size }, () => 0.5);
    const reply = await fetch(`http://127.0.0.1:${ports.oip}/v2/models/tail/infer`, {
      method: "POST",
      headers: { Authorization: `Bearer ${bearerOf(key!)}` },
      body: JSON.stringify({ inputs: [{ name: "middle", shape: [1, size], datatype: "FP32", data }] }),
    });
    return reply.status === 200;
  },
  async gRPC({ token: key }) {
    const sound = await callBytes(bearerOf(key!));
    return new Promise((resolve) => {
      const back: Buffer[] = [];
      const socket = connect({ port: ports.grpc, host: "127.0.0.1" }, () => void socket.write(sound));
      socket.setTimeout(5000, () => socket.destroy());
      socket
        .on("error", () => undefined)
        .on("data", (part) => {
          back.push(part);
          if (answerBytes(Buffer.concat(back)) > 7) socket.destroy();
        })
        .once("close", () => resolve(answerBytes(Buffer.concat(back)) > 7));
    });
  },
  async metrics() {
    const reply = await fetch(`http://127.0.0.1:${ports.metrics}/metrics`);
    return (await reply.text()).includes("sei_info");
  },
};

/** Sends what a peer has to send; a row of the table, and what is wrong. */
async function withstood(peer: Peer, messages: number): Promise<[string[], string[]]> {
  const random = randomStream(Number(values.seed), `${peer.port}/${peer.who}`);
  const leaked: string[] = [];
  const began = performance.now();
  let sent = 0;
  let early: State | undefined;
  const { connected } = await state();
  while (sent < messages && life.ended === undefined) {
    const round = await peer.send({ ports, trust, random });
    sent += round.sent;
    leaked.push(...round.leaked.slice(0, 3));
    if (sent >= messages / 10 && life.ended === undefined) early ??= await state();
  }
  const seconds = (performance.now() - began) / 1e3;
  if (life.ended !== undefined)
    return [[peer.port, peer.who, `${sent}`, "", "", "ended"], [`the host ended: ${life.ended}`]];
  const late = await state();
  const growth = late.live - early!.live;
  const serves = await served[peer.port]!(trust).catch(() => false);
  const faults = [
    ...new Set(leaked),
    ...(peer.who === "stranger" && peer.port !== "datagrams" && late.connected > connected ? ["a stranger is in"] : []),
    ...(growth > mostGrowth ? [`${growth.toFixed(1)} MB more are live`] : []),
    ...(serves ? [] : ["an honest host is not served any more"]),
  ];
  const memory = `${early!.live.toFixed(1)}, ${late.live.toFixed(1)} MB live; ${early!.resident.toFixed(0)}, ${late.resident.toFixed(0)} MB resident`;
  const rate = `${Math.round(sent / seconds)} a second`;
  return [[peer.port, peer.who, `${sent}`, rate, memory, faults.length === 0 ? "serves" : "FAULT"], faults];
}

const chosen = peers.filter(({ port }) => port.includes(values.only));
if (chosen.length === 0) throw new Error(`no port is called ${values.only}`);
console.log(
  "| port | peer | messages | rate | memory after a tenth, at the end | the host |\n|---|---|---|---|---|---|",
);
const all: string[] = [];
for (const peer of chosen) {
  const share = peers.filter(({ port }) => port === peer.port).length;
  const [row, faults] = await withstood(peer, Number(values.messages) / share);
  console.log(`| ${row.join(" | ")} |`);
  all.push(...faults.map((fault) => `${peer.port}, ${peer.who}: ${fault}`));
  if (life.ended !== undefined) break;
}
for (const fault of all) console.log(fault);
child.kill();
await rm(folder, { recursive: true });
process.exit(all.length > 0 ? 1 : 0);
