import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parseResult } from "../result/index.ts";

test("the example that every studio has is a result as this version writes it", async () => {
  const file = new URL("../../studio/public/example.json", import.meta.url);
  const { designs, verdict } = parseResult("example.json", await readFile(file, "utf8"));
  expect(designs.map(({ id }) => id)).toContain(verdict.recommended);
});
