/** @file State that is carried from step to step: found, cut around, kept by one segment, and proved over steps. */
import { describe, expect, it } from "vitest";
import { float32, type Tensors } from "../tensor/index.ts";
import { engine } from "../testing/engine.ts";
import { buildModel } from "../testing/models.ts";
import { conv } from "../testing/networks.ts";
import { proveCut } from "../testing/proofs.ts";
import { decoderNetwork, lstmNetwork } from "../testing/streams.ts";
import {
  createRunner,
  findState,
  serialiseModel,
  severalCuts,
  singleCuts,
  splitSegments,
  surveyModel,
  type ModelProto,
  type StateSides,
  type Survey,
  type SurveyOptions,
} from "./index.ts";

const survey = (model: ModelProto, options: SurveyOptions = {}): Promise<Survey> => surveyModel(model, engine, options);

const refusal = (found: Survey, ...cut: string[]): string => {
  try {
    splitSegments(found, [cut]);
  } catch (error) {
    return (error as Error).message;
  }
  return "taken";
};

describe("pairs", () => {
  const pairs = (of: [input: string, output: string][], sizes: [number, number][] = []): string[] =>
    findState(
      buildModel((g) => {
        g.input("x", "float32", [1, 4]);
        of.forEach(([input, output], i) => {
          g.input(input, "float32", [1, sizes[i]?.[0] ?? 4]);
          g.opAs(output, "Add", ["x", input]);
          g.output(output, "float32", [1, sizes[i]?.[1] ?? 4]);
        });
      }).graph!,
    ).map(({ input, output }) => `${input}=${output}`);

  it.each<[string, string]>([
    ["past_key_values.11.value", "present.11.value"],
    ["past_0", "present_0"],
    ["state", "stateN"],
    ["h", "hn"],
    ["c0", "cn"],
    ["h_0", "h_n"],
    ["h_in", "h_out"],
    ["cached_key_2", "new_cached_key_2"],
    ["prev_state", "next_state"],
    ["conv_cache", "conv_cache_out"],
  ])("%s and %s are one", (input, output) => {
    expect(pairs([[input, output]])).toEqual([`${input}=${output}`]);
  });

  it("are none where sizes differ, or where an input is not called as state is", () => {
    expect(pairs([["state", "stateN"]], [[4, 1]])).toEqual([]);
    expect(pairs([["image", "image_out"]])).toEqual([]);
    expect(pairs([["height", "heightn"]])).toEqual([]);
  });

  it("that are stated have to be there and to fit", async () => {
    const model = lstmNetwork();
    const stated = (input: string, output: string): Promise<Survey> => survey(model, { state: [{ input, output }] });
    expect((await stated("h", "cn")).state).toMatchObject([{ input: "h", output: "cn" }]);
    expect((await survey(model, { state: [] })).state).toEqual([]);
    await expect(stated("g", "hn")).rejects.toThrow('no input "g" to be state; its inputs are "frame", "h", "c"');
    await expect(stated("h", "gn")).rejects.toThrow('no output "gn" to be state');
    await expect(stated("h", "score")).rejects.toThrow(/"h" is float32 \[1, 2, 6\], and "score".* float32 \[2, 2\]/);
  });
});

describe("an LSTM", () => {
  const sides = (of: Survey): Record<string, StateSides | undefined> =>
    Object.fromEntries(singleCuts(of).map(({ tensors, state }) => [tensors[0]!, state]));

  it("keeps its state on the side that runs it", async () => {
    const found = await survey(lstmNetwork());
    expect(sides(found)).toMatchObject({
      seen: { head: [], tail: ["h", "c"] },
      hidden: { head: ["h", "c"], tail: [] },
      deep: { head: ["h", "c"], tail: [] },
    });
    for (const name of ["seen", "hidden"])
      expect(await proveCut(found, [name])).toMatchObject({
        proof: { exact: true, finite: true },
        steps: { steps: 4, rows: 2, exact: true },
      });
    const { plan, models } = splitSegments(found, [["seen"], ["deep"]]);
    expect(plan.state.map(({ segment }) => segment)).toEqual([1, 1]);
    expect(models.map(({ graph }) => graph!.input.map(({ name }) => name))).toEqual([
      ["frame"],
      ["seen", "h", "c"],
      ["deep"],
    ]);
    expect(refusal(found, "seen", "h")).toBe('"h" is state, which stays on one host and never crosses');
  });

  it("goes through steps as if its state were fed by hand, and begins again", async () => {
    const found = await survey(lstmNetwork());
    const { state, sizes } = found;
    const parts = splitSegments(found, [["seen"]]).models.map(serialiseModel);
    const runner = await createRunner(engine, parts, { state, sizes, optimisation: "none" });
    const session = await engine.load(serialiseModel(found.given), { optimisation: "none" });
    let carried: Tensors = { h: float32([1, 2, 6], Array(12).fill(0)), c: float32([1, 2, 6], Array(12).fill(0)) };
    const frames = [0, 1, 2].map((step) => ({ frame: found.feeds(2, `step ${step}`)["frame"]! }));
    const answers = [];
    for (const frame of frames) {
      const whole = await session.run({ ...frame, ...carried });
      carried = { h: whole["hn"]!, c: whole["cn"]! };
      answers.push(await runner.step(frame));
      expect(answers.at(-1)).toMatchObject(whole);
    }
    expect(runner.state()).toEqual(carried);
    runner.reset();
    expect(await runner.step(frames[0]!)).toEqual(answers[0]);
    await runner.release();
    await session.release();
  });
});

