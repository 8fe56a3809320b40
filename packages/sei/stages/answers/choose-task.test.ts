/** @file The task of a study that names none, by the model's metadata and the data. */
import type { ModelProto } from "@split-et-impera/core/onnx";
import type { Annotation, ModelFacts, TaskSpec } from "@split-et-impera/core/task";
import { expect, test } from "vitest";
import { chooseTask } from "./index.ts";
import { modelWords } from "./model-words.ts";

const box = [0, 0, 4, 4] as const;
const thing = { class: 0, box };
const withData = (one: Annotation, classes = ["person", "bus"]) => ({ classes, annotation: () => one });
const model = (said: Record<string, string>): Pick<ModelProto, "metadataProps"> => ({
  metadataProps: Object.entries(said).map(([key, value]) => ({ key, value })) as ModelProto["metadataProps"],
});
const spec = (one: Annotation, said: Record<string, string> = {}): TaskSpec =>
  chooseTask(undefined, withData(one), model(said)).task.spec as TaskSpec;

test.each<[string, Annotation, Record<string, string>, TaskSpec["kind"]]>([
  ["a class", { label: 1 }, {}, "classification"],
  ["boxes", { objects: [thing] }, {}, "detection"],
  ["boxes of nothing in the first picture", { objects: [] }, {}, "detection"],
  ["a mask", { mask: { height: 1, width: 1, classes: new Uint8Array(1) } }, {}, "segmentation"],
  ["several classes", { labels: [0, 1] }, {}, "multilabel"],
  ["texts that no model explains", { text: "a" }, {}, "agreement"],
  ["texts, and the model's characters", { text: "a" }, { character: "a\nb\nc" }, "sequence"],
  ["numbers", { values: [1] }, {}, "agreement"],
  ["keypoints, of a detector", { objects: [{ ...thing, keypoints: [1, 1, 2] }] }, { task: "detect" }, "detection"],
  ["keypoints, of a pose model", { objects: [{ ...thing, keypoints: [1, 1, 2] }] }, { task: "pose" }, "keypoints"],
  ["a class, of a detector", { label: 0 }, { task: "detect" }, "classification"],
])("%s", (_, one, said, kind) => {
  expect(spec(one, said).kind).toBe(kind);
});

test("what was taken and why is said, but for classes", () => {
  const notes = (one: Annotation, said: Record<string, string> = {}): string[] =>
    chooseTask(undefined, withData(one), model(said)).notes;
  expect(notes({ label: 1 })).toEqual([]);
  expect(notes({})).toEqual([]);
  expect(notes({ objects: [] })).toEqual([
    "the task is detection, as the data say the boxes of things; the study's `task` says another",
  ]);
  expect(notes({ objects: [] }, { task: "detect" })[0]).toMatch(/as the model's metadata say `task: detect`;/);
  expect(chooseTask({ kind: "detection" }, withData({ objects: [] }), model({})).notes).toEqual([]);
});

test("a model that does not fit the task that was taken is told which that is, and what takes any", () => {
  const facts = { index: { outputs: [] }, seen: new Map(), rows: 1 } as unknown as ModelFacts;
  expect(() => chooseTask(undefined, withData({ objects: [] })).task.bind(facts)).toThrow(
    /; the task is detection, as the data say the boxes of things; `task: agreement` takes any output$/,
  );
});

test("classes are numbered by their names in the model", () => {
  const names = { names: `{0: 'bicycle', 1: 'Person', 2: "driver's seat", 3: 'bus'}` };
  const objects = { objects: [thing] };
  const found = chooseTask(undefined, withData(objects), model(names));
  expect(found.task.spec).toMatchObject({ classes: ["person", "bus"], numbers: [1, 3] });
  expect(found.notes[1]).toBe("classes are numbered by their names in the model's metadata");
  // The study's own word holds, and equal names need none.
  expect(
    chooseTask({ kind: "detection", firstClass: 1 }, withData(objects), model(names)).task.spec,
  ).not.toHaveProperty("numbers");
  expect(spec(objects, { names: "{0: 'person', 1: 'bus'}" })).not.toHaveProperty("numbers");
  expect(chooseTask(undefined, withData(objects, ["bus", "moon"]), model(names)).notes[1]).toBe(
    "the model's metadata name no class moon; they name bicycle, Person, driver's seat, bus",
  );
  expect(chooseTask(undefined, withData({ label: 0 }), model({ names: "{0: 'bus', 1: 'person'}" })).notes).toEqual([
    "the model's metadata name its classes in another order (bus, person) than the data (person, bus): `data.classes` orders these",
  ]);
});

test("metadata that mean something else say nothing", () => {
  const others: Record<string, string>[] = [
    { task: "obb" },
    { task: "constructor" },
    { names: "people, buses" },
    { names: "{1: 'a'}" },
    { character: "x" },
    {},
  ];
  for (const said of others) expect(modelWords(model(said))).toEqual({});
});
