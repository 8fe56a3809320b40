import { expect, test } from "vitest";
import { asFloat32, float32, fromFloat32, int64, tensor, toFloat16, wholeRanges, type TensorType } from "./index.ts";

test("whole numbers come back as they were", () => {
  const ids = int64([3], [-7, 0, 30521]);
  expect(fromFloat32(asFloat32(ids), "int64")).toEqual(ids);
  const mask = tensor("bool", [2], Uint8Array.of(1, 0));
  expect(fromFloat32(asFloat32(mask), "bool")).toEqual(mask);
  const half = tensor("float16", [2], toFloat16(Float32Array.of(0.5, -3)));
  expect([...asFloat32(half).data]).toEqual([0.5, -3]);
  expect(fromFloat32(asFloat32(half), "float16")).toEqual(half);
});

test("what lies between is the nearest, within what the type holds", () => {
  const given = float32([4], [0.4, 0.6, -1e9, 1e9]);
  for (const [type, range] of Object.entries(wholeRanges)) {
    const numbers = Array.from(fromFloat32(given, type as TensorType).data as ArrayLike<number | bigint>, Number);
    const within = (x: number): number => Math.min(range[1], Math.max(range[0], x));
    expect(numbers, type).toEqual([0, 1, within(-1e9), within(1e9)]);
  }
});

test("float32 is handed on without a copy", () => {
  const given = float32([1], [0.5]);
  expect(asFloat32(given).data).toBe(given.data);
  expect(fromFloat32(given, "float32").data).toBe(given.data);
});
