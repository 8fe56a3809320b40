/** @file docs/errors.md is the table of codes; `vitest run packages/core/errors -u` makes it anew. */
import { expect, test } from "vitest";
import { errorCodes } from "./index.ts";

test("every code has a line in docs/errors.md, in order", async () => {
  const names = Object.keys(errorCodes);
  expect(names).toEqual(names.toSorted());
  const rows = Object.entries(errorCodes).map(
    ([code, { meaning, remedy }]) => `| \`${code}\` | ${meaning} | ${remedy} |`,
  );
  const page = [
    "# Errors",
    "",
    "What is wrong with the input is said in a line each, with its code, and the exit code is 1 (of the command line: 2).",
    "Programs that use the library get an `InputError` with the same `code`. Any other error is a bug of ours and exits with 70.",
    "",
    "| code | means | remedy |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
  await expect(page).toMatchFileSnapshot("../../../docs/errors.md");
});
