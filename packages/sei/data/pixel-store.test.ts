import { expect, test } from "vitest";
import { pixelStore } from "./pixel-store.ts";

const picture = (i: number): Uint8Array => Uint8Array.from({ length: 6 }, (_, k) => 10 * i + k);

test.each([
  ["in memory", 1000],
  ["in a file", 10],
])("pictures come back as they were put, in any order, %s", (_where, most) => {
  const store = pixelStore(4, 6, most);
  for (const i of [2, 0, 3, 1]) store.put(i, picture(i));
  for (const i of [0, 3, 1, 2, 0]) expect(store.get(i)).toEqual(picture(i));
});
