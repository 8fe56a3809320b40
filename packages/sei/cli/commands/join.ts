/** @file `sei join`: the segments that `sei split` wrote, composed to one model again. */
import { formatBytes } from "@split-et-impera/core/units";
import { composeSegments } from "../../split/index.ts";
import { defineCommand } from "../command.ts";

export default defineCommand({
  description: "Compose the segments of a split model again, and prove that the result equals them",
  args: {
    manifest: { type: "positional", description: "the manifest.json that `sei split` wrote", required: true },
    out: { type: "string", valueHint: "FILE", description: "where the model goes (default: nowhere, only the proof)" },
  },
  examples: [{ line: "sei join parts/manifest.json --out again.onnx", does: "one model out of the segments" }],
  async run({ args, json, print, printJson }) {
    const { manifest, model, bytes, proof, original } = await composeSegments(args.manifest, args.out);
    const operators = model.graph!.node.length;
    if (json) {
      printJson({ out: args.out ?? null, operators, proof: { ...proof, original: original ?? null } });
      return;
    }
    const where = args.out === undefined ? "not written (no --out)" : args.out;
    print(`${manifest.segments.length} segments, ${operators} operators, ${formatBytes(bytes)}: ${where}`);
    print(`composed ${proof.exact ? "equals the segments bit for bit" : "differs from the segments in rounding"}`);
    if (original) print(`and gives the answers that ${manifest.model.file} gave, bit for bit`);
  },
});
