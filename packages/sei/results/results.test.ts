/** @file A sweep as it is called, and its table: what other programs read is what the results hold. */
import type { Result } from "@split-et-impera/core/design";
import { parquetReadObjects } from "hyparquet";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { at, json, mistake, result, said, sei, useFolder } from "../cli/testing/harness.ts";
import type { Row } from "./index.ts";

useFolder();

it("a study that varies ends with one table of all its designs", async () => {
  const text = (await readFile(at("study.yaml"), "utf8")).replace(/bottlenecks: .*/, "bottlenecks: []");
  await writeFile(at("swept.yaml"), `${text}vary: { "links[0].rate": [1 Mbit/s, 10 Mbit/s] }\n`);
  await sei("design", at("swept.yaml"), "--out", at("swept"));
  expect(said.stdout).toMatch(/links\[0\]\.rate +design +fits/);
  const names = JSON.parse(await readFile(at("swept/sweep.json"), "utf8")) as { variants: { folder: string }[] };
  expect(names.variants.map(({ folder }) => folder)).toEqual(["v1", "v2"]);
  const slow: Result = await result("swept/v1");
  expect(slow.study.links[0]!.rate).toBe(1e6);

  const rows = await json<Row[]>("results", at("swept"));
  const losses = [0.02, ...slow.sweep.map(({ loss }) => loss).filter((loss) => loss !== 0.02)];
  expect(new Set(rows.map(({ loss_share }) => loss_share))).toEqual(new Set(losses));
  const own = rows.filter(
    (one) => one.file.includes("v1") && one.loss_share === 0.02 && one.metric === "latency_p95_s",
  );
  expect(own.map(({ design, value }) => [design, value])).toEqual(
    slow.designs.map(({ id, latency }) => [id, latency.p95.value ?? null]),
  );

  const parquet = await readFile(at("swept/results.parquet"));
  const read = await parquetReadObjects({
    file: parquet.buffer.slice(parquet.byteOffset, parquet.byteOffset + parquet.length),
  });
  expect(read).toHaveLength(rows.length);
  expect(read[0]).toMatchObject({ "links[0].rate": "1 Mbit/s", design: rows[0]!.design, value: rows[0]!.value });

  await sei("results", at("swept"), "--where", "kind=SC", "--where", "metric=accuracy", "--csv", at("rows.csv"));
  const lines = (await readFile(at("rows.csv"), "utf8")).trimEnd().split("\r\n");
  expect(lines).toHaveLength(1 + rows.filter((one) => one.kind === "SC" && one.metric === "accuracy").length);
  expect(await mistake("results", at("swept"), join(at("swept"), "v1"), "--compare")).toMatch(/no variant in common/);
  await sei("results", at("swept"), at("swept"), "--compare");
  expect(said.stdout).toMatch(/0 of 2 variants changed/);
}, 400_000);

it("says which columns there are, and that a folder holds nothing", async () => {
  expect(await sei("results", at("swept"), "--where", "metrics=accuracy")).toBe(2);
  expect(said.stderr).toMatch(/no column "metrics".*metric/);
  expect(await sei("results", at("swept"), "--where", "metric")).toBe(2);
  expect(said.stderr).toMatch(/expected COLUMN=VALUE/);
  expect(await sei("results", at("swept"), "--where", "value<5 ms")).toBe(2);
  expect(said.stderr).toMatch(/expected a number behind "value<", got "5 ms"/);
  expect(await sei("results", at("swept"), "--where", "links[0].rate>=2")).toBe(2);
  expect(said.stderr).toMatch(/expected a column of numbers before ">=", got "links\[0\]\.rate" with "1 Mbit\/s"/);
  await writeFile(
    at("swept/sweep.json"),
    JSON.stringify({
      format: 1,
      version: "",
      study: "",
      variants: [{ folder: "../x", settings: {}, recommended: null }],
    }),
  );
  expect(await mistake("results", at("swept"))).toMatch(/sweep.json: is no sweep/);
});
