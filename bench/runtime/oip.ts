/**
 * @file What a call costs over loopback: our own protocol, and the Open Inference Protocol with binary tensors, from capture
 * to the answer in the record.
 *
 *     npm run bench:oip
 *
 * Two processes on one machine, the same hosts for both: a head and a tail that compute nothing, float32 as the codec, TCP, no
 * TLS, one call at a time. The two protocols take turns of 50 calls, so that what else the machine does falls on both alike.
 * Latency is the record's; CPU is that of both processes over a turn, by call.
 */
import type { Deployment } from "@split-et-impera/core/deploy";
import type { Engine } from "@split-et-impera/core/engine";
import { float32, type Tensor, type Tensors } from "@split-et-impera/core/tensor";
import { RunningHost, servedModels, type FrameRecord } from "@split-et-impera/runtime/host";
import { serveOip } from "@split-et-impera/runtime/oip";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { deploymentOver, insecure, values } from "../../packages/runtime/host/testing/pair.ts";

const sizes = [8000, 800_000];
const rounds = 40;
const calls = 50;
const loopback = { host: "127.0.0.1", port: 0 };

/** Gives what it gets, or scores that never change. */
const idle: Engine = {
  name: "idle",
  load: (model) =>
    Promise.resolve({
      inputs: [],
      outputs: [],
      run(feeds) {
        const made: Tensors = String(model).endsWith("head.onnx")
          ? { middle: Object.values(feeds)[0]! }
          : { scores: float32([1, 3], [0, 1, 0]) };
        return Promise.resolve(made);
      },
      release: () => Promise.resolve(),
    }),
};

/** With so many bytes at the cut. */
function deploymentOf(bytes: number): Deployment {
  const text = JSON.stringify(deploymentOver("tcp", 10e9));
  return JSON.parse(
    text.replaceAll(`[1,${values}]`, `[1,${bytes / 4}]`).replaceAll(`:${4 * values}`, `:${bytes}`),
  ) as Deployment;
}

interface Place {
  address: { host: string; port: number };
  url: string;
}

/** In a process of its own: tells where it is, then the CPU that it has used, whenever it is asked. */
async function serve(bytes: number): Promise<void> {
  const deployment = deploymentOf(bytes);
  const trust = insecure("server");
  const host = await RunningHost.open({
    deployment,
    host: "server",
    folder: "",
    engine: idle,
    trust,
    listen: loopback,
  });
  const { url } = await serveOip(loopback, { models: servedModels(host, deployment), version: "0", trust });
  process.on("message", () => process.send!(cpu(process.cpuUsage())));
  process.send!({ address: host.address, url });
}

/** Microseconds. */
const cpu = ({ user, system }: NodeJS.CpuUsage): number => user + system;

interface Caller {
  latency: number[];
  cpu: number[];
  call(): Promise<FrameRecord>;
  host: RunningHost;
}

async function caller(deployment: Deployment, place: Place, own: boolean): Promise<Caller> {
  let heard: (record: FrameRecord) => void = () => undefined;
  const where = own
    ? { addresses: { server: place.address } }
    : { models: { server: new URL(`${place.url}/v2/models/tail`) } };
  const options = { deployment, host: "camera", folder: "", engine: idle, trust: insecure("camera"), ...where };
  const host = await RunningHost.open({ ...options, onRecord: (record) => heard(record) });
  while (!host.ready) await new Promise((resolve) => setTimeout(resolve, 5));
  const { shape } = deployment.segments[0]!.inputs[0]!;
  const tensor: Tensor = float32(shape, new Float32Array(shape[1]!).fill(1.5));
  const call = (): Promise<FrameRecord> =>
    new Promise((resolve) => {
      heard = resolve;
      host.capture({ tensor });
    });
  return { latency: [], cpu: [], call, host };
}

async function turn(one: Caller, server: ChildProcess): Promise<void> {
  const used = async (): Promise<number> => {
    server.send("cpu");
    const [there] = (await once(server, "message")) as [number];
    return there + cpu(process.cpuUsage());
  };
  const before = await used();
  for (let i = 0; i < calls; i++) {
    const { latency, why } = await one.call();
    if (latency === undefined) throw new Error(why);
    one.latency.push(latency * 1e6);
  }
  one.cpu.push(((await used()) - before) / calls);
}

const quantile = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(share * (numbers.length - 1))]!;

async function measure(bytes: number): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), [String(bytes)]);
  const [place] = (await once(server, "message")) as [Place];
  const deployment = deploymentOf(bytes);
  const both = { own: await caller(deployment, place, true), oip: await caller(deployment, place, false) };
  for (let round = -4; round < rounds; round++) {
    for (const one of Object.values(both)) await turn(one, server);
    // The first turns warm up.
    if (round < 0) for (const one of Object.values(both)) one.latency.length = one.cpu.length = 0;
  }
  const row = (name: string, { latency, cpu: spent }: Caller): void =>
    console.log(
      `${String(bytes).padStart(7)} B  ${name.padEnd(24)} p10 ${quantile(latency, 0.1).toFixed(0).padStart(5)}  p50 ${quantile(latency, 0.5).toFixed(0).padStart(5)}  p90 ${quantile(latency, 0.9).toFixed(0).padStart(5)} µs  CPU ${quantile(spent, 0.5).toFixed(0).padStart(5)} µs`,
    );
  row("own protocol", both.own);
  row("Open Inference Protocol", both.oip);
  const ratio = quantile(both.oip.latency, 0.5) / quantile(both.own.latency, 0.5);
  console.log(`${" ".repeat(11)}ratio of medians ${ratio.toFixed(2)}`);
  for (const { host } of Object.values(both)) await host[Symbol.asyncDispose]();
  server.kill();
}

const [, , served] = process.argv;
if (served !== undefined) await serve(Number(served));
else for (const bytes of sizes) await measure(bytes);
