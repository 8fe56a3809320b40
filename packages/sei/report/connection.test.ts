/** @file The charts of the connection: every packet, loss and retransmission is on them, or there is no section. */
import { parseHTML } from "linkedom";
import { wordsOf } from "@split-et-impera/core/design";
import { expect, test } from "vitest";
import { connectionOf } from "../stages/design/connection.ts";
import { renderReport } from "./index.ts";
import { syntheticResult } from "../testing/fixture.ts";

const result = syntheticResult();
const design = result.designs.find((one) => wordsOf(one).transport === "tcp")!;
// Fourteen packets a message, so that some are lost.
const connection = connectionOf(result.study, { ...design, bytes: 20_000 })!;
const count = (svg: Element, label: string, shape: string): number[] =>
  [...svg.querySelectorAll(`[aria-label="${label}"]`)].map((mark) => mark.querySelectorAll(shape).length);

test("every packet, loss and retransmission is drawn, and counted in the caption", () => {
  const { document } = parseHTML(renderReport({ ...result, connection }));
  const { points } = connection;
  const lost = points.filter((point) => point.lost).length;
  const resent = points.filter((point) => point.resent).length;
  expect(lost).toBeGreaterThan(0);
  const [cwnd, sequence] = [...document.querySelectorAll("#connection .wide svg")];
  expect(count(cwnd!, "line", "path")).toEqual([1]);
  expect(count(sequence!, "dot", "circle")).toEqual([points.length - resent, lost, resent]);
  const caption = document.querySelector("#connection figcaption")!.textContent.replace(/\s+/g, " ");
  expect(caption).toContain(`${points.length} packets, of which ${lost} lost, ${resent} sent again`);
  // The time axes stand above each other.
  const ticks = (svg: Element): string[] =>
    [...svg.querySelectorAll('[aria-label="x-axis tick"] path')].map((tick) => tick.getAttribute("transform")!);
  expect(ticks(cwnd!).length).toBeGreaterThan(3);
  expect(ticks(cwnd!).map((place) => place.split(",")[0])).toEqual(
    ticks(sequence!).map((place) => place.split(",")[0]),
  );
});

test("there is no section where the design does not send over TCP", () => {
  const { document } = parseHTML(renderReport(result));
  expect(document.querySelector("#connection")).toBeNull();
});

test("a window that never moves is said, not drawn, and the packets about the first repeat stand apart", () => {
  const { points, ...rest } = connectionOf(result.study, { ...design, bytes: 250 })!;
  const messages = 300;
  const steady = Array.from({ length: messages }, (_, i) => ({
    ...points[0]!,
    time: i * 0.05,
    cwnd: 10,
    sequence: (i + 1) * 250,
    acknowledged: i * 250,
    ...(i === 200 && { resent: true }),
  }));
  const { document } = parseHTML(
    renderReport({ ...result, connection: { ...rest, messages, points: steady as typeof points } }),
  );
  const drawn = [...document.querySelectorAll("#connection .wide svg")];
  expect(drawn).toHaveLength(1);
  expect(count(drawn[0]!, "dot", "circle")).toEqual([11, 1]);
  const caption = document.querySelector("#connection figcaption")!.textContent.replace(/\s+/g, " ");
  expect(caption).toContain("The congestion window stays at 10 segments throughout");
  expect(caption).toContain("A close-up of 12 packets about the first that is lost or goes again.");
});
