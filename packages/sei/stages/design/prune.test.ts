/** @file Pruning: only what surely misses at every rate, and nothing where nothing else would be left. */
import { exactly } from "@split-et-impera/core/cost";
import { remoteDesign } from "@split-et-impera/core/design";
import { parseRequirement, type Requirement } from "@split-et-impera/core/study";
import { expect, it } from "vitest";
import { syntheticResult } from "../../testing/fixture.ts";
import type { Candidate, Grounds } from "./evaluate.ts";
import type { Prepared } from "./prepared.ts";
import { pruned } from "./prune.ts";

const { study: given } = syntheticResult();
const count = 50;
const server = Object.keys(given.hosts).find((name) => name !== given.frames.host)!;

function groundsAsking(milliseconds: number, ...requirements: string[]): Grounds {
  const asked = requirements.map((text) => parseRequirement(text) as Requirement);
  const study = { ...given, frames: { ...given.frames, count }, requirements: asked };
  return {
    subject: { study, test: { count: 10 } },
    answers: new Uint32Array(10).fill(8),
    costs: { of: () => exactly(milliseconds / 1e3) },
    frames: () => new Float64Array(count).fill(milliseconds * 1e6),
  } as unknown as Grounds;
}

const candidate = (kind: "tcp" | "udp", bytes: number, memory: number, format: "raw" | "png" = "raw"): Candidate => ({
  prepared: {
    design: remoteDesign(given, { inputs: ["x"], outputs: ["y"] }, { format }),
    bytes: [new Uint32Array(10).fill(bytes)],
    memory: { [server]: memory },
  } as unknown as Prepared,
  transport: { kind },
});

const missed = (grounds: Grounds, ...candidates: Candidate[]) =>
  pruned(grounds, candidates).pruned.map(({ design, misses }) => `${design}: ${misses.join()}`);

it("leaves out what needs more memory or bytes than is allowed, whatever carries it", () => {
  const memory = `memory on ${server} <= 1 MB`;
  const grounds = groundsAsking(1, memory, "bytes <= 2 kB");
  const small = candidate("tcp", 1000, 1000);
  expect(missed(grounds, small, candidate("udp", 1000, 2e6), candidate("tcp", 5000, 1000))).toEqual([
    `RC raw udp: ${memory}`,
    "RC raw tcp: bytes <= 2 kB",
  ]);
});

it("leaves out what is too slow however fast the link is, where work is too slow whatever carries it", () => {
  const asked = "latency p95 <= 50 ms";
  const slow = groundsAsking(10, asked, "bytes <= 1 MB");
  expect(missed(slow, candidate("tcp", 1000, 1), candidate("udp", 1000, 1))).toEqual([]);
  const slowCoding = {
    ...slow,
    frames: (_: string, work: string) => new Float64Array(count).fill(work === "whole" ? 1e7 : 8e7),
  };
  const pictures = (["tcp", "udp"] as const).map((kind) => candidate(kind, 1000, 1, "png"));
  expect(missed(slowCoding, candidate("tcp", 1000, 1), ...pictures)).toEqual([
    `RC png tcp: ${asked}`,
    `RC png udp: ${asked}`,
  ]);
});

it("leaves out what is too large over TCP; over datagrams answers may come of what is there near the deadline", () => {
  const asked = "latency p95 <= 50 ms";
  const large = (["tcp", "udp"] as const).map((kind) => candidate(kind, 1e9, 1));
  expect(missed(groundsAsking(10, asked), ...large)).toEqual([`RC raw tcp: ${asked}`]);
});

it("leaves out nothing where nothing else might fit, so that the nearest can be told", () => {
  const grounds = groundsAsking(1, "bytes <= 10 bytes");
  expect(missed(grounds, candidate("tcp", 1000, 1), candidate("udp", 1000, 1))).toEqual([]);
});
