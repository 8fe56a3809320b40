/** @file `sei place`: which host runs which part of a graph, with the proof that no placement is better. */
import { codecKinds } from "@split-et-impera/core/wire";
import { InputError } from "@split-et-impera/core/errors";
import { costs, place, readWorkload, withRunnerUp, type Cost, type Weights } from "@split-et-impera/core/placement";
import { placeStudy, type Goal } from "../../stages/place/index.ts";
import { placementText, tradeOffText } from "../../stages/place/text.ts";
import { parseWorkload, workloadJson, workloadText } from "../../stages/place/workload.ts";
import { nearest, unknownName } from "../../nearest.ts";
import { readStudy } from "../../study/index.ts";
import { refuseDoubts, strictFlag } from "../strict.ts";
import { modelFlags, studyModelOptions } from "../model-options.ts";
import { defineCommand, ExitCode } from "../command.ts";

const graphGoals = ["throughput", "latency"] as const;

export default defineCommand({
  description: "Places a graph on hosts at the proved optimum, and explains the answer",
  args: {
    study: {
      type: "positional",
      description: "a study: its model is measured and placed on its hosts",
      required: false,
    },
    graph: {
      type: "string",
      description: "workload in the JSON format of msr-fiddle/dnn-partitioning",
      valueHint: "FILE.json",
    },
    objective: {
      type: "string",
      description:
        "throughput (the smallest largest load; usual for --graph) or latency (the smallest sum; usual for a study); " +
        "for a study also energy or price",
      valueHint: "OBJECTIVE",
    },
    weights: {
      type: "string",
      description: "for a study: a weighed sum instead, of seconds, joules and money per frame",
      valueHint: "latency=1,energy=0.2",
    },
    pareto: {
      type: "string",
      description: "for a study: the trade-offs of two or three of latency, energy, price",
      valueHint: "latency,energy",
    },
    model: { type: "string", valueHint: "FILE", description: "the ONNX model, instead of the study's" },
    data: { type: "string", valueHint: "PATH", description: "file or folder of the data, instead of the study's" },
    ...modelFlags,
    codec: {
      type: "string",
      default: "float32",
      description: "what a cut's tensor is sent as, for a study: float32, float16, uint8",
      valueHint: "CODEC",
    },
    time: {
      type: "string",
      default: "60",
      description: "seconds to search at most, for a study also to measure; what is not measured is estimated",
      valueHint: "S",
    },
    strict: strictFlag,
    explain: {
      type: "boolean",
      default: true,
      description: "also search the runner-up and what changes the answer (--no-explain: do not)",
    },
  },
  examples: [
    {
      line: "sei place examples/three-hosts/study.yaml",
      does: "which part of the study's model runs best on which of its hosts, and why",
    },
    {
      line: "sei place examples/three-hosts/study.yaml --objective energy",
      does: "the placement that takes the fewest joules per frame",
    },
    {
      line: "sei place examples/three-hosts/study.yaml --pareto latency,energy",
      does: "what a faster answer costs in energy",
    },
    { line: "sei place --graph GRAPH.json", does: "the pipeline with the highest throughput" },
    { line: "sei place --graph GRAPH.json --objective latency", does: "the shortest time of one frame" },
    { line: "sei place --graph GRAPH.json --json --no-explain", does: "only the answer and its proof, as JSON" },
  ],
  async run({ args, every, json, signal, print, printJson, progress }) {
    const file = args.graph;
    if ((file === undefined) === (args.study === undefined)) {
      const got = file === undefined ? "none" : "both";
      throw new InputError("ERR_USAGE", `sei place: expected --graph FILE.json or a study, got ${got}`);
    }
    const seconds = Number(args.time);
    if (!(seconds > 0))
      throw new InputError("ERR_USAGE", `--time: expected a number of seconds > 0, got "${args.time}"`);
    if (file === undefined) {
      const codec = codecKinds.find((name) => name === args.codec);
      if (!codec) throw new InputError("ERR_USAGE", unknownName("--codec", codecKinds, args.codec));
      const goal = goalOf(args);
      const study = await readStudy(
        args.study!,
        { model: args.model, modelOptions: studyModelOptions(every), data: args.data },
        "sei place",
      );
      const placed = await progress.task("measuring and placing", (update) =>
        placeStudy(study, {
          goal,
          codec,
          seconds,
          explain: args.explain,
          signal,
          update,
          ...(args.strict && { onDoubts: refuseDoubts }),
        }),
      );
      const currency = study.placing?.currency ?? "";
      if (json) printJson(placed);
      else print("pareto" in placed ? tradeOffText(placed, currency) : placementText(placed, currency));
      const missed = "requirements" in placed && placed.requirements.some(({ verdict }) => verdict === "missed");
      if (missed) throw new ExitCode(3);
      return;
    }
    for (const flag of ["weights", "pareto", "model", "data", "shape", "constant", "state"] as const) {
      if (args[flag] !== undefined)
        throw new InputError("ERR_USAGE", `--${flag}: expected a study to use it on, got --graph`);
    }
    const goal = graphGoals.find((name) => name === (args.objective ?? "throughput"));
    if (!goal) {
      throw new InputError(
        "ERR_USAGE",
        `--objective: expected ${graphGoals.join(" or ")} with --graph, got "${args.objective}"${nearest(args.objective!, graphGoals)}`,
      );
    }
    const workload = readWorkload(await parseWorkload(file), file, goal);
    const { problem } = workload;
    const named = <T>(search: () => T): T => {
      try {
        return search();
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        throw new InputError(error.code, `${file}: ${error.message}`, { cause: error });
      }
    };
    let deadline = performance.now() + 1000 * seconds;
    const stop = (): boolean => performance.now() > deadline || signal.aborted;
    const began = performance.now();
    let placement = await progress.task(`placing ${problem.nodes.length} nodes`, async () =>
      named(() => place(problem, { stop, explain: false })),
    );
    const took = (performance.now() - began) / 1000;
    signal.throwIfAborted();
    deadline = performance.now() + 1000 * seconds;
    if (args.explain) {
      placement = await progress.task("searching the runner-up", async () =>
        named(() => withRunnerUp(problem, placement, { stop })),
      );
      signal.throwIfAborted();
    }
    if (json) printJson(workloadJson(workload, placement, took));
    else print(workloadText(workload, placement, took));
  },
});

