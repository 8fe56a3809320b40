/** @file What crosses of several tensors, and what is made of it when a part never comes. */
import type { Carried, DeployedCrossing } from "@split-et-impera/core/deploy";
import { float32, type Tensors } from "@split-et-impera/core/tensor";
import { expect, test } from "vitest";
import { codingOf } from "./coding.ts";

const carried = (tensor: string, size: number, more: Partial<Carried> = {}): Carried => ({
  tensor,
  type: "float32",
  shape: [1, size],
  bytes: 4 * size,
  codec: { kind: "float32" },
  ...more,
});

const crossing = (carries: Carried[]): DeployedCrossing => ({
  after: 0,
  from: "camera",
  to: "server",
  links: ["wifi"],
  transport: { kind: "udp", payloadBytes: 8, timeoutNs: 1 },
  carries,
  mostBytes: 16,
  protection: { kind: "none" },
});

const tensors: Tensors = {
  image: float32([1, 1], [9]),
  deep: float32([1, 2], [1, 2]),
  skip: float32([1, 4], [3, 4, 5, 6]),
};
const hidden = (by: number): Carried["concealment"] => ({ kind: "mean", values: [by], axis: 1 });

test("several tensors go one after another, each through its codec; what is lost of one is concealed in that one", () => {
  const { encode, decode } = codingOf(
    crossing([
      carried("deep", 2, { concealment: hidden(0.5) }),
      carried("skip", 4, { codec: { kind: "float16" }, concealment: hidden(-1) }),
    ]),
    undefined,
  );
  const bytes = encode({ tensors }) as Uint8Array<ArrayBuffer>;
  expect(bytes).toHaveLength(16);
  const { deep, skip } = tensors;
  expect(decode({ bytes, missing: [] })).toEqual({ tensors: { deep, skip } });
  // From the second value of the first to the first two of the second.
  expect(decode({ bytes, missing: [[6, 11]] })).toEqual({
    tensors: { deep: float32([1, 2], [1, 0.5]), skip: float32([1, 4], [-1, -1, 5, 6]) },
  });
});

test("a message of another length than its parts add up to says nothing", () => {
  const { encode, decode } = codingOf(crossing([carried("deep", 2), carried("skip", 4)]), undefined);
  const bytes = encode({ tensors }) as Uint8Array<ArrayBuffer>;
  const longer = new Uint8Array(bytes.length + 1);
  for (const other of [bytes.subarray(1), bytes.subarray(0, 0), longer])
    expect(decode({ bytes: other, missing: [] })).toBeUndefined();
});

test("a message with a hole in a tensor that nothing stands in for says nothing", () => {
  const { encode, decode } = codingOf(
    crossing([carried("deep", 2), carried("skip", 4, { concealment: hidden(0.5) })]),
    undefined,
  );
  const bytes = encode({ tensors }) as Uint8Array<ArrayBuffer>;
  expect(decode({ bytes, missing: [[0, 1]] })).toBeUndefined();
  expect(decode({ bytes, missing: [[23, 24]] })).toEqual({
    tensors: { deep: tensors["deep"], skip: float32([1, 4], [3, 4, 5, 0.5]) },
  });
});
