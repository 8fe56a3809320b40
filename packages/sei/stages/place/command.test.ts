/** @file `sei place` from the command line: whole studies, and what it refuses in a line. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import { serialiseModel } from "@split-et-impera/core/onnx";
import { twoInputNetwork, unetNetwork } from "../../../core/testing/networks.ts";
import { main } from "../../cli/main.ts";
import type { StudyPlacement, StudyTradeOffs } from "./index.ts";

const examples = fileURLToPath(new URL("../../../../examples/", import.meta.url));
const three = join(examples, "three-hosts/study.yaml");

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "place-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]): Promise<{ code: number; out: string; said: string }> {
  let [out, said] = ["", ""];
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true)),
    vi.spyOn(process.stderr, "write").mockImplementation(() => true),
    vi.spyOn(console, "error").mockImplementation((text) => void (said += String(text))),
  ];
  try {
    return { code: await main(["place", ...args]), out, said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** What the command prints, of a study. */
async function placed<T>(...args: string[]): Promise<T> {
  const { code, out, said } = await run(...args, "--json");
  expect(said).not.toContain("error");
  const found = JSON.parse(out) as T & { requirements?: StudyPlacement["requirements"] };
  // A requirement that is missed is told by the code, as with `sei design`.
  expect(code).toBe(found.requirements?.some(({ verdict }) => verdict === "missed") ? 3 : 0);
  return found;
}

const total = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0);

test("two hosts: the conveyor, every piece measured", { timeout: 60_000 }, async () => {
  const { objective, segments, measured, breakEvens } = await placed<StudyPlacement>(
    join(examples, "conveyor/study.yaml"),
  );
  expect(objective).toMatchObject({ name: "latency", unit: "s", gap: 0 });
  expect(objective.bound).toBe(objective.value);
  expect(total(segments.map(({ pieces }) => pieces))).toBe(measured.pieces.length);
  expect(measured.pieces.every((piece) => piece.measured)).toBe(true);
  expect(total(measured.pieces.map(({ seconds }) => seconds))).toBeCloseTo(measured.whole.seconds, 9);
  expect(Object.keys(breakEvens!.rate)).toEqual(["camera - server"]);
});

describe("three hosts", () => {
  it("by latency: pictures stay on the camera; what is not measured is estimated", { timeout: 60_000 }, async () => {
    const { objective, segments, measured, room, values } = await placed<StudyPlacement>(three, "--time", "2");
    expect(objective.gap).toBe(0);
    expect(segments[0]).toMatchObject({ host: "camera", from: null });
    expect(segments.at(-1)!.to).toBeNull();
    expect(total(segments.map(({ pieces }) => pieces))).toBe(measured.pieces.length);
    expect(measured.pieces.some((piece) => !piece.measured)).toBe(true);
    expect(total(measured.pieces.map(({ seconds }) => seconds))).toBeCloseTo(measured.whole.seconds, 9);
    expect(Object.keys(room)).toEqual(["camera", "gateway"]);
    expect(values!.latency).toBeCloseTo(objective.value, 12);
  });

  it("by throughput, a weighed sum, and as trade-offs", { timeout: 60_000 }, async () => {
    const fast = await placed<StudyPlacement>(three, "--time", "1", "--objective", "throughput", "--codec", "uint8");
    expect(fast.objective).toMatchObject({ name: "throughput", unit: "s between frames", gap: 0 });
    expect(fast.runnerUp!.value).toBeGreaterThanOrEqual(fast.objective.value);
    const mixed = await placed<StudyPlacement>(three, "--time", "1", "--weights", "energy=2,price=1");
    expect(mixed.objective).toMatchObject({ name: "2 energy + price", unit: "2 J + EUR" });
    expect(2 * mixed.values!.energy! + (mixed.values!.price ?? 0)).toBeCloseTo(mixed.objective.value, 12);
    const { pareto, units } = await placed<StudyTradeOffs>(three, "--time", "1", "--pareto", "latency,energy");
    expect(units).toEqual({ latency: "s", energy: "J" });
    for (const { segments } of pareto) expect(segments[0]!.host).toBe("camera");
  });

  it("in words", { timeout: 60_000 }, async () => {
    const { out } = await run(three, "--time", "1", "--objective", "energy");
    expect(out).toMatch(/^energy of a frame [\d.]+ mJ: optimal/);
    expect(out).toContain("compute on camera");
    expect(out).toMatch(/estimated from their operators/);
    const { out: tradeOffs } = await run(three, "--time", "1", "--pareto", "latency,energy");
    expect(tradeOffs).toMatch(/^\d+ trade-offs? of latency and energy/);
  });
});

