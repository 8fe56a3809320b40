/** @file Which output holds the scores, and what is looked through. */
import { expect, test } from "vitest";
import { engine } from "../../testing/engine.ts";
import { inspectModel, type GraphBuilder } from "../../onnx/index.ts";
import { float32 } from "../../tensor/index.ts";
import { randomTensor } from "../../testing/gradient-check.ts";
import { buildModel } from "../../testing/models.ts";
import { wilson } from "../../statistics/index.ts";
import {
  agreement,
  classification,
  dropsOf,
  factsOf,
  qualitiesOf,
  type ClassBinding,
  type ModelFacts,
} from "../index.ts";

const classes = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${i}`);

/** Features [batch, 6] and scores [batch, n], ended by `fill`. */
async function bound(
  fill: (g: GraphBuilder, scores: string) => string[],
  count = 5,
  output?: string,
): Promise<ClassBinding> {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 6]);
    g.initialiser("w", randomTensor([6, 5], "w"));
    g.opAs("features", "Relu", ["x"]);
    for (const name of fill(g, g.opAs("scores", "MatMul", ["features", "w"]))) g.output(name);
  });
  const facts = factsOf(await inspectModel(model, engine));
  return classification({
    kind: "classification",
    classes: classes(count),
    ...(output !== undefined && { output }),
  }).bind(facts);
}

test("the output with a score per class, wherever it stands", async () => {
  expect(await bound(() => ["features", "scores"])).toMatchObject({ outputs: ["scores"], columns: 5, notes: [] });
  expect(await bound(() => ["features", "scores"], 6)).toMatchObject({ outputs: ["features"] });
  expect(await bound(() => ["features", "scores"], 5, "scores")).toMatchObject({ outputs: ["scores"] });
});

test("more scores than classes are said, fewer are refused with what there is", async () => {
  expect((await bound(() => ["scores"], 3)).notes).toEqual([
    'the output "scores" has 5 scores for 3 classes of the data',
  ]);
  await expect(bound(() => ["scores", "features"], 7)).rejects.toThrow(
    'expected scores [batch, 7] for the 7 classes of the data among the model\'s outputs, got "scores" float32 [2, 5], "features" float32 [2, 6]; task.output chooses one',
  );
  await expect(bound(() => ["scores"], 5, "score")).rejects.toThrow(/no output "score"; its outputs are "scores"/);
  await expect(bound(() => ["features", "scores"], 7, "features")).rejects.toThrow(/in the output "features"/);
});

test("of one row alone a table of numbers is no row of scores", async () => {
  const facts = async (...dims: number[]): Promise<ModelFacts> => {
    const model = buildModel((g) => {
      g.input("x", "float32", [1, 6]);
      g.opAs("y", "Identity", [g.reshape("x", dims)]);
      g.output("y");
    });
    return factsOf(await inspectModel(model, engine));
  };
  const byClass = agreement({ kind: "agreement", by: "class" });
  const said = /expected scores \[batch, n\], two or more, .*, got "y" float32 \[3, 2\]/;
  const boxes = await facts(3, 2);
  expect(() => byClass.bind(boxes)).toThrow(said);
  expect(() => classification({ kind: "classification", classes: classes(6) }).bind(boxes)).toThrow(/float32 \[3, 2\]/);
  for (const dims of [[6], [6, 1], [1, 6, 1, 1]])
    expect(byClass.bind(await facts(...dims))).toMatchObject({ columns: 6 });
});

test("logits are looked for behind softmax, casts and changes of shape", async () => {
  const behind = await bound((g, scores) => {
    const soft = g.op("Softmax", [scores], { axis: { int: 1 } });
    const cast = g.op("Cast", [g.op("Cast", [soft], { to: { int: 11 } })], { to: { int: 1 } });
    return [g.reshape(cast, [-1, 5])];
  });
  expect(behind.scores).toBe("scores");
  // What is no softmax of the same numbers decides by itself.
  const scaled = await bound((g, scores) => [
    g.opAs("scaled", "Neg", [g.op("Softmax", [scores], { axis: { int: 1 } })]),
  ]);
  expect(scaled.scores).toBe("scaled");
});

test("one number for two classes: a logit's sign, a probability's half", async () => {
  const one = (end: "Sigmoid" | "Identity") => async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 1]);
      g.output(g.opAs("y", end, ["x"]));
    });
    const task = classification({ kind: "classification", classes: ["no", "yes"] });
    return { task, binding: task.bind(factsOf(await inspectModel(model, engine))) };
  };
  const logit = await one("Identity")();
  expect(logit.task.answers(logit.binding, { y: float32([3, 1], [-0.1, 0.1, 0.9]) })).toEqual([0, 1, 1]);
  const share = await one("Sigmoid")();
  expect(share.binding.scores).toBe("x");
  expect(share.task.answers(share.binding, { y: float32([3, 1], [0.1, 0.4, 0.9]) })).toEqual([0, 0, 1]);
});

test("where a truth is known, answers say where it is among all, and their metrics are of one's own computing", () => {
  const six = classes(6);
  const binding: ClassBinding = { outputs: ["y"], decides: ["y"], scores: "y", columns: 6, notes: [] };
  const rows = [
    [9, 8, 7, 6, 5, 4],
    [9, 8, 7, 6, 5, 4],
    [9, 8, 7, 6, 5, 4],
    [1, 1, 1, 1, 1, 1],
  ];
  const truths = [0, 1, 5, 4];
  const y = { y: float32([4, 6], rows.flat()) };
  const usual = classification({ kind: "classification", classes: six });
  expect(usual.answers(binding, y)).toEqual([0, 0, 0, 0]);
  const answers = usual.answers(binding, y, truths);
  // Of equal scores the first are higher.
  expect(answers).toEqual([0, 1, 5, 4].map((rank) => ({ class: 0, rank })));
  const evidence = answers.map((answer, i) => usual.judge(answer, truths[i]!));
  const found = qualitiesOf(usual.metrics, { evidence });
  // F1 of the classes 0, 1, 5 and 4: 2 / 5, and 0 three times.
  expect(Object.entries(found).map(([name, { value }]) => [name, value])).toEqual([
    ["accuracy", 0.25],
    ["top-5", 0.75],
    ["macro-f1", 0.1],
  ]);
  // Top-5 is a share of samples: Wilson's interval.
  expect(found["top-5"]).toEqual(wilson(3, 4));
  const full = classification({ kind: "classification", classes: six, details: true });
  const scored = full.answers(binding, y, truths).map((answer, i) => full.judge(answer, truths[i]!));
  // Class 0: above two, equal to none: 1; class 1: 1 of 8 against 8, 8, 1; class 4: 0; class 5: 4 against 4, 4, 1.
  const areas = [(1 / 2 + 1 / 2 + 1) / 3, (1 / 2 + 1 / 2 + 1) / 3, 0, (1 / 2 + 1 / 2 + 1) / 3];
  expect(qualitiesOf(full.metrics, { evidence: scored })["auroc"]!.value).toBeCloseTo(
    areas.reduce((sum, area) => sum + area, 0) / 4,
  );
  expect(classification({ kind: "classification", classes: classes(5) }).metrics.map(({ name }) => name)).toEqual([
    "accuracy",
    "macro-f1",
  ]);
});

test("drops are paired, and what another host says, a class alone, has no ranks", () => {
  const task = classification({ kind: "classification", classes: classes(6), details: true });
  const right = [0, 1, 2, 3].map((label) => task.judge({ class: label, rank: 0, scores: [] }, label));
  const worse = [0, 1, 2, 3].map((label) => task.judge({ class: 5, rank: label === 3 ? 5 : 1, scores: [] }, label));
  expect(dropsOf(task.metrics, { evidence: right }, { evidence: worse })["top-5"]!.value).toBe(0.25);
  const told = [0, 1, 2, 3].map((label) => task.judge(label === 3 ? 4 : label, label));
  expect(Object.keys(qualitiesOf(task.metrics, { evidence: told }))).toEqual(["accuracy", "macro-f1"]);
  // A class that is right is among the first, and no answer is not.
  const sure = [task.judge(2, 2), task.judge(undefined, 3)];
  expect(qualitiesOf(task.metrics, { evidence: sure })["top-5"]!.value).toBe(0.5);
});
