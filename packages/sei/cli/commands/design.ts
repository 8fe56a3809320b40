/** @file `sei design`: the main job. */
import { InputError } from "@split-et-impera/core/errors";
import { type Study } from "@split-et-impera/core/study";
import { basename, dirname, extname, join, resolve } from "node:path";
import { profileJson } from "../../stages/measure/index.ts";
import { bundleFiles, framesCsv, runStudy } from "../../stages/design/index.ts";
import { checkInputsKept, checkReplaceable, checkWritable, removeFolder, writeWhole } from "../../files/index.ts";
import { filesOfSource } from "../../model/index.ts";
import { readStudy } from "../../study/index.ts";
import { shareWork } from "../share-work.ts";
import { modelFlags, studyModelOptions } from "../model-options.ts";
import { defineCommand, ExitCode } from "../command.ts";
import { originOf } from "../origin.ts";
import { refuseDoubts, strictFlag } from "../strict.ts";
import { style } from "../text.ts";

export default defineCommand({
  description: "Find the best design for a study: what runs where, with the evidence and the files that deploy it",
  args: {
    study: { type: "positional", description: "the study (YAML or JSON)", required: true },
    model: { type: "string", valueHint: "FILE", description: "replaces the study's model" },
    data: { type: "string", valueHint: "PATH", description: "replaces the study's data path" },
    ...modelFlags,
    out: { type: "string", valueHint: "DIR", description: "where results go (default: out/ and the study's name)" },
    cache: {
      type: "string",
      valueHint: "DIR",
      description: "where partial results are kept (default: SEI_CACHE, or the user's cache folder)",
    },
    jobs: {
      type: "string",
      valueHint: "N",
      description: "processes that share the work, each with an engine and memory of its own (default: 1)",
    },
    frames: {
      type: "string",
      valueHint: "FILE.csv",
      description:
        "writes every simulated frame there: which design at which loss, how late, and whether rightly answered",
    },
    strict: strictFlag,
  },
  examples: [
    { line: "sei design examples/conveyor/study.yaml", does: "the example on a generated conveyor belt" },
    {
      line: "sei design examples/cifar10-vgg16/study.yaml --model VGG16.onnx --data CIFAR-10-BATCHES-BIN --json",
      does: "another model and data; the result on stdout",
    },
  ],
  resumes: true,
  async run({ args, every, json, print, printJson, progress, signal, openStore, warn }) {
    const study = await readStudy(args.study, {
      model: args.model,
      modelOptions: studyModelOptions(every),
      data: args.data,
    });
    // Now, while the file is what was read.
    const { model, data, cache, frames, strict } = args;
    const said = { shape: every("shape"), constant: every("constant"), state: every("state") };
    const origin = await originOf("design", args.study, { model, data, ...said, out: args.out, cache, frames, strict });
    const out = args.out ?? join("out", studyName(args.study));
    const bundle = join(out, "bundle");
    const [found, page, measured] = [join(out, "result.json"), join(out, "report.html"), join(out, "profile.json")];
    await checkWritable(out);
    if (frames !== undefined) await checkWritable(dirname(frames));
    const outputs = [found, page, ...(frames === undefined ? [] : [frames])];
    await checkInputsKept(await inputsOf(args.study, study), [...outputs, measured]);
    await checkInputsKept(profilesOf(study), outputs);
    await checkReplaceable(bundle, bundleFiles);
    await using shared = await shareWork(study, args.jobs, args.cache, { openStore, warn });
    const run = await runStudy(study, {
      ...shared.parts,
      progress,
      signal,
      ...(args.strict && { onDoubts: refuseDoubts }),
    });
    const { result, notes, profile, writeBundle } = run;
    for (const note of notes) warn(note);
    const written: [what: string, path: string][] = [];
    const failures: InputError[] = [];
    // Each by itself: what cannot be written takes nothing else with it.
    const write = async (what: string, path: string, work: () => Promise<unknown>): Promise<void> => {
      try {
        if ((await work()) !== false) written.push([what, path]);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        failures.push(error);
      }
    };
    // Loaded late: the charts' library is large.
    const { renderReport, terminalSummary } = await import("../../report/index.ts");
    await progress.task("report", async () => {
      await write("result", found, () => writeWhole(found, `${JSON.stringify(result, null, 2)}\n`));
      await write("report", page, () => writeWhole(page, renderReport(result, origin)));
      if (isWhole(study, measured)) await write("profile", measured, () => writeWhole(measured, profileJson(profile)));
      await write("bundle", bundle, async () => {
        const wrote = await writeBundle(bundle);
        if (!wrote) await removeFolder(bundle, bundleFiles);
        return wrote;
      });
    });
    if (frames !== undefined) {
      await progress.task("frames", () => write("frames", frames, () => writeWhole(frames, framesCsv(run.frames()))));
    }
    if (json) printJson(result);
    print("");
    print(terminalSummary(result, { columns: process.stdout.columns ?? 120, style }));
    print("");
    for (const [what, path] of written) print(`${what.padEnd(7)} ${path}`);
    if (failures.length > 0) throw new InputError("ERR_OUTPUT", failures.map(({ message }) => message).join("\n"));
    if (result.verdict.recommended === undefined) throw new ExitCode(3);
  },
});

/** What a run reads besides profiles: the study, its model with all weights, and its data where they are one file. */
async function inputsOf(file: string, { model, data }: Study): Promise<string[]> {
  return [file, ...(await filesOfSource(model)), ...(data.path === undefined ? [] : [data.path])];
}

function profilesOf({ hosts }: Study): string[] {
  return Object.values(hosts).flatMap(({ profile }) => profile ?? []);
}

/** Whether this run timed all its work here, and the study does not itself take its times from this very file. */
function isWhole({ hosts }: Study, file: string): boolean {
  const profiles = new Set(Object.values(hosts).map(({ profile }) => profile && resolve(profile)));
  return profiles.has(undefined) && !profiles.has(resolve(file));
}

/** `study.yaml` is named by its folder, anything else by itself. */
function studyName(file: string): string {
  const own = basename(file, extname(file));
  return own === "study" ? basename(dirname(resolve(file))) : own;
}
