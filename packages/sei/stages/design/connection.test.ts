import { wordsOf } from "@split-et-impera/core/design";
import { expect, test } from "vitest";
import { syntheticResult } from "../../testing/fixture.ts";
import { connectionOf } from "./connection.ts";

const { study, designs } = syntheticResult();
const over = (transport: "tcp" | "udp") => designs.find((design) => wordsOf(design).transport === transport)!;

test("a design over TCP has a history of its messages, a frame apart", () => {
  const design = { ...over("tcp"), bytes: 20_000 };
  const history = connectionOf(study, design)!;
  expect(history.design).toBe(design.id);
  expect(history.messages).toBe(30);
  expect(history.points.at(-1)!.sequence).toBe(30 * history.bytes);
  const second = history.points.find(({ sequence }) => sequence > history.bytes)!;
  expect(second.time * study.frames.rate).toBeGreaterThan(0.98);
  // The first message needs another round trip: its window is small.
  expect(second.time * study.frames.rate).toBeLessThan(1.25);
  expect(connectionOf(study, design)).toEqual(history);
});

test("messages of one packet are more, so that some losses show", () => {
  const history = connectionOf(study, { ...over("tcp"), bytes: 500 })!;
  expect(history.messages).toBe(300);
  expect(history.points.some(({ lost }) => lost)).toBe(true);
});

test("large messages are fewer, so that the points stay bounded", () => {
  const history = connectionOf(study, { ...over("tcp"), bytes: 1_000_000 })!;
  expect(history.messages).toBe(2);
  expect(history.points.length).toBeLessThanOrEqual(2000);
});

test("nothing over UDP, nothing where nothing is sent", () => {
  expect(connectionOf(study, over("udp"))).toBeUndefined();
  expect(connectionOf(study, { ...over("tcp"), bytes: 0 })).toBeUndefined();
  expect(connectionOf(study, undefined)).toBeUndefined();
});
