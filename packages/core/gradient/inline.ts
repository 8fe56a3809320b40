/** @file Puts the bodies of a model's own functions in place of their calls. */
import { clone } from "@bufbuild/protobuf";
import { GraphProtoSchema, NodeProtoSchema, type FunctionProto } from "onnx-buf";
import { InputError } from "../errors/index.ts";
import {
  AttributeType,
  copyModel,
  describe,
  subgraphs,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from "../onnx/index.ts";

/** How deep functions may call functions; more is a function that calls itself. */
const deepest = 64;

/** Operators at most that calls become: functions that each call the next twice have no end otherwise. */
const mostOperators = 100_000;

/** The functions of a model and how many operators their calls have become. */
interface Inlining {
  functions: ReadonlyMap<string, FunctionProto>;
  operators: number;
}

/** A copy of the model without functions. Inner tensors are named after the call's first output. */
export function inlineFunctions(model: ModelProto): ModelProto {
  if (model.functions.length === 0) return copyModel(model);
  const flat = copyModel(model);
  const functions = new Map(flat.functions.map((found) => [`${found.domain}.${found.name}`, found]));
  const imported = new Map(flat.opsetImport.map(({ domain, version }) => [domain, version]));
  for (const { name, opsetImport } of flat.functions) {
    for (const { domain, version } of opsetImport) {
      const own = imported.get(domain);
      if (own === undefined) flat.opsetImport.push(...opsetImport.filter((entry) => entry.domain === domain));
      else if (own !== version && domain === "") {
        throw new InputError(
          "ERR_MODEL_FUNCTION",
          `the function "${name}" uses operator set ${version}, the model ${own}; export them with the same one`,
        );
      }
      imported.set(domain, version);
    }
  }
  inlineInto(flat.graph!, { functions, operators: 0 }, 0);
  flat.functions = [];
  return flat;
}

function inlineInto(graph: GraphProto, inlining: Inlining, depth: number): void {
  for (const node of graph.node) for (const body of subgraphs(node)) inlineInto(body, inlining, depth);
  graph.node = graph.node.flatMap((node) => inlineCall(node, inlining, depth));
}

function inlineCall(call: NodeProto, inlining: Inlining, depth: number): NodeProto[] {
  const found = inlining.functions.get(`${call.domain}.${call.opType}`);
  if (!found) return [call];
  if (depth > deepest) throw new InputError("ERR_MODEL_FUNCTION", `${describe(call)} calls itself without end`);
  inlining.operators += found.node.length;
  if (inlining.operators > mostOperators) {
    throw new InputError(
      "ERR_MODEL_FUNCTION",
      `expected at most ${mostOperators} operators when the model's functions are put in place of their calls, got more`,
    );
  }
  const prefix = `${call.output.find((name) => name !== "") ?? call.name}/`;
  const names = new Map<string, string>();
  found.input.forEach((name, i) => names.set(name, call.input[i] ?? ""));
  found.output.forEach((name, i) => names.set(name, call.output[i] || `${prefix}${name}`));
  const nodes = found.node.map((node) => clone(NodeProtoSchema, node));
  for (const node of nodes) {
    rename(node, names, prefix);
    resolveAttributes(node, call, found);
    for (const body of subgraphs(node)) inlineInto(body, inlining, depth + 1);
  }
  // An output that is an input needs a node of its own.
  const passed = found.output.flatMap((name, i) =>
    found.input.includes(name) ? [identity(call.input[found.input.indexOf(name)]!, call.output[i]!, call)] : [],
  );
  return [...nodes.flatMap((node) => inlineCall(node, inlining, depth + 1)), ...passed];
}

function identity(from: string, to: string, like: NodeProto): NodeProto {
  const node = clone(NodeProtoSchema, like);
  return Object.assign(node, { opType: "Identity", domain: "", attribute: [], input: [from], output: [to] });
}

function rename(node: NodeProto, names: Map<string, string>, prefix: string): void {
  const inner = (name: string): string => {
    if (name === "") return "";
    let known = names.get(name);
    if (known === undefined) names.set(name, (known = `${prefix}${name}`));
    return known;
  };
  node.input = node.input.map(inner);
  node.output = node.output.map(inner);
  for (const body of subgraphs(node)) {
    const local = new Set([...body.input, ...body.initializer].map(({ name }) => name));
    for (const within of body.node) for (const name of within.output) local.add(name);
    const outer = new Map([...names].filter(([name]) => !local.has(name)));
    for (const name of local) outer.set(name, name);
    for (const within of body.node) rename(within, outer, prefix);
    for (const output of body.output) output.name = outer.get(output.name) ?? `${prefix}${output.name}`;
  }
}

/** Attributes that refer to the function's own get the call's value, or the function's default. */
function resolveAttributes(node: NodeProto, call: NodeProto, found: FunctionProto): void {
  node.attribute = node.attribute.flatMap((attribute) => {
    if (attribute.refAttrName === "") {
      if (attribute.type === AttributeType.GRAPH && attribute.g) {
        attribute.g = clone(GraphProtoSchema, attribute.g);
        for (const inner of attribute.g.node) resolveAttributes(inner, call, found);
      }
      return [attribute];
    }
    const given = [...call.attribute, ...found.attributeProto].find(({ name }) => name === attribute.refAttrName);
    return given ? [{ ...given, name: attribute.name, refAttrName: "" }] : [];
  });
}
