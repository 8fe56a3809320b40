/** @file `sei policy`: the best design over the link's rate, round trip and loss, and what following it would give. */
import { canSimulate } from "@split-et-impera/core/design";
import { InputError, internal } from "@split-et-impera/core/errors";
import { conditionOf, neededOf, type Axes, type Policy } from "@split-et-impera/core/policy";
import { uplinkOf, type RateTrace, type Study } from "@split-et-impera/core/study";
import { MOST_RATE, parseDuration, parseRate, parseShare } from "@split-et-impera/core/units";
import { basename, dirname, extname, join, resolve } from "node:path";
import { checkWritable, writeWhole } from "../../files/index.ts";
import { readRateTrace } from "../../network/rate-trace.ts";
import { policyJson, shortestWindow } from "../../policy/index.ts";
import { contextOf } from "../../stages/default-context.ts";
import { runStudy, withoutRace, type RunDesign } from "../../stages/design/index.ts";
import type { Progress } from "../../stages/context.ts";
import { axesOf, policyStage, trialStage } from "../../stages/policy/index.ts";
import { runStage } from "../../stages/run-stage.ts";
import { readStudy } from "../../study/index.ts";
import { defineCommand } from "../command.ts";
import { modelFlags, studyModelOptions } from "../model-options.ts";
import { policyText, trialText } from "../policy-text.ts";

export default defineCommand({
  description: "Find the best design over the link's rate, round trip and loss, as a table that hosts can follow",
  args: {
    study: { type: "positional", description: "the study (YAML or JSON)", required: true },
    model: { type: "string", valueHint: "FILE", description: "replaces the study's model" },
    data: { type: "string", valueHint: "PATH", description: "replaces the study's data path" },
    ...modelFlags,
    trace: {
      type: "string",
      valueHint: "FILE",
      description: "a rate over time (Mahimahi, or a CSV of times and rates) to try it on; default: the link's own",
    },
    rates: {
      type: "string",
      valueHint: "RATE,...",
      description: "of the link; default: around the study's and the trace's",
    },
    rtts: { type: "string", valueHint: "TIME,...", description: "round trips; default: around the study's" },
    losses: { type: "string", valueHint: "SHARE,...", description: "of packets; default: the study's" },
    every: { type: "string", default: "1 s", valueHint: "TIME", description: "over which the link is measured" },
    pause: {
      type: "string",
      default: "500 ms",
      valueHint: "TIME",
      description: "without answers while another design is taken up",
    },
    bundles: { type: "boolean", description: "also writes the files that deploy every design of the table" },
    out: { type: "string", valueHint: "DIR", description: "where results go (default: out/ and the study's name)" },
    cache: {
      type: "string",
      valueHint: "DIR",
      description: "where partial results are kept (default: SEI_CACHE, or the user's cache folder)",
    },
  },
  examples: [
    { line: "sei policy examples/conveyor/study.yaml", does: "which design wins at which rate, round trip and loss" },
    {
      line: "sei policy examples/conveyor/study.yaml --trace LINK.csv",
      does: "the same, and what following it over this trace would have given",
    },
  ],
  resumes: true,
  async run({ args, every: all, json, print, printJson, progress, signal, openStore, warn }) {
    const given = { model: args.model, modelOptions: studyModelOptions(all), data: args.data };
    const study = await readStudy(args.study, given, "sei policy");
    const [every, pause] = [duration("every", args.every), duration("pause", args.pause)];
    if (!(every >= shortestWindow))
      throw new InputError("ERR_USAGE", `--every: expected 10 ms or more, got "${args.every}"`);
    const trace = await traceOf(study, args.trace, every);
    const axes = axesOf(study, askedAxes(args), trace, every);
    const out = args.out ?? join("out", studyName(args.study));
    await checkWritable(out);
    const context = contextOf({ store: openStore(args.cache), progress, signal });
    const { result, notes, designs } = await runStudy(withoutRace(study), { ...context, elsewhere: false });
    for (const note of notes) warn(note);
    if (!canSimulate(result)) throw internal("a result without its basis");
    const made = await progress.task("every rate, round trip and loss", (update) =>
      runStage(policyStage, { result, axes, every, pause }, { ...context, update }),
    );
    const { work } = made.value;
    const policy = args.bundles ? await withBundles(made.value.policy, designs, out, progress) : made.value.policy;
    const trial =
      trace &&
      (
        await progress.task("runs over the trace", (update) =>
          runStage(trialStage, { result, policy, trace, needed: neededOf(study) }, { ...context, update }),
        )
      ).value;
    const file = join(out, "policy.json");
    const page = join(out, "policy.html");
    const { renderPolicy } = await import("../../report/index.ts");
    await writeWhole(file, policyJson(policy));
    await writeWhole(page, renderPolicy({ result, policy, ...(trial && { trial }) }));
    if (json) return printJson({ policy, work, ...(trial && { trial }) });
    print(policyText(result, policy, work, conditionOf(study)));
    if (trial) print(trialText(result, trial, policy));
    print("");
    print(`policy  ${file}`);
    for (const { id, bundle } of policy.designs) if (bundle) print(`bundle  ${join(out, bundle)} (${id})`);
    print(`page    ${page}`);
  },
});

