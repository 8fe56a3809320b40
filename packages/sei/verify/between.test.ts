/** @file A run between hosts judged: by its own frames, whatever kind of evidence the task has. */
import { latencyCurve } from "@split-et-impera/core/design";
import type { Deployment } from "@split-et-impera/core/deploy";
import { openTask, type TaskSpec } from "@split-et-impera/core/task";
import { expect, test } from "vitest";
import { deploymentOf } from "../deploy/testing/deployment.ts";
import { judge, type FrameLine } from "../run/index.ts";
import { cellBetween } from "./between.ts";
import { warmUp } from "./calibrate.ts";
import { measuredOf } from "./verify.ts";

const spec: TaskSpec = { kind: "detection", classes: ["bolt", "nut"] };
const task = openTask(spec);
const box = [0, 0, 10, 10] as const;
/** Of three samples: one class, two, none. */
const truths = [[{ class: 0, box }], [0, 1].map((label) => ({ class: label, box })), []];

/** Frames that show the samples in turn; of each of them one more class is found than is there. */
const lines = Array.from({ length: warmUp + 10 }, (_, frame): FrameLine => {
  const sample = frame % truths.length;
  const answer = [...truths[sample]!, { class: 1, box: [50, 50, 9, 9] }].map((thing) => ({ ...thing, score: 0.5 }));
  const { evidence } = judge(task, answer, { sample, truth: truths[sample] });
  const told = { deadlineMet: true, fallback: null, missing: 0, bytes: 1, parts: {} };
  return {
    frame,
    of: String(sample),
    captured: frame / 30,
    answered: (frame + 1) / 30,
    answer,
    evidence,
    ...told,
  };
});

const deployment = deploymentOf({ head: new Uint8Array(1), tail: new Uint8Array(1) });
const curve = latencyCurve(Float64Array.of(0.03, 0.04));
const predicted = { ...deployment.predicted, latency: { ...deployment.predicted.latency, curve } };
const detecting: Deployment = { ...deployment, task: spec, predicted };

test("evidence that is a list counts once a frame, and each sample's first is what the samples are worth", () => {
  const cell = cellBetween(detecting, lines);
  expect(cell.clean).toEqual(lines.slice(0, truths.length).map(({ evidence }) => evidence));
  expect(cell.measured.quality).toMatchObject({ n: truths.length });
  const again = measuredOf(JSON.parse(JSON.stringify(lines)) as FrameLine[], { ...cell, deadline: 1 });
  expect(again.measured.quality).toEqual(cell.measured.quality);
});

test("nothing is said of quality where a frame was not judged", () => {
  const { evidence: _, ...blind } = lines[3]!;
  expect(
    measuredOf(lines.with(3, blind), { deadline: 1, task: spec, clean: [[], [], []] }).measured,
  ).not.toHaveProperty("quality");
});