test("what the study requires is judged, and respected", { timeout: 60_000 }, async () => {
  const study = async (bound: string): Promise<string> => {
    const file = join(folder, "required.yaml");
    const text = await readFile(three, "utf8");
    await writeFile(
      file,
      text
        .replace("model: ../", `model: ${join(examples, "/")}`)
        .replace("latency p95 <= 50 ms", bound)
        .replace("speed: 1/200, memory: 512 kB, power: 0.5 W", "speed: 1/20, memory: 1 MB, power: 40 W"),
    );
    return file;
  };
  const missed = await placed<StudyPlacement>(await study("latency p95 <= 1 ms"), "--time", "1");
  expect(missed.requirements[0]).toMatchObject({ requirement: "latency p95 <= 1 ms", verdict: "missed" });
  expect(missed.requirements[0]!.least).toBeCloseTo(missed.objective.value, 12);
  const loose = await placed<StudyPlacement>(await study("latency <= 10 s"), "--time", "1", "--objective", "energy");
  expect(loose.requirements[0]).toMatchObject({ verdict: "met", metric: "latency" });
  // What takes least energy is slower than the fastest; in between lies a bound that costs energy.
  const { out, code } = await run(await study("latency <= 1 ms"), "--time", "1", "--objective", "energy");
  expect(code).toBe(3);
  expect(out).toMatch(/latency <= 1 ms: [\d.]+ ms, missed; no placement has less than/);
});

test.each([
  ["several inputs", twoInputNetwork()],
  ["no cut of one tensor in its middle", unetNetwork()],
])("a model with %s", { timeout: 60_000 }, async (_, model) => {
  await writeFile(join(folder, "model.onnx"), serialiseModel(model));
  const file = join(folder, "model.yaml");
  await writeFile(
    file,
    "model: model.onnx\ndata: { format: conveyor }\nhosts: { camera: { speed: 1/10, memory: 9 kB }, server: {} }\n" +
      "links: [{ between: [camera, server], rate: 1 Gbit/s, delay: 1 us }]\nframes: { count: 1 }\n",
  );
  const { measured, segments } = await placed<StudyPlacement>(file, "--time", "1");
  expect(measured.pieces.some(({ tensors }) => tensors.length > 1)).toBe(true);
  expect(total(segments.map(({ pieces }) => pieces))).toBe(measured.pieces.length);
  expect(measured.pieces[0]!.from).toBeUndefined();
  expect(measured.uncounted).toEqual([]);
});

