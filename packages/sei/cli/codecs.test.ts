/** @file Codecs in a study: what they send is what the simulation counts, the bundle holds and two hosts exchange. */
import { expect, test } from "vitest";
import { messageBytes, openCodec, orders, type CodecParameters } from "@split-et-impera/core/wire";
import { join } from "node:path";
import { readDeployment } from "../deploy/index.ts";
import type { FrameLine } from "../run/index.ts";
import { at, design, said, sei, useFolder, variant } from "./testing/harness.ts";
import { startSei } from "./testing/process.ts";

useFolder();

const bottlenecks = "bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]";

test("a search adds the codec with the fewest bytes to a cut's designs, deploys it, and is kept", async () => {
  await variant(
    "search.yaml",
    ["codecs: [float32, uint8]", "codecs: [uint8, search]\n  scenarios: [SC]\n  transports: [tcp]"],
    [bottlenecks, "bottlenecks: []"],
    ["latency median <= 2 s]", "latency median <= 2 s]\nobjective: [bytes, latency]"],
  );
  const { designs, verdict, study, searches } = await design("search.yaml", "search");
  expect(study.explore).toMatchObject({ codecs: ["uint8"], search: true });
  const atCut = designs.filter(({ segments }) => segments[0]!.to.join() === "pool1");
  expect(atCut).toHaveLength(2);
  const usual = atCut.find(({ id }) => id === "SC@pool1 uint8 tcp");
  const found = atCut.find((one) => one !== usual);
  expect(found!.bytes).toBeLessThan(usual!.bytes);
  const { kind, step } = found!.crossings[0]!.codec;
  expect(found!.id).toBe(`SC@pool1 ${kind}${step === undefined ? "" : ` x${step}`} tcp`);
  const { least, tried } = searches!.find(({ cut }) => cut === "pool1")!;
  expect(least).toEqual({ codec: kind, step: step ?? 1 });
  const usualAt = tried.codec.findIndex((codec, i) => codec === "uint8" && tried.step[i] === 1);
  expect(tried.bytes[usualAt]).toBe(usual!.bytes);
  expect(tried.lo![usualAt]).toBeLessThanOrEqual(tried.drop[usualAt]!);
  expect(tried.hi![usualAt]).toBeGreaterThanOrEqual(tried.drop[usualAt]!);
  // The one of another cut may take fewer bytes still.
  const recommended = designs.find(({ id }) => id === verdict.recommended)!;
  expect(recommended.bytes).toBeLessThanOrEqual(found!.bytes);
  const { proof, design: deployed } = await readDeployment(join(at("search"), "bundle"));
  expect(proof.replay).toEqual({ images: 40, same: 40 });
  expect(deployed.crossings[0]!.codec).toEqual(recommended.crossings[0]!.codec);
  const again = await design("search.yaml", "search");
  expect(again.stages.find(({ name }) => name === "split at pool1")).toMatchObject({ cached: true });
});

test("a search alone stands beside the usual codecs", async () => {
  await variant("alone.yaml", ["codecs: [float32, uint8]", "codecs: [search]"]);
  expect(await sei("check", at("alone.yaml")), said.stderr).toBe(0);
  expect(said.stdout).toContain("codecs float32, uint8, search");
});

test("entropy-coded tensors take fewer bytes than packed ones, are replayed from the bundle and cross between hosts", async () => {
  await variant(
    "rans.yaml",
    ["codecs: [float32, uint8]", "codecs: [uint4, rans4]\n  scenarios: [SC]\n  transports: [udp]"],
    [bottlenecks, "bottlenecks: []"],
    ["latency median <= 2 s]", "latency median <= 2 s]\nobjective: [bytes, latency]"],
  );
  const { designs, verdict } = await design("rans.yaml", "rans");
  const bytesOf = (codec: string): number => designs.find(({ id }) => id === `SC@pool1 ${codec} udp`)!.bytes;
  expect(bytesOf("rans4")).toBeLessThan(bytesOf("uint4"));
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

test("orders and concealments are tried over datagrams, judged on the tail, and stand in the bundle", async () => {
  await variant(
    "order.yaml",
    [
      "codecs: [float32, uint8]",
      "codecs: [float32]\n  scenarios: [SC]\n  transports: [udp]\n  concealments: [zero, neighbours]",
    ],
    [bottlenecks, "bottlenecks: []"],
    ["losses: [0 %, 5 %]", "losses: [30 %]"],
    ["loss: 2 %", "loss: 20 %"],
    ["latency median <= 2 s]", "latency median <= 2 s]\nobjective: [latency]"],
  );
  const { designs, verdict } = await design("order.yaml", "order");
  const ids = ["SC@pool1 float32 udp zero", "SC@pool1 float32 udp"];
  // The optimum over all cuts may have added another.
  const atPool1 = designs.map(({ id }) => id).filter((id) => id.includes("pool1"));
  expect(atPool1.toSorted()).toEqual(ids.toSorted());
  const [zero, neighbours] = ids.map((id) => designs.find((one) => one.id === id)!);
  // The same datagrams are lost of both, and the tail answers what is made of the rest.
  expect(zero!.clean).toEqual(neighbours!.clean);
  expect(zero!.latency).toEqual(neighbours!.latency);
  expect(zero!.quality["accuracy"]!.n).toBe(neighbours!.quality["accuracy"]!.n);
  const { crossings, design: deployed } = await readDeployment(join(at("order"), "bundle"));
  const { codec, concealment, shape } = crossings[0]!.carries[0]!;
  expect(deployed.crossings[0]!.codec).toEqual({ kind: "float32", order: "interleaved" });
  expect(verdict.recommended).toBe(ids[concealment!.kind === "zero" ? 0 : 1]);
  // Both ways' delay, and at least what decoding and tail take in the mean.
  const { parts } = designs.find(({ id }) => id === verdict.recommended)!;
  const { transport } = crossings[0]!;
  if (transport.kind !== "udp") throw new Error(transport.kind);
  expect(transport.reserveNs).toBeGreaterThan(10e6 + 1e9 * (parts.decode + parts.tail));
  if (codec.kind !== "float32") throw new Error(codec.kind);
  expect(codec.stride).toBe(orders.interleaved.stride(shape, 1));
});
