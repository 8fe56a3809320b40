/** @file Studies of three hosts, from the file to a bundle whose files were replayed: rows, inputs sent on, losses on each crossing, what must stay. */
import { simulatorOf, type Result } from "@split-et-impera/core/design";
import { readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { readDeployment } from "../deploy/index.ts";
import { parseResult } from "../result/index.ts";
import { at, design, mistake, said, useFolder } from "./testing/harness.ts";

useFolder();

const study = (camera = "", explore = ""): string => `
model: tiny.onnx
data: { format: conveyor, normalise: { mean: 0.5, std: 0.25 }, limit: { test: 24, train: 48 } }
hosts: { camera: { speed: 1/20${camera} }, gateway: { speed: 1/2 }, server: { speed: 2 } }
links:
  - { between: [camera, gateway], rate: 10 Mbit/s, delay: 2 ms, loss: 8 % }
  - { between: [gateway, server], rate: 50 Mbit/s, delay: 1 ms, loss: 4 % }
frames: { rate: 20 fps, count: 60 }
requirements: [latency median <= 500 ms]
explore: { candidates: [pool1, pool2], codecs: [float32], inputs: [raw], bottlenecks: [], losses: [0 %]${explore} }
`;

async function ran(name: string, text: string): Promise<Result> {
  await writeFile(at(`${name}.yaml`), text);
  await design(`${name}.yaml`, name);
  expect(said.stderr).not.toContain("error");
  return parseResult("result.json", await readFile(at(`${name}/result.json`), "utf8"));
}

it("tries every row of hosts, whose answers are the model's own where nothing is lost", async () => {
  const result = await ran("row", study());
  const ids = new Set(result.designs.map(({ id }) => id));
  expect(ids.size).toBe(result.designs.length);
  const two = "SC@pool1 float32 + pool2 float32 on camera, gateway, server";
  for (const name of [
    "RC raw on gateway",
    "RC raw on server via gateway",
    "SC@pool1 float32 on camera, gateway",
    "SC@pool1 float32 on camera, server via gateway",
    two,
    "RC raw + SC@pool2 float32 on gateway, server",
  ])
    for (const transport of ["tcp", "udp"]) expect(ids).toContain(`${name} ${transport}`);
  const [tcp, udp] = ["tcp", "udp"].map((kind) => result.designs.find(({ id }) => id === `${two} ${kind}`)!);
  expect(tcp!.quality).toEqual(result.whole.quality);
  expect(udp!.clean).toEqual(result.whole.quality);
  // Both crossings lose: more frames are touched than where the first alone does.
  const near = result.designs.find(({ id }) => id === "SC@pool1 float32 on camera, gateway udp")!;
  expect(udp!.holes!.share).toBeGreaterThanOrEqual(near.holes!.share);
  const { simulate } = simulatorOf(result.basis!, result.study);
  for (const one of result.designs) expect([one.id, simulate(one).latency]).toEqual([one.id, one.latency]);
});

it("keeps what must stay, and its bundle has a file for each host", async () => {
  const asked = study(", keep: [input]", ", scenarios: [RC, SC], transports: [tcp]");
  const result = await ran("kept", asked.replaceAll(/, loss: . %/g, ""));
  expect(new Set(result.designs.map(({ segments }) => segments[0]!.host))).toEqual(new Set(["camera"]));
  const { segments, crossings } = await readDeployment(at("kept/bundle"));
  const chosen = result.designs.find(({ id }) => id === result.verdict.recommended)!;
  expect(segments.map(({ host }) => host)).toEqual(chosen.segments.map(({ host }) => host));
  expect(crossings).toHaveLength(chosen.crossings.length);
});

it("says so where nothing keeps to it, and what it does not know", async () => {
  await writeFile(at("none.yaml"), study(", keep: [input]", ", scenarios: [RC]"));
  expect(await mistake("design", at("none.yaml"))).toContain(
    "hosts.camera.keep: no design that the study tries keeps to it",
  );
  await writeFile(at("pin.yaml"), study(", keep: [imag]"));
  expect(await mistake("design", at("pin.yaml"))).toContain(
    "hosts.camera.keep[0]: expected the name of a tensor, or `input`",
  );
});
