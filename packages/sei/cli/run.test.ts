/** @file `sei serve` and `sei run`: a bundle's hosts over loopback, with real models, sources and sinks. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { Aedes } from "aedes";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTcp, type AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Metadata } from "@grpc/grpc-js";
import { zipSync } from "fflate";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { setTimeout as pause } from "node:timers/promises";
import { ask, clientOf } from "../../runtime/oip/grpc/testing/client.ts";
import { readDeployment } from "../deploy/index.ts";
import type { FrameLine } from "../run/index.ts";
import { openData } from "../data/index.ts";
import { npyOf } from "../data/testing/npy.ts";
import { readStudy } from "../study/index.ts";
import { at, design, mistake, said, sei, useFolder, variant } from "./testing/harness.ts";
import { startSei, type SeiProcess } from "./testing/process.ts";

useFolder();

interface Served {
  bundle: string;
  deployment: Deployment;
  server: SeiProcess;
  /** `server=127.0.0.1:41234` */
  at: string;
}

/** A bundle of one kind of design, and its server as a process of its own. */
async function serve(name: string, ...changes: [string, string][]): Promise<Served> {
  await variant(
    `${name}.yaml`,
    ["tiny.onnx", parts],
    ["[pool1]", "[block2/MaxPool]"],
    [", loss: 2 %", ""],
    ["losses: [0 %, 5 %]", "losses: [0 %]"],
    ...changes,
  );
  await design(`${name}.yaml`, name);
  const bundle = join(at(name), "bundle");
  const server = startSei(["serve", bundle, "--insecure", "--listen", "127.0.0.1:0", "--json"]);
  const line = await server.firstLine();
  const { address } = JSON.parse(line) as { address: string };
  return { bundle, deployment: await readDeployment(bundle), server, at: `server=${address}` };
}

const parts = fileURLToPath(new URL("../../../examples/conveyor/parts.onnx", import.meta.url));
let split: Served;
let remote: Served;
const bottlenecks = "bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]";

beforeAll(async () => {
  split = await serve(
    "split",
    ["codecs: [float32, uint8]", "codecs: [uint8]\n  scenarios: [SC]\n  transports: [udp]"],
    [bottlenecks, "bottlenecks: []"],
  );
  remote = await serve(
    "remote",
    ["inputs: [raw, png]", "inputs: [png]\n  scenarios: [RC]\n  transports: [tcp]"],
    [bottlenecks, "bottlenecks: []"],
  );
}, 180_000);
afterAll(async () => {
  for (const served of [split, remote]) {
    const { server } = served;
    server.kill("SIGTERM");
    await server.ended;
  }
});

async function run(served: Served, ...argv: string[]): Promise<FrameLine[]> {
  const code = await sei("run", served.bundle, "--connect", served.at, "--insecure", "--json", ...argv);
  expect(code, said.stderr).toBe(0);
  return said.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as FrameLine);
}

