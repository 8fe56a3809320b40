/** @file What every task must keep to: one suite, run for every row of the table. A row without a case here fails. */
import { describe, expect, test } from "vitest";
import { engine } from "../testing/engine.ts";
import { addGradients, raiseModel } from "../gradient/index.ts";
import { createBuilder, inspectModel, serialiseModel, type ModelProto } from "../onnx/index.ts";
import { float32, type Tensor, type Tensors } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { residualNetwork } from "../testing/networks.ts";
import {
  factsOf,
  openTask,
  pairedOf,
  qualityOf,
  taskKinds,
  taskMetrics,
  tasks,
  type AnyTask,
  type Evidence,
  type Binding,
  type TaskKind,
  type TaskSpec,
} from "./index.ts";

interface Case {
  name: string;
  spec: TaskSpec;
  model: ModelProto;
  /** What the answers are right for. Default: what the model says is a truth. */
  truths?: (answers: readonly unknown[]) => readonly unknown[];
  /** Of right answers, the metrics that are known. Default: 1 where more is better, else 0. */
  best?: readonly number[];
}

/** One number per image: the mean of a weighted picture. */
const single = (end?: "Sigmoid"): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    g.initialiser("w", randomTensor([192, 1], "w", -0.5, 0.5));
    const logit = g.op("MatMul", [g.op("Flatten", ["image"]), "w"]);
    g.output(g.opAs("y", end ?? "Identity", [logit]));
  });

/** A picture from a picture. */
const picture = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    g.initialiser("kernel", randomTensor([2, 3, 1, 1], "kernel", -0.5, 0.5));
    g.output(g.opAs("map", "Conv", ["image", "kernel"], { kernel_shape: { ints: [1, 1] } }));
  });

/** A detector: every pixel says a box around itself and the scores of three classes. */
const detector = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    g.initialiser("kernel", randomTensor([7, 3, 1, 1], "kernel", -2, 2));
    const map = g.op("Conv", ["image", "kernel"], { kernel_shape: { ints: [1, 1] } });
    const rows = g.reshape(map, [0, 7, -1]);
    const boxes = g.op("Softplus", [g.slice(rows, [0], [4], [1])]);
    const scores = g.op("Sigmoid", [g.slice(rows, [4], [7], [1])]);
    g.output(g.opAs("detections", "Concat", [boxes, scores], { axis: { int: 1 } }));
  });

/** A number, or several, for every pixel. */
const maps = (channels: number, end?: "Sigmoid" | "ArgMax"): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    g.initialiser("kernel", randomTensor([channels, 3, 1, 1], "kernel", -0.5, 0.5));
    const map = g.op("Conv", ["image", "kernel"], { kernel_shape: { ints: [1, 1] } });
    g.output(
      end === "ArgMax"
        ? g.opAs("map", end, [map], { axis: { int: 1 }, keepdims: { int: 0 } })
        : g.opAs("map", end ?? "Identity", [map]),
      end === "ArgMax" ? "int64" : "float32",
    );
  });

/** A detector of two outputs: by pixel the numbers of four classes, and those of a box. */
const twoHeads = (end?: "Sigmoid"): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    const head = (name: string, as: "Identity" | "Sigmoid", size: number): void => {
      g.initialiser(`${name} kernel`, randomTensor([4, 3, 1, 1], name, -size, size));
      const map = g.op("Conv", ["image", `${name} kernel`], { kernel_shape: { ints: [1, 1] } });
      g.output(g.opAs(name, as, [g.transpose(g.reshape(map, [0, 4, -1]), [0, 2, 1])]));
    };
    head("scores", "Identity", 2);
    head("boxes", end ?? "Identity", 1);
  });

/** YOLOv5's: the same as `detector`, by place, with a number for whether there is a thing. */
const objectness = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    g.initialiser("kernel", randomTensor([8, 3, 1, 1], "kernel", -2, 2));
    const map = g.op("Conv", ["image", "kernel"], { kernel_shape: { ints: [1, 1] } });
    const rows = g.op("Sigmoid", [g.transpose(g.reshape(map, [0, 8, -1]), [0, 2, 1])]);
    g.output(g.opAs("detections", "Mul", [rows, g.constant(float32([8], [8, 8, 8, 8, 1, 1, 1, 1]))]));
  });

/** An anchor at each pixel. */
const grid = { boxes: { strides: [1], sizes: [[3]], ratios: [1], offset: 0.5 } };

