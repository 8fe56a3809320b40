/** @file Every tensor that a model stores: initialisers, values of Constant nodes, and those of bodies and functions. */
import type { GraphProto, ModelProto, NodeProto, TensorProto } from "./proto.ts";

/** All of them, those that lie in external files too. To be asked of models whose structure was checked. */
export function* storedTensors(model: ModelProto): Generator<TensorProto> {
  yield* ofGraph(model.graph!);
  yield* besidesInitialisers(model);
}

/** All but the initialisers of the model's own graph. */
export function* besidesInitialisers(model: ModelProto): Generator<TensorProto> {
  for (const node of model.graph!.node) yield* ofNode(node);
  for (const { node } of model.functions) for (const one of node) yield* ofNode(one);
}

function* ofGraph({ initializer, sparseInitializer }: GraphProto): Generator<TensorProto> {
  yield* initializer;
  for (const { values, indices } of sparseInitializer) {
    if (values) yield values;
    if (indices) yield indices;
  }
}

function* ofNode({ attribute }: NodeProto): Generator<TensorProto> {
  for (const { t, tensors, sparseTensor, sparseTensors, g, graphs } of attribute) {
    if (t) yield t;
    yield* tensors;
    for (const { values, indices } of sparseTensor ? [sparseTensor, ...sparseTensors] : sparseTensors) {
      if (values) yield values;
      if (indices) yield indices;
    }
    for (const body of g ? [g, ...graphs] : graphs) {
      yield* ofGraph(body);
      for (const node of body.node) yield* ofNode(node);
    }
  }
}