describe("a decoder with past keys", () => {
  it("crosses with what all layers make of the first one's state", async () => {
    const found = await survey(decoderNetwork());
    expect(found.state).toHaveLength(4);
    expect(found.state[0]).toMatchObject({ input: "past_key_values.0.key", output: "present.0.key", grows: [2] });
    const between = severalCuts(found).find(({ tensors }) => tensors.includes("layer0.out"))!;
    expect(between.state).toEqual({
      head: ["past_key_values.0.key", "past_key_values.0.value"],
      tail: ["past_key_values.1.key", "past_key_values.1.value"],
    });
    expect(await proveCut(found, between.tensors)).toMatchObject({ proof: { exact: true }, steps: { exact: true } });
    expect(refusal(found, "layer0.out", "padding", "Shape_2")).toMatch(
      /the state "past_key_values.0.key" is read by Shape .* state stays on one host/,
    );
  });

  it.each(["total_sequence_length", "past_sequence_length + sequence_length"])(
    "has as many tokens as come and came, where what comes is called sequence and all is %s",
    async (all) => {
      const { seen } = await survey(decoderNetwork(1, { comes: "sequence", all }));
      const [before, come] = [seen.get("past_key_values.0.key")!.dims[2]!, seen.get("input_ids")!.dims[1]!];
      expect(seen.get("attention_mask")!.dims[1]).toBe(before + come);
    },
  );

  it("is proved at every cut that is listed", { timeout: 60_000 }, async () => {
    const found = await survey(decoderNetwork());
    for (const { tensors } of [...singleCuts(found), ...severalCuts(found)])
      expect(await proveCut(found, tensors), tensors.join()).toMatchObject({
        proof: { exact: true },
        steps: { exact: true },
      });
  });
});

it("a cut between what reads a state and what makes the next is refused", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 4]);
    g.input("state", "float32", ["batch", 4]);
    g.opAs("a", "Add", ["x", "state"]);
    g.opAs("b", "Tanh", ["a"]);
    g.opAs("stateN", "Neg", ["b"]);
    g.opAs("y", "Relu", ["b"]);
    g.output("y", "float32", ["batch", 4]);
    g.output("stateN", "float32", ["batch", 4]);
  });
  const found = await survey(model);
  expect(singleCuts(found).map(({ tensors }) => tensors[0])).toEqual(["b"]);
  expect(refusal(found, "a")).toMatch(
    /the state "state" is read before the cut, and Tanh "b", which makes "stateN" of it, lies behind it/,
  );
});

it("an output that is taken again later may cross: a delay line keeps what it was sent", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 1, 4, 4]);
    g.input("prev", "float32", ["batch", 2, 4, 4]);
    conv(g, "x", "next", 1, 2);
    g.opAs("y", "Sub", ["next", "prev"]);
    g.output("y", "float32");
    g.output("next", "float32", ["batch", 2, 4, 4]);
  });
  const found = await survey(model, { state: [{ input: "prev", output: "next" }] });
  expect(singleCuts(found).map(({ tensors, state }) => [tensors[0], state])).toEqual([
    ["next", { head: [], tail: ["prev"] }],
  ]);
  expect(await proveCut(found, ["next"])).toMatchObject({ proof: { exact: true }, steps: { exact: true } });
});