describe.each([
  ["a split over UDP", () => split],
  ["a picture file over TCP", () => remote],
])("%s", (_, served) => {
  test("every test image has the answer that it had in the evaluation", async () => {
    const { deployment } = served();
    const lines = await run(served(), "--input", at("split.yaml"));
    const { data } = await readStudy(at("split.yaml"));
    const test = await openData({ ...data, input: [3, 32, 32] }, "test");
    expect(lines.map(({ frame }) => frame)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    for (const line of lines) expect(line).toMatchObject({ fallback: null, missing: 0, deadlineMet: true });
    const right = lines.filter(
      ({ frame, answer }) => (answer as { class: number }).class === test.annotation(frame).label,
    ).length;
    expect(right / 40).toBe(deployment.predicted.quality["accuracy"]!.value);
    const bytes = lines.reduce((sum, line) => sum + line.bytes, 0) / lines.length;
    expect(bytes).toBeCloseTo(deployment.predicted.bytesPerFrame, 0);
  });
});

test("other sources: a folder of pictures, raw frames, arrays; what they are of is told", async () => {
  const { data } = await readStudy(at("split.yaml"));
  const images = (await openData({ ...data, input: [3, 32, 32] }, "test")).image!;
  await mkdir(at("photos"), { recursive: true });
  for (const i of [0, 1, 2]) {
    const raw = { height: 32, width: 32, channels: 3 as const };
    await writeFile(join(at("photos"), `p${i}.png`), await sharp(images.pixels(i), { raw }).png().toBuffer());
  }
  const known = await run(split, "--input", at("split.yaml"), "--count", "3");
  const fromFolder = await run(split, "--input", at("photos"), "--rate", "50");
  expect(fromFolder.map(({ of }) => of)).toEqual(["p0.png", "p1.png", "p2.png"]);
  expect(fromFolder.map(({ answer }) => answer)).toEqual(known.map(({ answer }) => answer));
  const three = Buffer.concat([0, 1, 2].map((i) => images.pixels(i)));
  await writeFile(at("frames.npz"), zipSync({ "x.npy": npyOf("|u1", [3, 32, 32, 3], three) }));
  await writeFile(at("frames.npy"), npyOf("|u1", [3, 32, 32, 3], three));
  for (const file of ["frames.npz", "frames.npy"]) {
    const fromArrays = await run(split, "--input", at(file), "--rate", "50");
    expect(fromArrays.map(({ answer }) => answer)).toEqual(known.map(({ answer }) => answer));
    // Without labels nothing is right or wrong.
    expect(fromArrays.map(({ right }) => right)).toEqual([undefined, undefined, undefined]);
  }
  // stdin belongs to a process.
  const argv = ["run", split.bundle, "--connect", split.at, "--insecure", "--json", "--input", "-"];
  const piped = startSei(argv, { stdin: three });
  const { stdout, stderr, code } = await piped.ended;
  expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
  const fromPipe = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as FrameLine);
  expect(fromPipe.map(({ answer }) => answer)).toEqual(known.map(({ answer }) => answer));
});

