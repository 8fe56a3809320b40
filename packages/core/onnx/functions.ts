/** @file How large a model is when its own functions stand in place of their calls. */
import { InputError } from "../errors/index.ts";
import { subgraphs } from "./graph.ts";
import type { ModelProto, NodeProto } from "./proto.ts";

/** Operators when all functions are inlined, as engines do; real models have some ten thousand. */
export const mostOperators = 1_000_000;

/**
 * Counts the operators of the model with every call of a function unfolded, without unfolding any.
 *
 * @throws InputError where a function calls itself, or the operators are more than `mostOperators`
 */
export function checkFunctions({ graph, functions }: ModelProto): void {
  if (functions.length === 0) return;
  const bodies = new Map(functions.map((one) => [`${one.domain}.${one.name}`, one]));
  const sizes = new Map<string, number>();
  const open = new Set<string>();
  const sizeOfNode = (node: NodeProto): number => {
    const key = `${node.domain}.${node.opType}`;
    const own = subgraphs(node).reduce((sum, body) => sum + sizeOfNodes(body.node), 0);
    return own + (bodies.has(key) ? sizeOfFunction(key) : 1);
  };
  const sizeOfNodes = (nodes: readonly NodeProto[]): number => nodes.reduce((sum, node) => sum + sizeOfNode(node), 0);
  const sizeOfFunction = (key: string): number => {
    const known = sizes.get(key);
    if (known !== undefined) return known;
    if (open.has(key) || open.size > deepest) {
      throw new InputError("ERR_MODEL_FUNCTION", `the function "${key}" calls itself, or functions nest too deep`);
    }
    open.add(key);
    const size = sizeOfNodes(bodies.get(key)!.node);
    open.delete(key);
    sizes.set(key, size);
    return size;
  };
  const total = sizeOfNodes(graph!.node);
  if (total > mostOperators) {
    throw new InputError(
      "ERR_MODEL_FUNCTION",
      `has ${total.toPrecision(3)} operators when its functions are inlined; expected at most ${mostOperators}`,
    );
  }
}

/** Functions that call functions; exporters nest modules some ten deep. */
const deepest = 200;
