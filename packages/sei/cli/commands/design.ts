/** @file `sei design`: the main job. */
import { designId, over } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { type Study } from "@split-et-impera/core/study";
import { basename, dirname, extname, join, resolve } from "node:path";
import { engine } from "@split-et-impera/ort";
import { openCache } from "../../store/index.ts";
import { profileJson } from "../../stages/measure/index.ts";
import { bundleFiles, runStudy, writeBundle } from "../../stages/design/index.ts";
import { checkReplaceable, checkWritable, removeFolder, writeWhole } from "../../files/index.ts";
import { readStudy } from "../../study/index.ts";
import { defineCommand, ExitCode } from "../command.ts";
import { refuseDoubts, strictFlag } from "../strict.ts";
import { style } from "../text.ts";

export default defineCommand({
  description: "Find the best design for a study: what runs where, with the evidence and the files that deploy it",
  args: {
    study: { type: "positional", description: "the study (YAML or JSON)", required: true },
    model: { type: "string", valueHint: "FILE", description: "replaces the study's model" },
    data: { type: "string", valueHint: "PATH", description: "replaces the study's data path" },
    out: { type: "string", valueHint: "DIR", description: "where results go (default: out/ and the study's name)" },
    cache: {
      type: "string",
      valueHint: "DIR",
      description: "where partial results are kept (default: SEI_CACHE, or the user's cache folder)",
    },
    strict: strictFlag,
  },
  examples: [
    { line: "sei design examples/conveyor/study.yaml", does: "the example on a generated conveyor belt" },
    {
      line: "sei design study.yaml --model vgg16.onnx --data cifar-10-batches-bin --json",
      does: "another model and data; the result on stdout",
    },
  ],
  resumes: true,
  async run({ args, json, print, printJson, progress, signal, openStore, warn }) {
    const study = await readStudy(args.study, { model: args.model, data: args.data });
    const out = args.out ?? join("out", studyName(args.study));
    const bundle = join(out, "bundle");
    await checkWritable(out);
    await checkReplaceable(bundle, bundleFiles);
    const { bench, result, prepared, profile } = await runStudy(
      study,
      openCache(openStore(args.cache), engine.name),
      progress,
      signal,
      args.strict ? refuseDoubts : undefined,
    );
    for (const note of bench.notes) warn(note);
    const failures: InputError[] = [];
    const wrote = (write: Promise<void>): Promise<void> =>
      write.catch((error: unknown) => {
        if (!(error instanceof InputError)) throw error;
        failures.push(error);
      });
    // Loaded late: the charts' library is large.
    const { renderReport, terminalSummary } = await import("../../report/index.ts");
    await progress.task("report", async () => {
      const chosen = result.designs.find(({ id }) => id === result.verdict.recommended);
      const ready = [...prepared.values()].find(
        ({ design }) => chosen?.id === designId(chosen?.transport ? over(design, chosen.transport) : design),
      );
      // Each by itself: what cannot be written takes nothing else with it.
      await wrote(writeWhole(join(out, "result.json"), `${JSON.stringify(result, null, 2)}\n`));
      await wrote(writeWhole(join(out, "report.html"), renderReport(result)));
      const measured = join(out, "profile.json");
      if (isWhole(study, measured)) await wrote(writeWhole(measured, profileJson(profile)));
      if (chosen && ready) await wrote(writeBundle(bundle, bench, ready, chosen));
      else await wrote(removeFolder(bundle, bundleFiles));
    });
    if (json) printJson(result);
    print("");
    print(terminalSummary(result, { columns: process.stdout.columns ?? 120, style }));
    print("");
    print(`report  ${join(out, "report.html")}`);
    print(`result  ${join(out, "result.json")}`);
    if (result.verdict.recommended !== undefined) print(`bundle  ${bundle}`);
    if (failures.length > 0) throw new InputError("ERR_OUTPUT", failures.map(({ message }) => message).join("\n"));
    if (result.verdict.recommended === undefined) throw new ExitCode(3);
  },
});

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
