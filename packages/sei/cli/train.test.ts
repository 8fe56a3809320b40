/** @file `sei train`, as it is called: what it writes, says, resumes and refuses. */
import { parseModel, serialiseModel, valueInfo } from "@split-et-impera/core/onnx";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { at, interrupt, json, mistake, said, sei, useFolder } from "./testing/harness.ts";

useFolder();

interface Result {
  images: { train: number; heldBack: number; test: number };
  weights: { trained: number; values: number };
  resumed: number;
  history: { loss: number; accuracy: number; held: { accuracy: number } }[];
  accuracy: { before: number; after: number };
}

const small = ["--data", "conveyor", "--limit", "112", "--epochs", "3", "--batch", "16"];
const train = (out: string, ...flags: string[]): string[] => [
  "train",
  at("tiny.onnx"),
  ...small,
  "--out",
  at(out),
  ...flags,
];

/** Calls `sei` and presses Ctrl-C once `text` was said. */
async function interrupted(text: string, ...argv: string[]): Promise<void> {
  const write = vi.mocked(process.stderr.write);
  const usual = write.getMockImplementation()!;
  write.mockImplementation((written) => {
    if (String(written).includes(text)) interrupt();
    return usual(written);
  });
  expect(await sei(...argv)).toBe(130);
  write.mockImplementation(usual);
}