/** A pose detector: every pixel says a box, a score and two keypoints. */
const pose = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    g.initialiser("kernel", randomTensor([11, 3, 1, 1], "kernel", -2, 2));
    const map = g.op("Conv", ["image", "kernel"], { kernel_shape: { ints: [1, 1] } });
    const rows = g.op("Sigmoid", [g.reshape(map, [0, 11, -1])]);
    g.output(g.opAs("poses", "Mul", [rows, g.constant(float32([11, 1], [9, 9, 9, 9, 1, 9, 9, 1, 9, 9, 1]))]));
  });

/** Scores of five classes at sixty-four steps. */
const steps = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    g.initialiser("kernel", randomTensor([5, 3, 1, 1], "kernel", -1, 1));
    const map = g.op("Conv", ["image", "kernel"], { kernel_shape: { ints: [1, 1] } });
    const rows = g.transpose(g.reshape(map, [0, 5, -1]), [0, 2, 1]);
    g.output(g.opAs("scores", "Softmax", [rows], { axis: { int: 2 } }));
  });

const four = ["a", "b", "c", "d"];
const cases: Record<TaskKind, Case[]> = {
  classification: [
    { name: "scores", spec: { kind: "classification", classes: four }, model: residualNetwork() },
    { name: "one logit", spec: { kind: "classification", classes: ["no", "yes"] }, model: single() },
    { name: "one probability", spec: { kind: "classification", classes: ["no", "yes"] }, model: single("Sigmoid") },
  ],
  detection: [
    { name: "boxes", spec: { kind: "detection", classes: ["a", "b", "c"], most: 5, overlap: 0.5 }, model: detector() },
    {
      name: "places with objectness",
      spec: { kind: "detection", classes: ["a", "b", "c"], most: 5, overlap: 0.5 },
      model: objectness(),
    },
    {
      name: "queries",
      spec: { kind: "detection", classes: ["a", "b", "c"], most: 5, details: false },
      model: twoHeads("Sigmoid"),
    },
    {
      name: "anchors",
      spec: { kind: "detection", classes: four, most: 5, overlap: 0.5, anchors: grid },
      model: twoHeads(),
    },
  ],
  segmentation: [
    { name: "logits", spec: { kind: "segmentation", classes: four }, model: maps(4) },
    { name: "labels", spec: { kind: "segmentation", classes: four }, model: maps(4, "ArgMax") },
    { name: "a background", spec: { kind: "segmentation", classes: four, background: true }, model: maps(5) },
    { name: "one probability", spec: { kind: "segmentation", classes: ["text"] }, model: maps(1, "Sigmoid") },
    {
      name: "regions",
      spec: { kind: "segmentation", classes: ["text"], regions: { threshold: 0.5, least: 2, grow: 0 } },
      model: maps(1, "Sigmoid"),
    },
  ],
  keypoints: [
    { name: "poses", spec: { kind: "keypoints", classes: ["hand"], most: 3 }, model: pose() },
    {
      name: "heatmaps",
      spec: { kind: "keypoints", classes: ["hand"], pck: { of: "box-longer", within: 0.1 } },
      model: maps(5),
    },
  ],
  multilabel: [
    { name: "logits", spec: { kind: "multilabel", classes: four }, model: residualNetwork() },
    { name: "one probability", spec: { kind: "multilabel", classes: ["cat"] }, model: single("Sigmoid") },
  ],
  sequence: [
    { name: "texts", spec: { kind: "sequence", alphabet: ["a", "b", " ", "c"] }, model: steps() },
    { name: "no spaces", spec: { kind: "sequence", alphabet: ["a", "b", "c"], ignoreSpaces: true }, model: steps() },
  ],
  tokens: [
    { name: "every step", spec: { kind: "tokens", vocabulary: 5 }, model: steps(), best: [1] },
    { name: "the next", spec: { kind: "tokens", vocabulary: 4 }, model: residualNetwork(), best: [1] },
  ],
  regression: [
    { name: "one number", spec: { kind: "regression" }, model: single() },
    { name: "several", spec: { kind: "regression" }, model: residualNetwork() },
  ],
  embedding: [
    {
      name: "labels",
      spec: { kind: "embedding" },
      model: residualNetwork(),
      truths: (answers) => answers.map(() => ({ label: 3 })),
    },
    { name: "vectors", spec: { kind: "embedding", by: "vector" }, model: residualNetwork() },
  ],
  activity: [
    { name: "one probability", spec: { kind: "activity" }, model: single("Sigmoid") },
    { name: "several logits", spec: { kind: "activity" }, model: residualNetwork() },
  ],
  agreement: [
    { name: "scores", spec: { kind: "agreement" }, model: residualNetwork() },
    { name: "one number", spec: { kind: "agreement" }, model: single() },
    { name: "pictures", spec: { kind: "agreement", output: "map" }, model: picture() },
    { name: "several heads", spec: { kind: "agreement", outputs: ["scores", "boxes"] }, model: twoHeads() },
  ],
};