/** What a study is placed for. */
function goalOf(args: { objective?: string; weights?: string; pareto?: string }): Goal {
  const given = [args.objective, args.weights, args.pareto].filter((one) => one !== undefined);
  if (given.length > 1)
    throw new InputError("ERR_USAGE", "sei place: expected one of --objective, --weights and --pareto, got several");
  const costOf = (flag: string, name: string): Cost => {
    const found = costs.find((cost) => cost === name.trim());
    if (found) return found;
    throw new InputError("ERR_USAGE", unknownName(flag, costs, name.trim()));
  };
  if (args.pareto !== undefined) {
    const pareto = args.pareto.split(",").map((name) => costOf("--pareto", name));
    if (new Set(pareto).size === pareto.length && pareto.length > 1) return { pareto };
    throw new InputError("ERR_USAGE", `--pareto: expected two or three different costs, got "${args.pareto}"`);
  }
  if (args.weights !== undefined) {
    const weights: Weights = {};
    for (const pair of args.weights.split(",")) {
      const [name = "", weight = ""] = pair.split("=");
      const value = Number(weight);
      if (weight.trim() === "" || !(value > 0 && value < Infinity))
        throw new InputError(
          "ERR_USAGE",
          `--weights: expected a cost and a weight > 0, such as energy=0.2, got "${pair}"`,
        );
      weights[costOf("--weights", name)] = value;
    }
    return { weights };
  }
  const objective = args.objective ?? "latency";
  if (objective === "throughput") return { throughput: true };
  const cost = costs.find((name) => name === objective);
  if (cost) return { weights: { [cost]: 1 } };
  throw new InputError("ERR_USAGE", unknownName("--objective", ["throughput", ...costs], objective));
}
