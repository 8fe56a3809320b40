/** @file `sei profile import`: times that another tool measured as a profile. */
import { doubtsOf, doubtWarnings, wholeWork } from "@split-et-impera/core/cost";
import { InputError } from "@split-et-impera/core/errors";
import { indexGraph } from "@split-et-impera/core/onnx";
import { formatDuration } from "@split-et-impera/core/units";
import { checkInputsKept, writeWhole } from "../../files/index.ts";
import { filesOfModel, readModelFile } from "../../model/index.ts";
import { nearest } from "../../nearest.ts";
import { importers, importProfile, profileJson, type ImporterName } from "../../stages/measure/index.ts";
import { defineCommand } from "../command.ts";
import { refuseDoubts, strictFlag } from "../strict.ts";
import { table } from "../table.ts";

const names = Object.keys(importers) as ImporterName[];

export default defineCommand({
  description: "Make a profile from what another tool measured; a study takes the file as a host's profile",
  args: {
    file: { type: "positional", description: "the tool's output", required: true },
    from: {
      type: "string",
      valueHint: "TOOL",
      required: true,
      description: names.map((name) => `${name}: ${importers[name].reads}`).join("; "),
    },
    model: { type: "string", valueHint: "FILE", required: true, description: "the ONNX model that was timed" },
    out: { type: "string", valueHint: "FILE", required: true, description: "where the profile goes (.json)" },
    work: {
      type: "string",
      valueHint: "WORK",
      default: wholeWork,
      description: "what was timed, where the tool does not say: whole, head@TENSOR, tail@TENSOR",
    },
    engine: {
      type: "string",
      valueHint: "NAME",
      description: "name and version of what ran the model (default: the tool)",
    },
    cpu: { type: "string", valueHint: "NAME", description: "the machine, for the record", default: "unknown" },
    strict: strictFlag,
  },
  examples: [
    {
      line: "sei profile import RESULT.csv --from onnxruntime_perf_test --model MODEL.onnx --out camera.json",
      does: "runs of ONNX Runtime's own tool on the camera",
    },
    {
      line: "sei profile import LAYERS.json --from trtexec --model MODEL.onnx --out jetson.json",
      does: "the whole and every head, from trtexec's --exportProfile",
    },
  ],
  async run({ args, json, print, printJson }) {
    const from = names.find((name) => name === args.from);
    if (!from)
      throw new InputError(
        "ERR_USAGE",
        `--from: expected ${names.join(", ")}, got "${args.from}"${nearest(args.from, names)}`,
      );
    const { model, sha256 } = await readModelFile(args.model);
    await checkInputsKept([args.file, ...(await filesOfModel(args.model))], [args.out]);
    const { profile, notes } = await importProfile(args.file, {
      from,
      work: args.work,
      model: { index: indexGraph(model.graph!), sha256 },
      machine: { engine: args.engine ?? from, cpu: args.cpu },
    });
    const doubts = doubtsOf(profile.works);
    const all = [{ source: args.file, doubts }];
    if (args.strict) refuseDoubts(all);
    const text = profileJson(profile);
    await writeWhole(args.out, text);
    if (json) printJson({ ...(JSON.parse(text) as object), notes, doubts });
    const rows = Object.entries(profile.works).map(([work, { seconds, lo, hi, n }]) => [
      work,
      formatDuration(seconds),
      `${formatDuration(lo)} to ${formatDuration(hi)}`,
      String(n),
    ]);
    print(table(["work", "time", "interval", "runs"], rows.slice(0, 40), [1, 2, 3]));
    if (rows.length > 40) print(`and ${rows.length - 40} more`);
    print("");
    for (const note of notes) print(`note: ${note}`);
    print(`${rows.length} ${rows.length === 1 ? "time" : "times"} in ${args.out}`);
    for (const line of doubtWarnings(all)) print(line);
  },
});
