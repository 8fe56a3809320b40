/** @file Codecs in a study: what they send is what the simulation counts, the bundle holds and two hosts exchange. */
import { expect, test } from "vitest";
import { messageBytes, openCodec, type CodecParameters } from "@split-et-impera/core/wire";
import { join } from "node:path";
import { readDeployment } from "../deploy/index.ts";
import type { FrameLine } from "../run/index.ts";
import { at, design, said, sei, useFolder, variant } from "./testing/harness.ts";
import { startSei } from "./testing/process.ts";

useFolder();

const bottlenecks = "bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]";

test("entropy-coded tensors take fewer bytes than packed ones, are replayed from the bundle and cross between hosts", async () => {
  await variant(
    "rans.yaml",
    ["codecs: [float32, uint8]", "codecs: [uint4, rans4]\n  scenarios: [SC]\n  transports: [udp]"],
    [bottlenecks, "bottlenecks: []"],
    ["latency median <= 2 s]", "latency median <= 2 s]\nobjective: [bytes, latency]"],
  );
  const { designs, verdict } = await design("rans.yaml", "rans");
  const bytesOf = (codec: string): number => designs.find(({ id }) => id === `SC@pool1 ${codec} udp`)!.bytes;
  const accuracyOf = (codec: string): unknown =>
    designs.find(({ id }) => id === `SC@pool1 ${codec} udp`)!.clean["accuracy"]!.value;
  expect(bytesOf("rans4")).toBeLessThan(bytesOf("uint4"));
  expect(accuracyOf("rans4")).toBe(accuracyOf("uint4"));
  expect(verdict.recommended).toBe("SC@pool1 rans4 udp");
  const bundle = join(at("rans"), "bundle");
  const { crossings, proof } = await readDeployment(bundle);
  expect(proof.replay).toEqual({ images: 40, same: 40 });
  const [crossing] = crossings;
  const parts = crossing!.carries.map(({ codec, shape }) => ({
    codec: openCodec(codec as CodecParameters),
    dims: shape,
  }));
  expect(crossing!.mostBytes).toBe(messageBytes(parts));
  expect(bytesOf("rans4")).toBeLessThan(crossing!.mostBytes);
  const server = startSei(["serve", bundle, "--insecure", "--listen", "127.0.0.1:0", "--json"]);
  try {
    const { address } = JSON.parse(await server.firstLine()) as { address: string };
    const words = [
      "--input",
      at("rans.yaml"),
      "--connect",
      `server=${address}`,
      "--insecure",
      "--count",
      "20",
      "--rate",
      "20",
    ];
    expect(await sei("run", bundle, ...words, "--json"), said.stderr).toBe(0);
    const lines = said.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as FrameLine);
    expect(lines.filter(({ answer }) => answer !== null).length).toBeGreaterThan(15);
    // Each frame has a length of its own.
    expect(new Set(lines.map(({ bytes }) => bytes)).size).toBeGreaterThan(3);
  } finally {
    server.kill("SIGTERM");
    await server.ended;
  }
});
