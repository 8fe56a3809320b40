/** @file What is kept of an evaluation: answers that loss changed, and nothing of those that it left alone. */
import { exactly } from "@split-et-impera/core/cost";
import { remoteDesign, type TransportSpec } from "@split-et-impera/core/design";
import { openTask } from "@split-et-impera/core/task";
import { expect, it } from "vitest";
import { decodeValue, noStore, type Key } from "../../store/index.ts";
import { syntheticResult } from "../../testing/fixture.ts";
import { contextOf } from "../default-context.ts";
import { evaluate, type Evaluated, type Grounds } from "./evaluate.ts";
import type { Prepared } from "./prepared.ts";

const [images, count] = [30, 200];
const task = openTask({ kind: "classification", classes: ["a", "b"] });
const { study: given } = syntheticResult();
const study = { ...given, frames: { ...given.frames, count } };
const other = Object.keys(study.hosts).find((name) => name !== study.frames.host)!;
const clean = Array.from({ length: images }, (_, i) => ({ label: 0, said: Number(i % 5 === 0) }));
const prepared: Prepared = {
  design: remoteDesign(study, { inputs: ["x"], outputs: ["y"] }, { format: "raw" }),
  name: "RC raw",
  key: "raw",
  bytes: [new Uint32Array(images).fill(9000)],
  clean,
  exact: true,
  memory: {},
  works: [],
  receive: (frames) => Promise.resolve(frames.map(() => ({ label: 0, said: 1 }))),
  deploy: () => ({ models: [] }),
};
const grounds = {
  subject: {
    study,
    test: { count: images },
    hosts: { capturing: study.frames.host, others: [other] },
    exam: { task, truth: () => 0 },
  },
  answers: new Uint32Array(images).fill(8),
  costs: { of: () => exactly(1e-3) },
  frames: () => new Float64Array(count).fill(1e6),
} as unknown as Grounds;

/** The design at a loss, and what the store was given, by stage. */
async function evaluated(
  sent: "tcp" | TransportSpec,
  loss: number,
): Promise<{ one: Evaluated; kept: Map<string, object> }> {
  const kept = new Map<string, object>();
  const transport = sent === "tcp" ? { kind: sent } : sent;
  const put = async ({ stage }: Key, bytes: Uint8Array): Promise<void> =>
    void kept.set(stage, decodeValue(bytes)!.value as object);
  const context = contextOf({ store: { ...noStore, put } });
  for await (const { value } of evaluate(grounds, [{ prepared, transport }], { study, loss, baseline: clean }, context))
    return { one: value, kept };
  throw new Error("nothing was evaluated");
}

it("over TCP no answer is kept: they are those without loss", async () => {
  const { one, kept } = await evaluated("tcp", 0.05);
  expect(one.delivered).toEqual({ evidence: clean });
  expect([one.result.quality, one.result.drop]).toEqual([one.result.clean, one.cleanDrop]);
  expect(Object.keys(kept.get("evaluation")!).sort()).toEqual(["cleanDrop", "metrics"]);
});

it("over UDP the answers to frames that something is missing of are", async () => {
  const { one, kept } = await evaluated({ kind: "udp" }, 0.05);
  const { damage } = kept.get("evaluation") as { damage: Map<number, unknown> };
  expect(damage.size).toBeGreaterThan(10);
  expect(damage.size).toBeLessThan(count);
  const { evidence, samples } = one.delivered;
  expect(evidence).toHaveLength(count);
  for (let frame = 0; frame < count; frame++) {
    const lost = damage.get(frame) === null ? { label: 0 } : { label: 0, said: 1 };
    expect(samples![frame]).toBe(frame % images);
    expect(evidence[frame]).toEqual(damage.has(frame) ? lost : clean[frame % images]);
  }
  expect(one.result.quality["accuracy"]!.value).toBeLessThan(one.result.clean["accuracy"]!.value);
});

it("with parity fewer frames have holes, and its bytes are counted", async () => {
  const plain = await evaluated({ kind: "udp" }, 0.05);
  const safe = await evaluated({ kind: "udp", protection: { kind: "reed-solomon", parity: 0, least: 2 } }, 0.05);
  const damaged = ({ kept }: typeof plain): number =>
    (kept.get("evaluation") as { damage: Map<number, unknown> }).damage.size;
  // Of seven datagrams one at least is lost in 30 % of the frames, of nine three at least in 0.8 %.
  expect(damaged(plain)).toBeGreaterThan(40);
  expect(damaged(safe)).toBeLessThan(25);
  expect(plain.one.result.bytes).toBe(9000);
  expect(safe.one.result.bytes).toBe(9000 + 2 * 1428);
  expect([plain.one.result.id, safe.one.result.id]).toEqual(["RC raw udp", "RC raw udp reed-solomon 0 least 2"]);
});
