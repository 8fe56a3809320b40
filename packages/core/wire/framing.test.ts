/** @file Headers are read as they were written; anything else is none. */
import { expect, test } from "vitest";
import { FRAMING, readHeader, writeHeader, type MessageHeader } from "./framing.ts";

const view = (bytes = FRAMING): DataView => new DataView(new ArrayBuffer(bytes));
const header: MessageHeader = {
  kind: "answer",
  plan: 7,
  index: 65_535,
  frame: 2 ** 32 - 1,
  bytes: 123_456,
  budgetMicros: 33_333,
};

test("a header is read as it was written, at any offset", () => {
  const into = view(FRAMING + 5);
  writeHeader(into, 5, header);
  expect(readHeader(into, 5)).toEqual(header);
});

test("plans go round, budgets stay within what fits", () => {
  const into = view();
  for (const [budget, written] of [
    [-5, 0],
    [1.5, 2],
    [1e12, 2 ** 32 - 1],
  ] as const) {
    writeHeader(into, 0, { ...header, plan: 263, budgetMicros: budget });
    expect(readHeader(into, 0)).toEqual({ ...header, plan: 7, budgetMicros: written });
  }
});

test("too few bytes, or a kind that is none, is no header", () => {
  const into = view();
  writeHeader(into, 0, header);
  expect(readHeader(view(FRAMING - 1), 0)).toBeUndefined();
  expect(readHeader(into, 1)).toBeUndefined();
  for (const kind of [0, 5, 255]) {
    into.setUint8(0, kind);
    expect(readHeader(into, 0)).toBeUndefined();
  }
});
