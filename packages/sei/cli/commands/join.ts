/** @file `sei join`: the segments that `sei split` wrote, composed to one model again. */
import { serialiseModel } from "@split-et-impera/core/onnx";
import { InputError } from "@split-et-impera/core/errors";
import { formatBytes } from "@split-et-impera/core/units";
import { writeWhole } from "../../files/index.ts";
import { composeSegments, tolerance } from "../../split/index.ts";
import { defineCommand } from "../command.ts";

export default defineCommand({
  description: "Compose the segments of a split model again, and prove that the result equals them",
  args: {
    manifest: { type: "positional", description: "the manifest.json that `sei split` wrote", required: true },
    out: { type: "string", valueHint: "FILE", description: "where the model goes (default: nowhere, only the proof)" },
  },
  examples: [{ line: "sei join parts/manifest.json --out again.onnx", does: "one model out of the segments" }],
  async run({ args, json, print, printJson }) {
    const { manifest, model, proof, original } = await composeSegments(args.manifest);
    if (!proof.exact && !(proof.largestDifference <= tolerance * proof.largestOutput)) {
      throw new InputError(
        "ERR_JOIN",
        `${args.manifest}: the composed model differs from its segments by ${proof.largestDifference}; nothing was written`,
      );
    }
    if (original === false) {
      throw new InputError(
        "ERR_JOIN",
        `${args.manifest}: the composed model does not give the answers that ${manifest.model.file} gave; nothing was written`,
      );
    }
    const bytes = serialiseModel(model);
    if (args.out !== undefined) await writeWhole(args.out, bytes);
    const operators = model.graph!.node.length;
    if (json) {
      printJson({ out: args.out ?? null, operators, proof: { ...proof, original: original ?? null } });
      return;
    }
    const where = args.out === undefined ? "not written (no --out)" : args.out;
    print(`${manifest.segments.length} segments, ${operators} operators, ${formatBytes(bytes.length)}: ${where}`);
    print(`composed ${proof.exact ? "equals the segments bit for bit" : "differs from the segments in rounding"}`);
    if (original) print(`and gives the answers that ${manifest.model.file} gave, bit for bit`);
  },
});
