/** @file Studies that vary: every combination, each checked as if it stood alone, wrong values told where the list has them. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readStudy, readVariants } from "./index.ts";
import { parsePath } from "./vary.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vary-"));
  for (const name of ["a.onnx", "b.onnx"]) await writeFile(join(folder, name), "stands for a model");
});
afterAll(() => rm(folder, { recursive: true }));

async function file(vary: string): Promise<string> {
  const path = join(folder, "varied.yaml");
  await writeFile(
    path,
    `model: a.onnx
data: { format: conveyor }
hosts: { camera: {}, server: {} }
links: [{ between: [camera, server], rate: 100 Mbit/s }]
requirements: [latency p95 <= 50 ms]
${vary}`,
  );
  return path;
}

const problem = async (vary: string): Promise<string> =>
  readVariants(await file(vary)).then(
    () => "none",
    (error: Error) => error.message.replaceAll(`${folder}/`, ""),
  );

it("is a study for every combination, the last field's values first", async () => {
  const found = await readVariants(
    await file(`vary:
  model: [a.onnx, b.onnx]
  links[0].rate: [1 Mbit/s, 2 Mbit/s]
  requirements: [[latency p95 <= 1 s]]
  hosts.camera.memory: [1 MB]
`),
  );
  expect(found.map(({ study }) => [study.model, study.links[0]!.rate])).toEqual(
    ["a", "b"].flatMap((model) => [1e6, 2e6].map((rate) => [join(folder, `${model}.onnx`), rate])),
  );
  const [{ settings, study }] = found as [(typeof found)[number]];
  expect(study.hosts["camera"]!.memory).toBe(1e6);
  expect(study.requirements[0]!.value).toBe(1);
  expect(settings["links[0].rate"]).toBe("1 Mbit/s");
  expect(study.name).toBe(
    "varied · model a.onnx, links[0].rate 1 Mbit/s, requirements latency p95 <= 1 s, hosts.camera.memory 1 MB",
  );
});

it("tells what is wrong where it stands", async () => {
  expect(await problem("vary: { 'links[0].rate': [1 Mbit/s, 1 MBt/s] }")).toMatch(
    /^varied.yaml:6:\d+ links\[0\].rate: .*1 MBt/,
  );
  expect(await problem("vary: { 'links[1].rate': [1 Mbit/s] }")).toMatch(/expected a field of this study/);
  expect(await problem("vary: { hosts.other.speed: [1] }")).toMatch(/expected a field of this study/);
  expect(await problem("vary: { hosts.camera.sped: [1] }")).toMatch(/unknown key "sped"/);
  expect(await problem("vary: { 'links[-1]': [1] }")).toMatch(/expected the path of a field/);
  expect(await problem("vary: { seed: [] }")).toMatch(/vary.seed/);
  const many = `[${Array.from({ length: 40 }, (_, i) => i).join(", ")}]`;
  expect(await problem(`vary: { seed: ${many}, frames.count: ${many} }`)).toMatch(
    /at most 1000 combinations, got 1600/,
  );
  await expect(readStudy(await file("vary: { seed: [1] }"))).rejects.toThrow(/vary: expected one study/);
  await expect(
    readVariants(await file("vary: { model: [a.onnx] }"), { model: join(folder, "b.onnx") }),
  ).rejects.toThrow(/--model: expected none/);
});

it("reads paths, and nothing else as one", () => {
  expect(parsePath("links[0].loss.rate")).toEqual(["links", 0, "loss", "rate"]);
  expect(parsePath("explore.bottlenecks[1]")).toEqual(["explore", "bottlenecks", 1]);
  for (const text of ["", ".", "a..b", "a[", "a[x]", "[0]", "a b", "a[99999]"]) expect(parsePath(text)).toBeUndefined();
  // A name like any other, which no study has.
  expect(parsePath("__proto__.x")).toEqual(["__proto__", "x"]);
});
