/** @file Which design is recommended at other rates and losses: none is left out that simulating it would find to fit. */
import { readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { whatIf, type Result } from "@split-et-impera/core/design";
import type { Profile } from "@split-et-impera/core/cost";
import { withLoss, withUplink } from "@split-et-impera/core/study";
import { at, design, useFolder } from "../../cli/testing/harness.ts";
import { parseResult } from "../../result/index.ts";

useFolder();

// A frame a second, so that what is late of one is gone before the next.
const study = (profile: string): string => `
model: tiny.onnx
data: { format: conveyor, normalise: { mean: 0.5, std: 0.25 }, limit: { test: 24, train: 48 } }
hosts: { camera: { speed: 1/20 }, server: { ${profile} } }
links: [{ between: [camera, server], rate: 400 kbit/s, delay: 5 ms }]
frames: { rate: 1 fps, count: 80 }
requirements: [latency p95 <= 60 ms, deadline-misses <= 15 %]
explore: { scenarios: [RC], inputs: [raw], transports: [tcp, udp], datagrams: [256 B], losses: [0, 3 %] }
`;

it("recommends over datagrams what whole messages would be too late for", { timeout: 120_000 }, async () => {
  await writeFile(at("measured.yaml"), study("speed: 1"));
  await design("measured.yaml", "measured");
  // As sure as can be, since receivers go on so late that they are just in time.
  const profile = JSON.parse(await readFile(at("measured/profile.json"), "utf8")) as Profile;
  for (const work of Object.values(profile.works)) {
    delete work.samples;
    work.lo = work.hi = work.seconds;
  }
  await writeFile(at("sure.json"), JSON.stringify(profile));
  await writeFile(at("map.yaml"), study("profile: sure.json"));
  await design("map.yaml", "out");
  const result = parseResult("result.json", await readFile(at("out/result.json"), "utf8")) as Result & {
    basis: NonNullable<Result["basis"]>;
  };
  const { rates, losses, recommended } = result.lossMap;
  let late = 0;
  for (const [l, loss] of losses.entries())
    for (const [r, rate] of rates.entries()) {
      const there = whatIf(
        result,
        withLoss(
          withUplink(result.study, () => ({ rate })),
          loss,
        ),
      );
      const all = result.designs.map(({ id }) => there.design(id));
      const fitting = all.filter(({ checks }) => checks.every(({ state }) => state === "met"));
      expect(recommended[l]![r] !== null, `${rate} bit/s, loss ${loss}`).toBe(fitting.length > 0);
      if (fitting.some(({ holes }) => holes?.share === 1)) late++;
    }
  expect(late).toBeGreaterThan(2);
});