async function traceOf(study: Study, file: string | undefined, every: number): Promise<RateTrace | undefined> {
  const trace = file === undefined ? uplinkOf(study).link.trace : await readRateTrace(file, basename(file), "repeat");
  if (trace && trace.seconds < 2 * every) {
    const from = file === undefined ? "the link's trace" : "--trace";
    throw new InputError("ERR_USAGE", `${from}: expected a trace of ${2 * every} s or more, got ${trace.seconds} s`);
  }
  return trace;
}

function duration(flag: string, text: string): number {
  const value = parseDuration(text);
  if (typeof value === "string") throw new InputError("ERR_USAGE", `--${flag}: ${value}`);
  return value;
}

function askedAxes(args: { rates?: string; rtts?: string; losses?: string }): Partial<Axes> {
  const list = (flag: "rates" | "rtts" | "losses", parse: (text: string) => number | string, least: number): number[] =>
    args[flag]!.split(",").map((text) => {
      const value = parse(text.trim());
      if (typeof value === "string") throw new InputError("ERR_USAGE", `--${flag}: ${value}`);
      if (value < least) throw new InputError("ERR_USAGE", `--${flag}: expected ${least} or more, got ${text.trim()}`);
      return value;
    });
  const rate = (text: string): number | string => {
    const value = parseRate(text);
    return typeof value === "number" && value > MOST_RATE ? "expected at most 1000 Tbit/s" : value;
  };
  return {
    ...(args.rates !== undefined && { rates: list("rates", rate, 1) }),
    ...(args.rtts !== undefined && { rtts: list("rtts", parseDuration, 0) }),
    ...(args.losses !== undefined && { losses: list("losses", parseShare, 0) }),
  };
}

/** The policy with a folder for each of its designs, `plan-1` the first. */
async function withBundles(
  policy: Policy,
  designs: readonly RunDesign[],
  out: string,
  progress: Progress,
): Promise<Policy> {
  const named = policy.designs.map((design, i) => ({ ...design, bundle: `plan-${i + 1}` }));
  await progress.task("files of every design", async (update) => {
    for (const { id, bundle } of named) {
      const found = designs.find(({ result }) => result.id === id);
      if (!found) throw internal(`a policy with "${id}", which was not made`);
      update(bundle);
      await found.writeBundle(join(out, bundle));
    }
  });
  return { ...policy, designs: named };
}

/** `study.yaml` is named by its folder, anything else by itself. */
function studyName(file: string): string {
  const own = basename(file, extname(file));
  return own === "study" ? basename(dirname(resolve(file))) : own;
}
