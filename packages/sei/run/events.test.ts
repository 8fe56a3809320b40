/** @file What is told of lines: refusals once in a while, addresses once. */
import { expect, test } from "vitest";
import { eventText, tellingSeldom, type ToldEvent } from "./events.ts";
import { Seldom } from "./seldom.ts";

test("the same thing is told once in a while, with how often it came untold", () => {
  let now = 0;
  const seldom = new Seldom(1000, () => now);
  expect(["a", "a", "b", "a"].map((what) => seldom.due(what))).toEqual([0, undefined, 0, undefined]);
  now = 1000;
  expect(["a", "a"].map((what) => seldom.due(what))).toEqual([2, undefined]);
});

test("what strangers say fills no memory", () => {
  const seldom = new Seldom(1000, () => 0);
  for (let i = 0; i < 1000; i++) expect(seldom.due(String(i))).toBe(0);
  expect([seldom.due("999"), seldom.due("0")]).toEqual([undefined, 0]);
});

test("of refusals the first of each reason is told, from wherever they come; other events always", () => {
  const told: ToldEvent[] = [];
  const tell = tellingSeldom((event) => told.push(event));
  for (const port of [1, 2, 3])
    for (const reason of ["its token is another one", "speaks no TLS"])
      tell({
        event: "refused",
        code: "ERR_TRUST_TOKEN",
        from: `10.0.0.9:${port}`,
        reason: `10.0.0.9:${port}: ${reason}`,
      });
  tell({ event: "connected", peer: "camera" });
  tell({ event: "connected", peer: "camera" });
  expect(told.map(eventText)).toEqual([
    "refused 10.0.0.9:1: its token is another one",
    "refused 10.0.0.9:1: speaks no TLS",
    "connected camera",
    "connected camera",
  ]);
});

test.each([
  [
    { event: "disconnected", code: "ERR_CONNECT", peer: "camera", reason: "the connection ended" },
    "disconnected camera: the connection ended",
  ],
  [
    { event: "unreachable", code: "ERR_CONNECT", peer: "server", reason: "server at 1.2.3.4:5: no answer" },
    "unreachable server at 1.2.3.4:5: no answer",
  ],
  [
    { event: "refused", code: "ERR_TRUST_KIND", from: "1.2.3.4:5", reason: "1.2.3.4:5: speaks no TLS", more: 7 },
    "refused 1.2.3.4:5: speaks no TLS (and 7 more times since)",
  ],
] as [ToldEvent, string][])("%j in words", (event, text) => {
  expect(eventText(event)).toBe(text);
});
