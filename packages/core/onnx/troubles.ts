/** @file What makes a model answer otherwise than a person expects of it: noise, rows that influence each other, NaN. */
import { attributeInt } from "./attributes.ts";
import { describe, isRandom, type GraphIndex } from "./graph.ts";
import type { Observations } from "./observe.ts";
import type { NodeProto } from "./proto.ts";
import type { Runs } from "./runs.ts";

export interface Trouble {
  /** Another answer at every run; another one alone than among others; no finite number in any answer. */
  kind: "noise" | "mixing" | "not-finite";
  /** The operator that it begins with, and its name: `Dropout "drop1"`. */
  node: string;
  message: string;
}

/** Samples that differ by less, as a share of the largest, are the same numbers rounded otherwise. */
const rounding = 0.01;

/** By node, in the graph's order, a trouble of each kind once. */
export function troublesOf(index: GraphIndex, { seen, one, symbol }: Runs): Trouble[] {
  const found: Trouble[] = [];
  const add = (kind: Trouble["kind"], node: NodeProto, what: string): void => {
    if (!found.some((other) => other.kind === kind))
      found.push({ kind, node: describe(node), message: `${describe(node)} ${what}` });
  };
  index.nodes.forEach((node, i) => {
    if (!index.live[i]) return;
    if (isRandom(node) || dropsAtRandom(node, seen))
      add("noise", node, "draws random numbers at every run; export the model for inference");
    if (node.opType === "BatchNormalization" && attributeInt(node, "training_mode", 0) === 1)
      add(
        "mixing",
        node,
        "is in training mode: it normalises with the images of the batch; export the model for inference",
      );
  });
  if (symbol !== undefined && one && !found.some(({ kind }) => kind === "noise")) {
    const node = index.nodes.find(
      (node, i) => index.live[i] && node.output.some((name) => rowsDiffer(seen, one, name)),
    );
    if (node)
      add(
        "mixing",
        node,
        "gives an image other numbers alone than among others: the rows of a batch influence each other",
      );
  }
  const dead = index.outputs.filter((name) => seen.has(name));
  if (dead.length > 0 && dead.every((name) => isLost(seen, name))) {
    const first = index.nodes.find((node) => node.output.some((name) => seen.get(name)?.finite === false));
    if (first) add("not-finite", first, "is where NaN or infinite values begin; no output holds a finite number");
  }
  return found;
}

function dropsAtRandom({ opType, domain, input }: NodeProto, seen: Observations): boolean {
  return (
    opType === "Dropout" &&
    domain === "" &&
    seen.get(input[2] ?? "")?.values?.[0] === 1 &&
    seen.get(input[1] ?? "")?.max !== 0
  );
}

/** Whether the first of several rows comes out otherwise than when it is alone. */
function rowsDiffer(seen: Observations, one: Observations, name: string): boolean {
  const [among, alone] = [seen.get(name), one.get(name)];
  if (!among?.sample || !alone?.sample || among.dims.length !== alone.dims.length || !among.finite) return false;
  // Rows one after the other, and nothing else: a size that the batch makes may be another for a good reason.
  if (alone.dims[0] !== 1 || among.dims.slice(1).join() !== alone.dims.slice(1).join() || among.dims[0] === 1)
    return false;
  const size = Math.max(...among.sample.map(Math.abs), ...alone.sample.map(Math.abs));
  return among.sample.some((value, i) => Math.abs(value - alone.sample![i]!) > rounding * size);
}

/** Whether a tensor of real numbers holds no finite one. */
function isLost(seen: Observations, name: string): boolean {
  const { finite, min, dims } = seen.get(name)!;
  return !finite && min === Infinity && !dims.includes(0);
}