describe("what is refused, in a line", () => {
  const conveyor = `
model: ${join(examples, "conveyor/parts.onnx")}
data: { format: conveyor }
hosts:
  camera: { CAMERA }
  gateway: { GATEWAY }
  server: { SERVER }
links: [{ between: [camera, gateway], rate: 1 Mbit/s }, { between: [gateway, server], rate: 1 Mbit/s }]
`;
  const study = async (fields: Partial<Record<"CAMERA" | "GATEWAY" | "SERVER", string>>): Promise<string> => {
    const file = join(folder, "study.yaml");
    await writeFile(
      file,
      conveyor.replaceAll(/\b(CAMERA|GATEWAY|SERVER)\b/g, (name) => fields[name as "CAMERA"] ?? ""),
    );
    return file;
  };
  test.each<[string, Partial<Record<"CAMERA" | "GATEWAY" | "SERVER", string>>, string[], string]>([
    [
      "a tensor that is not there",
      { CAMERA: "keep: [imag]" },
      [],
      'hosts.camera.keep[0]: expected the name of a tensor, or `input`, got "imag"',
    ],
    [
      "an operator that is not there",
      { SERVER: "only: [Reluu]" },
      [],
      'hosts.server.only[0]: expected an operator\'s name or kind, or a tensor that it makes, got "Reluu"; did you mean "Relu"?',
    ],
    [
      "the end of a range",
      { SERVER: "only: [{ from: nowhere }]" },
      [],
      "hosts.server.only[0].from: expected the name of a tensor",
    ],
    [
      "pins that leave no host",
      { CAMERA: "keep: [input], never: [Conv]" },
      [],
      "no host may run the piece from the input to block1/conv1/Conv, which cannot be cut: hosts.camera.keep[0], hosts.camera.never[0] leave none",
    ],
    [
      "memory that no host has",
      { CAMERA: "memory: 1 kB", GATEWAY: "memory: 2 kB", SERVER: "memory: 3 kB" },
      [],
      "no host can hold the input to block1/conv1/Conv: it needs 79.6 kB, the largest host, server, has 3 kB",
    ],
    [
      "memory that all do not have",
      { CAMERA: "memory: 300 kB", GATEWAY: "memory: 100 kB", SERVER: "memory: 100 kB" },
      [],
      "no placement fits: the parameters alone need",
    ],
    [
      "energy without a power",
      {},
      ["--objective", "energy"],
      "to place by energy, expected hosts.NAME.power, hosts.NAME.radio or links[].energy in the study, got none",
    ],
    [
      "an objective",
      {},
      ["--objective", "speed"],
      '--objective: expected throughput, latency, energy, price, got "speed"',
    ],
    ["an objective with a slip", {}, ["--objective", "latancy"], 'got "latancy"; did you mean "latency"?'],
    ["a codec with a slip", {}, ["--codec", "uint"], 'got "uint"; did you mean "uint8"?'],
    [
      "weights",
      {},
      ["--weights", "latency=-1"],
      '--weights: expected a cost and a weight > 0, such as energy=0.2, got "latency=-1"',
    ],
    [
      "one cost to trade off",
      {},
      ["--pareto", "latency"],
      '--pareto: expected two or three different costs, got "latency"',
    ],
    [
      "two goals",
      {},
      ["--pareto", "latency,price", "--objective", "latency"],
      "expected one of --objective, --weights and --pareto, got several",
    ],
  ])("%s", { timeout: 30_000 }, async (_, fields, args, expected) => {
    const { code, said, out } = await run(await study(fields), "--time", "0.1", ...args);
    expect(said).toContain(expected);
    expect(out).toBe("");
    expect(code).toBe(args.length > 0 && args[1] !== "energy" ? 2 : 1);
  });
});

describe("a workload that is refused, in a line", () => {
  const node = (id: number, size: number) => ({ id, size, supportedOnFpga: 1, cpuLatency: 1, fpgaLatency: 1 });
  const edge = (sourceId: number, destId: number) => ({ sourceId, destId, cost: 1 });
  const graph = (size: number, edges: object[]) => ({
    maxSizePerFPGA: 100,
    maxFPGAs: 2,
    maxCPUs: 0,
    nodes: [node(1, size), node(2, size)],
    edges,
  });
  test.each<[string, object, string]>([
    ["a cycle", graph(1, [edge(1, 2), edge(2, 1)]), 'expected a graph without cycles, got "1" -> "2" -> "1"'],
    ["two graphs", graph(1, []), "edges: expected a graph in one piece, but no path joins node 2 to node 1"],
    [
      "no room",
      graph(101, [edge(1, 2)]),
      'no host can hold node "1": expected at most 100 bytes ("accelerator"), got 101',
    ],
    ["an edge to nowhere", graph(1, [edge(1, 3)]), "edges[0].destId: expected the id of a node, got 3"],
    ["no list", { ...graph(1, []), nodes: 3 }, "nodes: expected a list, got 3"],
  ])("%s", async (_, value, expected) => {
    const file = join(folder, "graph.json");
    await writeFile(file, JSON.stringify(value));
    const { code, said, out } = await run("--graph", file);
    expect(said).toContain(`${file}: ${expected}`);
    expect([code, out]).toEqual([1, ""]);
  });
});

describe("a workload that is placed", () => {
  const node = { id: 7, size: 3, supportedOnFpga: 1, cpuLatency: 10, fpgaLatency: 1 };
  const one = { maxSizePerFPGA: 1000, maxFPGAs: 0, maxCPUs: 1, nodes: [node], edges: [] };

  it("on one host, where there is no runner-up", async () => {
    const file = join(folder, "one.json");
    await writeFile(file, JSON.stringify(one));
    const { code, out } = await run("--graph", file, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      objective: { name: "throughput", value: 10, bound: 10, gap: 0 },
      segments: [{ host: "cpu", nodes: [7], load: 10 }],
      runnerUp: null,
    });
    expect((await run("--graph", file)).out).toContain("without that stage: nothing fits");
  });

  it("from a file that begins with a byte-order mark", async () => {
    const file = join(folder, "bom.json");
    await writeFile(file, `\uFEFF${JSON.stringify(one)}`);
    expect((await run("--graph", file, "--json", "--no-explain")).code).toBe(0);
  });
});
