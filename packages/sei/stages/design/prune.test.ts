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

const candidate = (kind: "tcp" | "udp", bytes: number, memory: number): Candidate => ({
  prepared: {
    design: remoteDesign(given, { inputs: ["x"], outputs: ["y"] }, { format: "raw" }),
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

it("leaves out what is too slow however fast the link is; over datagrams answers may come of what is there", () => {
  const slow = groundsAsking(10, "latency p95 <= 50 ms", "bytes <= 1 MB");
  expect(missed(slow, candidate("tcp", 1000, 1), candidate("udp", 1000, 1))).toEqual([]);
  const tooSlow = groundsAsking(80, "latency p95 <= 50 ms");
  expect(missed(tooSlow, candidate("tcp", 1000, 1), candidate("udp", 1000, 1))).toEqual([
    "RC raw tcp: latency p95 <= 50 ms",
  ]);
});

it("leaves out nothing where nothing else might fit, so that the nearest can be told", () => {
  const grounds = groundsAsking(1, "bytes <= 10 bytes");
  expect(missed(grounds, candidate("tcp", 1000, 1), candidate("udp", 1000, 1))).toEqual([]);
});
