import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { main } from "../main.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-place-command-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs the command line: exit code, and what went to stdout and stderr. */
async function sei(...argv: string[]): Promise<{ code: number; out: string; error: string }> {
  const texts = { out: "", error: "" };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((texts.out += String(text)), true)),
    vi.spyOn(process.stderr, "write").mockImplementation(() => true),
    vi.spyOn(console, "error").mockImplementation((text: unknown) => void (texts.error += String(text))),
  ];
  try {
    return { code: await main(argv), ...texts };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const node = (id: number, time: number): object => ({
  id,
  name: `layer${id}`,
  supportedOnFpga: 1,
  cpuLatency: 10 * time,
  fpgaLatency: time,
  isBackwardNode: 0,
  size: 1,
});
const workload = {
  maxSizePerFPGA: 3,
  maxFPGAs: 2,
  maxCPUs: 0,
  nodes: [node(10, 4), node(11, 3), node(12, 3), node(13, 4)],
  edges: [
    { sourceId: 10, destId: 11, cost: 1 },
    { sourceId: 11, destId: 12, cost: 0 },
    { sourceId: 12, destId: 13, cost: 1 },
  ],
};

async function file(content: string): Promise<string> {
  const path = join(folder, "graph.json");
  await writeFile(path, content);
  return path;
}

test("prints the optimum with its proof as JSON", async () => {
  const { code, out } = await sei("place", "--graph", await file(JSON.stringify(workload)), "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    objective: { name: "throughput", value: 7, bound: 7, gap: 0 },
    segments: [
      { host: "accelerator", nodes: [10, 11], load: 7, compute: 7, input: 0, output: 0, memory: 2 },
      { host: "accelerator", nodes: [12, 13], load: 7 },
    ],
    binding: { part: "compute", load: 7 },
    runnerUp: { value: 11, price: 4 },
  });
});

test("tells the same in words, and the latency", async () => {
  const path = await file(JSON.stringify(workload));
  const words = await sei("place", "--graph", path, "--no-explain");
  expect(words.out).toContain("largest load 7: optimal");
  expect(words.out).not.toContain("binds");
  const latency = await sei("place", "--graph", path, "--objective", "latency");
  expect(latency.out).toContain("sum of loads 14: optimal");
  expect(latency.out).toContain("binds: stage");
});

test("mistakes take one line", async () => {
  const run = async (content: string, ...more: string[]): Promise<string> => {
    const { code, error } = await sei("place", "--graph", await file(content), ...more);
    expect(code).toBeGreaterThan(0);
    expect(error.split("\n")).toHaveLength(1);
    return error;
  };
  expect(await run("{")).toContain("graph.json: expected JSON");
  expect(await run("{}")).toContain("nodes: expected a list, got nothing");
  expect(await run(JSON.stringify(workload), "--objective", "energy")).toContain("expected throughput or latency");
  expect(await run(JSON.stringify(workload), "--time", "soon")).toContain("--time: expected a number");
  expect(await run(JSON.stringify({ ...workload, maxSizePerFPGA: 1 }))).toContain("2 bytes short");
  const cyclic = { ...workload, edges: [...workload.edges, { sourceId: 13, destId: 10, cost: 0 }] };
  expect(await run(JSON.stringify(cyclic))).toContain('"layer10" -> "layer11"');
  const { error } = await sei("place", "--graph", join(folder, "none.json"));
  expect(error).toContain("there is no such file");
  expect((await sei("place")).error).toContain("expected --graph");
});
