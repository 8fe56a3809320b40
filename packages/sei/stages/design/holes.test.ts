/** @file Each image's tensors go as one message: what is lost of it is lost of that image, in the tensor that it was in. */
import { float32 } from "@split-et-impera/core/tensor";
import { openCodec } from "@split-et-impera/core/wire";
import { expect, test } from "vitest";
import { withHoles } from "./holes.ts";

test("three images of two tensors, datagrams of two float32 values", () => {
  const codec = openCodec({ kind: "float32" });
  const first = float32([3, 3], [1, 2, 3, 11, 12, 13, 21, 22, 23]);
  const second = float32([3, 2, 1], [4, 5, 14, 15, 24, 25]);
  const parts = [
    { codec, seen: { mean: [0.5], axis: 3 }, concealment: "mean" as const },
    { codec, seen: { mean: [-1, -2], axis: 1 }, concealment: "mean" as const },
  ];
  // Datagram 1 holds the last value of the first tensor and the first of the second, datagram 2 the last of the second.
  const missing = [
    [[8, 16]],
    [],
    [
      [0, 8],
      [16, 20],
    ],
  ] as const;
  expect(withHoles([first, second], missing, parts)).toEqual([
    float32([3, 3], [1, 2, 0.5, 11, 12, 13, 0.5, 0.5, 23]),
    float32([3, 2, 1], [-1, 5, 14, 15, 24, -2]),
  ]);
});