describe("sei train", () => {
  it("learns behind a link that loses datagrams, and refuses losses without a cut or that cannot be", async () => {
    const link = ["--lost", "0 %,40 %", "--bursts", "2", "--codec", "uint4", "--payload", "64"];
    const found = await json<Result & { settings: { lossy: unknown } }>(
      ...train("lossy.onnx", "--from", "pool1", "--epochs", "1", ...link),
    );
    expect(found.settings.lossy).toEqual({ codec: "uint4", losses: [0, 0.4], bursts: [2], payload: 64 });
    expect(found.history).toHaveLength(1);
    const wrong = async (...flags: string[]): Promise<string> => {
      said.stderr = "";
      expect(await sei(...train("no.onnx", ...flags))).toBe(2);
      return said.stderr;
    };
    expect(await wrong("--lost", "10 %")).toContain("--lost: expected --from with the tensor that crosses");
    expect(await wrong("--from", "pool1", "--codec", "uint8")).toContain("--codec: expected --lost");
    expect(await wrong("--from", "pool1", "--lost", "120 %")).toContain("--lost: expected shares below 1");
    expect(await wrong("--from", "pool1", "--lost", "90 %", "--bursts", "1.5")).toContain("--lost with --bursts: ");
    expect(await wrong("--from", "pool1", "--lost", "1 %", "--payload", "1")).toContain("--payload: expected 16 to ");
  });

  it("writes a better model and says what it did", async () => {
    const found = await json<Result>(...train("better.onnx", "--epochs", "8"));
    expect(found.images).toEqual({ train: 101, heldBack: 11, test: 112 });
    expect(found.weights.trained).toBe(6);
    expect(found.history).toHaveLength(8);
    expect(found.history[7]!.loss).toBeLessThan(found.history[0]!.loss);
    expect(found.accuracy.after).toBeGreaterThan(found.accuracy.before);
    const again = await json<{ accuracy: { before: number } }>(
      ...train("again.onnx", "--epochs", "1").with(1, at("better.onnx")),
    );
    expect(again.accuracy.before).toBe(found.accuracy.after);
    expect(await sei(...train("said.onnx"))).toBe(0);
    expect(said.stdout).toMatch(/101 images to learn from, 11 held back, 112 to test/);
    expect(said.stdout).toMatch(/accuracy on 112 test images: [\d.]+\s% before, [\d.]+\s% after\n$/);
  });

  it("gives the same bytes for the same seed, others for another", async () => {
    const flags = ["--augment", "flip,crop,colour", "--initialise"];
    const bytes = async (name: string, ...more: string[]): Promise<Buffer> => {
      expect(await sei(...train(name, ...flags, ...more)), said.stderr).toBe(0);
      return readFile(at(name));
    };
    const first = await bytes("first.onnx");
    expect((await bytes("second.onnx")).equals(first)).toBe(true);
    expect((await bytes("third.onnx", "--seed", "2")).equals(first)).toBe(false);
  });

  it("stopped by Ctrl-C, goes on from the last epoch and ends with the same bytes; a changed setting starts anew", async () => {
    const flags = ["--optimiser", "sgd", "--accumulate", "2", "--clip", "1", "--augment", "flip"];
    expect(await sei(...train("whole.onnx", ...flags))).toBe(0);
    const whole = await readFile(at("whole.onnx"));
    await interrupted("epoch 1/3 ", ...train("broken.onnx", ...flags));
    expect(await readdir(at("."))).not.toContain("broken.onnx");
    const other = await json<Result>(...train("other.onnx", ...flags, "--smoothing", "0.1"));
    expect(other.resumed).toBe(0);
    expect(await sei(...train("broken.onnx", ...flags))).toBe(0);
    expect(said.stdout).toContain("goes on after epoch 1 of 3, where an earlier run was stopped");
    expect((await readFile(at("broken.onnx"))).equals(whole)).toBe(true);
    // Its checkpoint is used up.
    expect((await json<Result>(...train("fresh.onnx", ...flags))).resumed).toBe(0);
  });

  it("trains a tail or a head alone", async () => {
    const weights = async (file: string): Promise<Map<string, string>> =>
      new Map(parseModel(await readFile(file)).graph!.initializer.map(({ name, rawData }) => [name, String(rawData)]));
    const before = await weights(at("tiny.onnx"));
    for (const [flags, moved] of [
      [
        ["--from", "pool2"],
        ["scores.weight", "scores.bias"],
      ],
      [
        ["--until", "pool1", "--augment", "crop"],
        ["conv1.weight", "conv1.bias"],
      ],
      [
        ["--from", "pool1", "--augment", "flip", "--only", "conv*"],
        ["conv2.weight", "conv2.bias"],
      ],
    ] as const) {
      expect(await sei(...train("part.onnx", ...flags)), said.stderr).toBe(0);
      const after = await weights(at("part.onnx"));
      expect([...before].filter(([name, value]) => after.get(name) !== value).map(([name]) => name)).toEqual(moved);
    }
  });

  it("trains the tail of a model for one image at a time, with a teacher for one, as it does for many", async () => {
    const model = parseModel(await readFile(at("tiny.onnx")));
    model.graph!.input = [valueInfo(model.graph!.input[0]!.name, "float32", [1, 3, 32, 32])];
    await writeFile(at("one.onnx"), serialiseModel(model));
    const flags = ["--from", "pool1", "--augment", "flip", "--loss", "distillation", "--teacher"];
    const many = await json<Result>(...train("a.onnx", ...flags, at("tiny.onnx")));
    const one = await json<Result>(...train("b.onnx", ...flags, at("one.onnx")).with(1, at("one.onnx")));
    expect(one.history.map(({ loss }) => loss.toFixed(4))).toEqual(many.history.map(({ loss }) => loss.toFixed(4)));
    expect(one.weights).toEqual(many.weights);
  });

  it("learns from a teacher", async () => {
    const flags = ["--teacher", at("tiny.onnx"), "--loss"];
    for (const loss of ["distillation", "mse"]) {
      const found = await json<Result>(...train("taught.onnx", "--initialise", ...flags, loss));
      expect(found.history[2]!.loss).toBeLessThan(found.history[0]!.loss);
    }
  });

  it("stops early and says so", async () => {
    const code = await sei(...train("early.onnx", "--epochs", "9", "--patience", "1", "--learning-rate", "1e-9"));
    expect(code, said.stderr).toBe(0);
    expect(said.stdout).toMatch(/stopped after epoch 2: no better for 1 epoch\n/);
  });

  it.each([
    [["--augment", "flop"], /--augment: expected flip, crop, colour or none, got "flop"; did you mean "flip"/],
    [["--loss", "distillation"], /--loss distillation: expected --teacher/],
    [["--teacher", "x.onnx"], /--teacher: expected --loss distillation, mse or outputs, got cross-entropy/],
    [["--learning-rate", "0"], /--learning-rate: expected a number above 0, got "0"/],
    [["--hold-back", "0", "--patience", "2"], /--patience: expected images that are held back/],
    [["--nesterov"], /--nesterov: expected --optimiser sgd, got adamw/],
    [["--optimiser", "rmsprop"], /rmsprop/],
  ])("refuses %j", async (flags, message) => {
    expect(await sei(...train("no.onnx", ...flags))).toBe(2);
    expect(said.stderr).toMatch(message);
  });

  it("names tensors, weights and shapes that do not fit", async () => {
    expect(await mistake(...train("no.onnx", "--from", "pool9"))).toMatch(
      /tiny\.onnx: no tensor "pool9"; did you mean "pool[12]"/,
    );
    expect(await mistake(...train("no.onnx", "--only", "head.*"))).toMatch(
      /nothing to train: expected weights named head\.\*, the model has 6 from "conv1.weight" to "scores.bias"/,
    );
    expect(await mistake("train", at("nothing.onnx"), ...small, "--out", at("no.onnx"))).toMatch(/no such model/);
    expect(await sei(...train("no.onnx", "--learning-rate", "1e30", "--optimiser", "sgd"))).toBe(1);
    expect(said.stderr).toMatch(/training diverged in epoch 1: .* smaller learning rate/);
  });
});
