/** @file Models without weights (ConstantOfShape in their place) given random ones, so that equality means something. */
import { randomStream } from "../random/index.ts";
import { copyModel, fromProto, toProto, type ModelProto } from "../onnx/index.ts";
import { sizeOf } from "../tensor/index.ts";

/** A copy in which float initialisers stand for constant nodes, spread so that activations keep their size. */
export function withRandomWeights(model: ModelProto): ModelProto {
  const copy = copyModel(model);
  const graph = copy.graph!;
  const shapes = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  graph.node = graph.node.filter(({ opType, input, output, attribute }) => {
    const shape = opType === "ConstantOfShape" ? shapes.get(input[0]!) : undefined;
    if (!shape || (attribute[0]?.t?.dataType ?? 1) !== 1) return true;
    const dims = Array.from(fromProto(shape).data as BigInt64Array, Number);
    const size = sizeOf(dims);
    const spread = dims.length < 2 ? 0.5 : Math.sqrt(6 / sizeOf(dims.slice(1)));
    const start = dims.length < 2 ? 0.5 : -spread / 2;
    // A multiplier of Lehmer's generator is enough here, and fast for 10^8 weights.
    let state = 1 + randomStream(0, output[0]!).integer(2 ** 31 - 3);
    const data = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      state = (state * 48_271) % 2_147_483_647;
      data[i] = start + (spread * state) / 2_147_483_647;
    }
    graph.initializer.push(toProto({ type: "float32", dims, data }, output[0]!));
    return false;
  });
  return copy;
}
