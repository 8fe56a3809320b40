/** @file Kept evaluations are of one simulator: where this fails because frames come out otherwise, raise the stage's version. */
import { simulateSteps } from "@split-et-impera/core/design";
import type { Step } from "@split-et-impera/core/frames";
import { withLoss } from "@split-et-impera/core/study";
import { expect, test } from "vitest";
import { syntheticResult } from "../../testing/fixture.ts";
import { digest } from "../../store/index.ts";
import { evaluationStage } from "./evaluate.ts";

test("the version of kept evaluations goes with what the simulator gives", () => {
  const { study } = syntheticResult();
  const small = withLoss({ ...study, frames: { ...study.frames, count: 200 } }, 0.03);
  const camera = study.frames.host;
  const server = Object.keys(study.hosts).find((name) => name !== camera)!;
  const steps = (kind: "tcp" | "udp"): Step[] => [
    { kind: "compute", host: camera, work: "head", ns: 9e6, part: "head" },
    {
      kind: "transfer",
      link: "link",
      from: camera,
      to: server,
      part: "wire",
      bytes: 9000,
      transport: kind === "tcp" ? { kind } : { kind, payload: 1472, timeout: 1e9 },
    },
  ];
  const frames = (["tcp", "udp"] as const).map((kind) => simulateSteps(small, steps(kind)).frames);
  expect({ version: evaluationStage.version, frames: digest(frames) }).toMatchInlineSnapshot(`
    {
      "frames": "a0e9ac282474d73ad27b7567a603fab4",
      "version": 9,
    }
  `);
});