test("answers go to a file, a webhook and a broker", async () => {
  const posted: FrameLine[] = [];
  const http = createServer((request, response) => {
    let body = "";
    request.on("data", (text: Buffer) => (body += text.toString()));
    request.on("end", () => {
      posted.push(
        ...body
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as FrameLine),
      );
      response.end();
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const broker = await Aedes.createBroker();
  const published: FrameLine[] = [];
  broker.on("publish", ({ topic, payload }) => {
    if (topic === "line/1") published.push(JSON.parse(payload.toString()) as FrameLine);
  });
  const mqtt = createTcp(broker.handle);
  await new Promise<void>((resolve) => mqtt.listen(0, "127.0.0.1", resolve));
  const port = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
  const lines = await run(
    split,
    "--input",
    at("split.yaml"),
    "--count",
    "5",
    "--out",
    at("answers.jsonl"),
    "--webhook",
    `http://127.0.0.1:${port(http)}/`,
    "--mqtt",
    `mqtt://127.0.0.1:${port(mqtt)}/line/1`,
  );
  const kept = (await readFile(at("answers.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as FrameLine);
  expect(kept).toEqual(lines);
  expect(posted).toEqual(lines);
  expect(published).toEqual(lines);
  await new Promise((resolve) => broker.close(() => mqtt.close(resolve)));
  await new Promise((resolve) => http.close(resolve));
});

test("without a server, the rest of the model runs here", async () => {
  const nowhere = { ...split, at: "server=127.0.0.1:9" };
  const lines = await run(nowhere, "--input", at("split.yaml"), "--count", "4", "--fallback", "local");
  const known = await run(split, "--input", at("split.yaml"), "--count", "4");
  expect(lines.map(({ fallback }) => fallback)).toEqual(Array.from({ length: 4 }, () => "local"));
  const classes = (of: FrameLine[]): unknown => of.map(({ answer }) => (answer as { class: number }).class);
  expect(classes(lines)).toEqual(classes(known));
});

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  /** Whose it is. */
  service: string;
}

/** What an OpenTelemetry collector would get, at the URL of its endpoint. */
async function collector(): Promise<{ url: string; spans: OtlpSpan[] } & AsyncDisposable> {
  interface Body {
    resourceSpans: {
      resource: { attributes: { value: { stringValue: string } }[] };
      scopeSpans: { spans: OtlpSpan[] }[];
    }[];
  }
  const spans: OtlpSpan[] = [];
  const http = createServer((request, response) => {
    let body = "";
    request.on("data", (text: Buffer) => (body += text.toString()));
    request.on("end", () => {
      expect([request.url, request.headers["x-key"]]).toEqual(["/v1/traces", "a b"]);
      for (const { resource, scopeSpans } of (JSON.parse(body) as Body).resourceSpans) {
        const service = resource.attributes[0]!.value.stringValue;
        for (const scope of scopeSpans) spans.push(...scope.spans.map((span) => ({ ...span, service })));
      }
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
  const end = (): Promise<void> => new Promise((resolve) => void http.close(() => resolve()));
  return { url, spans, [Symbol.asyncDispose]: end };
}

test("where a collector is named, the spans of all hosts on a frame's way make one trace", async () => {
  await using otel = await collector();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: otel.url, OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b" };
  const server = startSei(["serve", split.bundle, "--insecure", "--listen", "127.0.0.1:0", "--json"], { env });
  const { address } = JSON.parse(await server.firstLine()) as { address: string };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const lines = await run({ ...split, at: `server=${address}` }, "--input", at("split.yaml"), "--count", "3");
  for (const name of Object.keys(env)) vi.stubEnv(name, undefined);
  server.kill("SIGTERM");
  await server.ended;
  for (const { traceparent } of lines) {
    const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(traceparent!)!;
    const spans = otel.spans.filter((span) => span.traceId === traceId);
    const named = Object.fromEntries(spans.map((span) => [`${span.service} ${span.name}`, span]));
    expect(Object.keys(named).toSorted()).toEqual([
      "sei camera encode",
      "sei camera frame",
      "sei camera head",
      "sei camera wait",
      "sei camera wire",
      "sei server decode",
      "sei server tail",
      "sei server wait",
    ]);
    expect(named["sei camera frame"]).toMatchObject({ spanId });
    const parents = (service: string): unknown[] =>
      spans.flatMap((span) => (span.service === service && span.name !== "frame" ? [span.parentSpanId] : []));
    expect(new Set(parents("sei camera"))).toEqual(new Set([spanId]));
    expect(new Set(parents("sei server"))).toEqual(new Set([named["sei camera wire"]!.spanId]));
    for (const { startTimeUnixNano: start, endTimeUnixNano: end } of spans)
      expect(BigInt(end)).toBeGreaterThanOrEqual(BigInt(start));
  }
  expect(new Set(otel.spans.map(({ traceId }) => traceId)).size).toBe(3);
});

test("a bundle that changed is taken up on SIGHUP, on both hosts, while frames go on", async () => {
  const bundle = at("live");
  await cp(remote.bundle, bundle, { recursive: true });
  const manifest = join(bundle, "manifest.json");
  const server = startSei(["serve", bundle, "--insecure", "--listen", "127.0.0.1:0", "--json"]);
  const { address } = JSON.parse(await server.firstLine()) as { address: string };
  const argv = ["run", bundle, "--connect", `server=${address}`, "--insecure", "--json", "--count", "100000"];
  const camera = startSei([...argv, "--input", at("split.yaml")]);
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await pause(50);
  };
  const lines = (): FrameLine[] =>
    camera.said.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as FrameLine);
  /** A frame that is captured from now on is answered. */
  const goesOn = async (): Promise<void> => {
    const { length } = lines();
    await until(() =>
      lines()
        .slice(length + 5)
        .some(({ answer }) => answer !== null),
    );
  };
  await goesOn();
  const { deadlineNs } = remote.deployment;
  await writeFile(manifest, JSON.stringify({ ...remote.deployment, deadlineNs: deadlineNs / 2 }));
  server.kill("SIGHUP");
  await until(() => server.said.stdout.includes('"swapped"') && lines().at(-1)?.answer === null);
  camera.kill("SIGHUP");
  await until(() => camera.said.stderr.includes(`goes on with ${remote.deployment.id}`));
  await goesOn();
  // Not a bundle any more: that is said, and nothing changes.
  await writeFile(manifest, "{}");
  server.kill("SIGHUP");
  await until(() => server.said.stderr.includes("all goes on as it was"));
  await goesOn();
  const frames = lines().map(({ frame }) => frame);
  expect(new Set(frames).size).toBe(frames.length);
  for (const host of [camera, server]) {
    expect(host.child.exitCode).toBeNull();
    host.kill("SIGTERM");
    expect((await host.ended).code).toBe(130);
  }
}, 120_000);

test("a host that is not there yet is waited for, and its address is told", async () => {
  const { port } = await new Promise<AddressInfo>((resolve) => {
    const free = createTcp().listen(0, "127.0.0.1", () => {
      const address = free.address() as AddressInfo;
      free.close(() => resolve(address));
    });
  });
  const where = `127.0.0.1:${port}`;
  const waiting = sei("run", split.bundle, "--insecure", "--connect", `server=${where}`, "--input", at("split.yaml"));
  while (!said.stderr.includes("ECONNREFUSED")) await pause(20);
  await pause(1000);
  const server = startSei(["serve", split.bundle, "--insecure", "--listen", where]);
  expect(await waiting, said.stderr).toBe(0);
  expect(said.stderr).toContain(`warning unreachable server at ${where}: nobody listens there (ECONNREFUSED)`);
  expect(said.stderr).toContain(`✓ waiting for server at ${where}`);
  expect(said.stdout).toContain("40 frames: 40 (100 %) answered");
  server.kill("SIGTERM");
  await server.ended;
});

test("a host that waiting does not bring ends the run with the reason, unless the rest can run here", async () => {
  const argv = ["run", split.bundle, "--connect", remote.at, "--insecure", "--input", at("split.yaml"), "--count", "3"];
  expect(await mistake(...argv)).toBe(
    "error server: the other host runs another deployment; all hosts need the same folder, written by one run of `sei design`\n",
  );
  await writeFile(at("token"), "5".repeat(64), { mode: 0o600 });
  const withToken = argv.flatMap((word) => (word === "--insecure" ? ["--token", at("token")] : word));
  expect(await mistake(...withToken)).toContain("speaks no TLS, while this host trusts by a token");
  expect(await sei(...argv, "--fallback", "local"), said.stderr).toBe(0);
  expect(said.stderr).toContain("warning unreachable server: the other host runs another deployment");
  expect(said.stdout).toContain("of the answers 3 (100 %) of the rest of the model run here");
});

test("a source that breaks in the middle is told behind what came of its frames", async () => {
  const frame = new Uint8Array(3 * 32 * 32);
  const argv = ["run", split.bundle, "--connect", split.at, "--insecure", "--input", "-"];
  const { code, stdout, stderr } = await startSei(argv, { stdin: Buffer.concat([frame, frame, frame.subarray(7)]) })
    .ended;
  expect(code).toBe(1);
  expect(stdout).toContain("2 frames: 2 (100 %) answered");
  expect(stderr).toMatch(/error stdin: expected whole frames of 3072 bytes, got 3065 bytes at the end\n$/);
});

test("a server's part of the model is there for clients of the Open Inference Protocol", async () => {
  const same = ["--listen", "127.0.0.1:0", "--oip", "127.0.0.1:7123", "--grpc", "127.0.0.1:7123"];
  expect(await sei("serve", split.bundle, "--insecure", ...same)).toBe(2);
  expect(said.stderr).toContain(
    "--grpc: expected another address than that of --oip, got 127.0.0.1 port 7123 for both",
  );
  expect(said.stdout).toBe("");
  const ways = ["--oip", "127.0.0.1:0", "--grpc", "127.0.0.1:0"];
  const server = startSei(["serve", split.bundle, "--insecure", "--listen", "127.0.0.1:0", ...ways]);
  while (!server.said.stdout.includes("grpc://")) await new Promise((resolve) => setTimeout(resolve, 20));
  const [url] = /http:\S+/.exec(server.said.stdout)!;
  const { inputs } = (await (await fetch(url)).json()) as { inputs: { name: string; shape: number[] }[] };
  const [port] = split.deployment.segments.at(-1)!.inputs;
  expect(inputs).toEqual([{ name: port!.tensor, datatype: "FP32", shape: port!.shape }]);
  const headers = { "Inference-Header-Content-Length": "0" };
  const response = await fetch(`${url}/infer`, { method: "POST", headers, body: new Uint8Array(port!.bytes) });
  expect(response.status).toBe(200);
  const length = Number(response.headers.get("inference-header-content-length"));
  const scores = new Float32Array((await response.arrayBuffer()).slice(length));
  expect(scores).toHaveLength(split.deployment.classes.length);
  const client = clientOf(/grpc:\S+/.exec(server.said.stdout)![0]);
  const inferred = await ask<{ raw_output_contents: Buffer[] }>(
    client,
    "ModelInfer",
    {
      model_name: url.split("/").at(-1),
      inputs: [{ name: port!.tensor, datatype: "FP32", shape: port!.shape }],
      raw_input_contents: [new Uint8Array(port!.bytes)],
    },
    new Metadata(),
  );
  client.close();
  expect(Buffer.from(scores.buffer)).toEqual(inferred.raw_output_contents[0]);
  const known = await run(split, "--input", at("split.yaml"));
  const asked = await run({ ...split, at: `server=${url}` }, "--input", at("split.yaml"));
  const answers = (lines: FrameLine[]): unknown =>
    lines.toSorted((a, b) => a.frame - b.frame).map(({ answer }) => answer);
  expect(answers(asked)).toEqual(answers(known));
  expect(asked[0]!.bytes).toBe(port!.bytes);
  server.kill("SIGTERM");
  expect((await server.ended).code).toBe(130);
});

test.each([
  [["--input", "nothing.mp4x"], "nothing.mp4x: expected a folder of pictures, a study"],
  [["--input", "study.yaml", "--keys", "nokeys"], "nokeys/ca.crt: cannot be read (ENOENT); `sei keys` makes it"],
])("%j is refused in a line", async (argv, message) => {
  const insecure = argv.includes("--keys") ? [] : ["--insecure"];
  const line = await mistake(
    "run",
    split.bundle,
    ...argv.map((word) => (word.endsWith(".yaml") ? at(word) : word)),
    ...insecure,
  );
  expect(line).toContain(message);
});

test.each([
  [
    ["--connect", "servr=1.2.3.4:5"],
    "--connect: expected NAME=ADDRESS:PORT with a host of the deployment (camera, server)",
  ],
  [["--connect", "server=1.2.3.4"], "--connect: expected ADDRESS:PORT as in 10.0.0.2:7000"],
  [["--connect", "server=http://1.2.3.4:5"], "--connect: expected http://HOST:PORT/v2/models/NAME"],
  [["--fallback", "cloud"], '--fallback: expected local, got "cloud"'],
  [["--rate", "fast"], "--rate: expected"],
])("%j is no usage", async (argv, message) => {
  expect(await sei("run", split.bundle, "--input", at("split.yaml"), "--insecure", ...argv)).toBe(2);
  expect(said.stderr).toContain(message);
});

test("one of the ways of trust has to be chosen", async () => {
  expect(await sei("run", split.bundle, "--input", at("split.yaml"))).toBe(2);
  expect(said.stderr).toContain(
    "expected one of --keys DIR, --token FILE (`sei keys` makes them) and --insecure, got none",
  );
});
