/** @file `sei design`: the main job. */
import { InputError } from "@split-et-impera/core/errors";
import { basename, dirname, extname, join, resolve } from "node:path";
import { readVariants } from "../../study/index.ts";
import { checkInputsKept } from "../../files/index.ts";
import { designOne } from "../design-one.ts";
import { designSystem, refuseOfOne, systemPaths } from "../design-system.ts";
import { shareWork } from "../share-work.ts";
import { modelFlags, studyModelOptions } from "../model-options.ts";
import { sweep } from "../sweep.ts";
import { defineCommand } from "../command.ts";
import { originOf } from "../origin.ts";
import { refuseDoubts, strictFlag } from "../strict.ts";

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
    workers: {
      type: "string",
      valueHint: "URL",
      description:
        "a PostgreSQL database by which `sei worker` on any machine shares the work: postgres://user@host/name",
    },
    label: { type: "string", valueHint: "NAME", description: "of --workers only those with this label" },
    files: {
      type: "string",
      valueHint: "DIR",
      description: "the folder with models and data that all --workers see (default: the study's)",
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
  async run(context) {
    const { args, every } = context;
    const variants = await readVariants(args.study, {
      model: args.model,
      modelOptions: studyModelOptions(every),
      data: args.data,
    });
    // Now, while the file is what was read.
    const { model, data, cache, frames, strict, jobs, workers, label, files } = args;
    const said = { shape: every("shape"), constant: every("constant"), state: every("state") };
    const flags = { model, data, ...said, out: args.out, cache, frames, strict, jobs, workers, label, files };
    const origin = await originOf("design", args.study, flags);
    const out = args.out ?? join("out", studyName(args.study));
    const [first] = variants;
    const asked = { file: args.study, origin, strict: args.strict === true, frames };
    if (first!.study.system) {
      refuseOfOne(frames, variants.length);
      const paths = systemPaths(out);
      await checkInputsKept([args.study], [paths.result, paths.page]);
      await using shared = await shareWork(args.study, first!.study, args, context);
      const { progress, signal } = context;
      const given = { ...shared.parts, progress, signal, ...(strict === true && { onDoubts: refuseDoubts }) };
      await designSystem(first!.study, paths, given, context);
    } else if (variants.length === 1 && Object.keys(first!.settings).length === 0) {
      await using shared = await shareWork(args.study, first!.study, args, context);
      await designOne({ ...asked, study: first!.study, out }, shared.parts, context);
    } else {
      if (frames !== undefined)
        throw new InputError(
          "ERR_USAGE",
          "--frames: expected none with a study that varies; each variant has frames of its own",
        );
      await using shared = await shareWork(args.study, first!.study, args, context);
      await sweep({ ...asked, variants, out }, shared.parts, context);
    }
  },
});

/** `study.yaml` is named by its folder, anything else by itself. */
function studyName(file: string): string {
  const own = basename(file, extname(file));
  return own === "study" ? basename(dirname(resolve(file))) : own;
}
