/** @file Models of float16 for a comparison bit for bit: every operator rounds, as ONNX says. */
import { copyModel } from "./model.ts";
import type { Observations } from "./observe.ts";
import { makeNode, withFields, type ModelProto } from "./proto.ts";

/** Tensors of half precision that were seen. */
export function halfTensors(seen: Observations): Set<string> {
  return new Set([...seen].filter(([, { type }]) => type === "float16").map(([name]) => name));
}

/**
 * The same model, made to round what its operators give to float16. ONNX Runtime computes float16 in float32 where it has
 * no kernels, and leaves out the rounding between such operators; at a cut it rounds. Behind each, two copies in a row are
 * rounded in any case (one alone is run in float32 too: ForceSingleNodeCPUFloat16ToFloat32).
 */
export function withRounding(model: ModelProto, half: ReadonlySet<string>): ModelProto {
  const copy = copyModel(model);
  copy.graph!.node = copy.graph!.node.flatMap((node) => {
    const rounded = node.output.filter((name) => half.has(name));
    if (rounded.length === 0) return [node];
    const exact = (name: string): string => (half.has(name) ? `${name}/exact` : name);
    return [
      withFields(node, { output: node.output.map(exact) }),
      ...rounded.flatMap((name) => [
        makeNode("Identity", [exact(name)], [`${name}/rounded`]),
        makeNode("Identity", [`${name}/rounded`], [name]),
      ]),
    ];
  });
  return copy;
}