const all = taskKinds.flatMap((kind) => cases[kind].map((one) => ({ title: `${kind}: ${one.name}`, ...one })));
const images = randomTensor([6, 3, 8, 8], "images", -1, 1);

async function run(model: ModelProto, feeds: Tensors): Promise<Tensors> {
  const session = await engine.load(serialiseModel(model));
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** A task bound to its model, with answers to six images. */
async function open({ spec, model, truths: truthsOf }: Case) {
  const task = openTask(spec);
  const facts = factsOf(await inspectModel(model, engine));
  const binding = task.bind(facts);
  const outputs = await run(model, { image: images });
  // Labels are classes and references are answers: what the model says is a truth of most tasks.
  const said = task.answers(binding, outputs);
  const truths: readonly unknown[] = truthsOf?.(said) ?? said;
  return { task, facts, binding, outputs, truths, answers: task.answers(binding, outputs, truths) };
}

/** Every metric's value. */
const qualities = (task: AnyTask, evidence: readonly Evidence[]): number[] =>
  task.metrics.map((metric) => metric.over(evidence)());

/** Of answers without fault. */
const best = (task: AnyTask, { best: known }: Case): readonly number[] =>
  known ?? task.metrics.map(({ better }) => (better === "more" ? 1 : 0));

test("metrics of one name are better in one direction and told in one unit, whatever the task", () => {
  for (const kind of taskKinds)
    for (const { name, better, unit } of tasks[kind].metrics) expect(taskMetrics.get(name)).toEqual({ better, unit });
});

describe.each(all)("$title", (one) => {
  test("specification, binding, answers and evidence are plain data", async () => {
    const { task, binding, answers, truths, facts } = await open(one);
    const evidence = answers.map((answer, i) => task.judge(answer, truths[i]));
    for (const value of [task.spec, binding, answers, evidence])
      expect(JSON.parse(JSON.stringify(value))).toEqual(value);
    for (const name of [...binding.outputs, ...binding.decides]) expect(facts.seen.has(name)).toBe(true);
  });

  test("one answer per image, the same alone and among others", async () => {
    const { task, binding, answers, truths } = await open(one);
    expect(answers).toHaveLength(6);
    const alone = { ...images, dims: [1, 3, 8, 8], data: images.data.slice(3 * 192, 4 * 192) } as Tensor;
    const [answer] = task.answers(binding, await run(one.model, { image: alone }), [truths[3]]);
    const evidence = truths.map((truth, i) => task.judge(i === 3 ? answer : answers[i], truth));
    expect(qualities(task, evidence)[0]).toBeCloseTo(best(task, one)[0]!, 5);
  });

  test("right answers are the best there is, none the worst", async () => {
    const { task, answers, truths } = await open(one);
    const right = answers.map((answer, i) => task.judge(answer, truths[i]));
    const none = truths.map((truth) => task.judge(undefined, truth));
    const wanted = best(task, one);
    expect(qualities(task, right).slice(0, wanted.length)).toEqual(wanted);
    for (const metric of task.metrics) {
      expect(metric.over(none)()).not.toBe(metric.over(right)());
      const { value, lo, hi, n } = pairedOf(metric, { evidence: right }, { evidence: none });
      expect([value > 0, n, lo <= value && value <= hi]).toEqual([true, 6, true]);
    }
  });

  test("metrics are those of the row, in its words", () => {
    const task = openTask(one.spec);
    const names = tasks[one.spec.kind].metrics.map(({ name }) => name);
    const own = task.metrics.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(own));
    expect(own.length).toBeGreaterThan(0);
    for (const { name, means } of task.metrics) {
      expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(means).not.toBe("");
    }
  });

  test("the sample is the image, however many frames show it", async () => {
    const { task, answers, truths } = await open(one);
    const clean = answers.map((answer, i) => task.judge(i % 3 === 0 ? undefined : answer, truths[i]));
    for (const metric of task.metrics) {
      const quality = qualityOf(metric, { evidence: clean });
      expect(quality.n).toBe(6);
      expect(quality.lo <= quality.value && quality.value <= quality.hi).toBe(true);
      for (const frames of [2, 6, 15, 600]) {
        const samples = Array.from({ length: frames }, (_, i) => i % 6);
        const judged = { evidence: samples.map((i) => clean[i]!), samples };
        // Two samples can be alike, which says nothing to some metrics.
        if (Number.isNaN(metric.over(judged.evidence, samples)())) continue;
        expect(qualityOf(metric, judged, clean).value).toBeCloseTo(quality.value, 12);
        expect(pairedOf(metric, judged, { evidence: clean }).value).toBeCloseTo(0, 12);
        const other = { evidence: clean.toReversed() };
        const both = { first: clean, second: other.evidence };
        expect(pairedOf(metric, judged, other, both).value).toBeCloseTo(
          pairedOf(metric, { evidence: clean }, other).value,
          12,
        );
        if (frames >= 6) expect(qualityOf(metric, judged).value).toBeCloseTo(quality.value, 12);
      }
      const [a, b] = [{ evidence: clean }, { evidence: clean.toReversed() }];
      expect(pairedOf(metric, a, b).value).toBeCloseTo(-pairedOf(metric, b, a).value, 12);
    }
  });

  test("target and loss are graphs with gradients; the loss is least for the model's own answers", async () => {
    const { task, binding, truths, facts } = await open(one);
    const gradient = async (
      build: (g: ReturnType<typeof createBuilder>, b: Binding) => { tensor: string; seed: string }[],
      feeds: Tensors = {},
    ): Promise<Float32Array> => {
      const { model, seen } = raiseModel(one.model, facts.seen);
      const g = createBuilder(model);
      g.scope("task/");
      const of = build(g, binding);
      const { of: found } = addGradients(g, { of, wrt: ["image"], seen });
      g.output(g.opAs("gradient", "Identity", [found["image"]!]));
      return (await run(model, { image: images, ...feeds }))["gradient"]!.data as Float32Array;
    };
    const own = await gradient((g, b) => task.target(g, b));
    expect(own.every(Number.isFinite) && own.some((x) => x !== 0)).toBe(true);
    if (!task.learn) return;
    const truth = task.learn.truths(truths);
    const given = await gradient(
      (g, b) => task.target(g, b, g.input("truth", truth.type, ["batch", ...truth.dims.slice(1)])),
      { truth },
    );
    expect(given.every(Number.isFinite) && given.some((x) => x !== 0)).toBe(true);
    // The model's own answer is what is followed back where no truth is given.
    if (one.spec.kind === "classification") expect(given).toEqual(own);

    const { loss: lossGraph } = task.learn;
    if (!lossGraph) return;
    const lossOf = async (of: readonly unknown[]): Promise<Tensors> => {
      const { model } = raiseModel(one.model, facts.seen);
      const g = createBuilder(model);
      g.scope("task/");
      const fed = task.learn!.truths(of);
      const { loss, metrics } = lossGraph(g, binding, g.input("truth", fed.type, ["batch", ...fed.dims.slice(1)]));
      g.output(g.opAs("loss", "Identity", [loss]), "float32", []);
      for (const [name, metric] of Object.entries(metrics)) g.output(g.opAs(name, "Identity", [metric]), "float32", []);
      return run(model, { image: images, truth: fed });
    };
    const least = await lossOf(truths);
    const rotated = await lossOf([...truths.slice(1), truths[0]]);
    expect(Number(least["loss"]!.data[0])).toBeLessThanOrEqual(Number(rotated["loss"]!.data[0]));
    expect(least["loss"]!.dims).toEqual([]);
  });

  test("outputs that cannot be read are refused, by name", async () => {
    const { task, binding, outputs } = await open(one);
    const [name] = binding.outputs as [string];
    if (!(outputs[name]!.data instanceof Float32Array)) return;
    const broken = float32(
      outputs[name]!.dims,
      outputs[name]!.data.map((x, i) => (i === 1 ? Number.NaN : x)),
    );
    expect(() => task.answers(binding, { ...outputs, [name]: broken })).toThrow(new RegExp(`"${name}" holds NaN`));
    const scalar = buildModel((g) => {
      g.input("image", "float32", ["batch", 3, 8, 8]);
      g.output(g.opAs("sum", "ReduceSum", ["image"], { keepdims: { int: 0 } }));
    });
    const facts = factsOf(await inspectModel(scalar, engine));
    expect(() => task.bind(facts)).toThrow(/"sum" float32 \[\]|no output "map"/);
  });
});
