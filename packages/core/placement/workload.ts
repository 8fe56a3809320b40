/** @file Reads workloads in the format of msr-fiddle/dnn-partitioning (Tarnawski et al., NeurIPS 2020). */
import { InputError } from "../errors/index.ts";
import type { Node, Objective, Problem, Tensor } from "./problem.ts";

/** A workload, and the ids of its nodes in the problem's order. */
export interface Workload {
  problem: Problem;
  ids: number[];
}

/** What a workload holds at most: more would take hours, or memory that no machine has. */
const most = { nodes: 20_000, edges: 400_000 };

/**
 * The problem of a workload: `maxFPGAs` accelerators with memory and a port, `maxCPUs` CPUs with a port that is free. A
 * tensor's bytes are what moving it costs, in the unit of the latencies. A node's `colorClass` becomes its group; where
 * `supportedOnFpga` is false it may only run on a CPU.
 *
 * @param value the parsed JSON
 * @param file its name, for messages
 * @throws InputError `ERR_WORKLOAD` naming the field, what was expected and what was found
 */
export function readWorkload(value: unknown, file: string, objective: Objective = "throughput"): Workload {
  const root = record(value, file, "the file");
  const nodesIn = array(root["nodes"], file, "nodes", most.nodes);
  const edgesIn = array(root["edges"], file, "edges", most.edges);
  const hosts = [
    {
      name: "accelerator",
      count: count(root["maxFPGAs"], file, "maxFPGAs"),
      memory: number(root["maxSizePerFPGA"], file, "maxSizePerFPGA"),
      port: 1,
    },
    { name: "cpu", count: count(root["maxCPUs"], file, "maxCPUs"), port: 0 },
  ];
  if (hosts.every((host) => host.count === 0))
    throw wrong(file, "maxFPGAs", "at least one accelerator or CPU (maxCPUs)", 0);
  const index = new Map<number, number>();
  const ids: number[] = [];
  const nodes = nodesIn.map((entry, i): Node => {
    const at = `nodes[${i}]`;
    const node = record(entry, file, at);
    const id = whole(node["id"], file, `${at}.id`);
    if (index.has(id)) throw wrong(file, `${at}.id`, "an id that no other node has", id);
    index.set(id, i);
    ids.push(id);
    if (flag(node["isBackwardNode"] ?? false, file, `${at}.isBackwardNode`)) {
      throw wrong(file, `${at}.isBackwardNode`, "an inference workload (false)", true);
    }
    const supported = flag(node["supportedOnFpga"], file, `${at}.supportedOnFpga`);
    const accelerator = supported ? number(node["fpgaLatency"], file, `${at}.fpgaLatency`) : Infinity;
    const result: Node = {
      name: typeof node["name"] === "string" ? node["name"] : String(id),
      seconds: [accelerator, number(node["cpuLatency"], file, `${at}.cpuLatency`)],
      parameters: number(node["size"] ?? 0, file, `${at}.size`),
    };
    if (node["colorClass"] !== undefined && node["colorClass"] !== null) {
      result.group = whole(node["colorClass"], file, `${at}.colorClass`);
    }
    return result;
  });

  const readers: number[][] = nodes.map(() => []);
  const cost = new Float64Array(nodes.length).fill(-1);
  edgesIn.forEach((entry, i) => {
    const at = `edges[${i}]`;
    const edge = record(entry, file, at);
    const end = (field: "sourceId" | "destId"): number => {
      const id = whole(edge[field], file, `${at}.${field}`);
      const v = index.get(id);
      if (v === undefined) throw wrong(file, `${at}.${field}`, "the id of a node", id);
      return v;
    };
    const from = end("sourceId");
    const to = end("destId");
    const price = number(edge["cost"], file, `${at}.cost`);
    if (cost[from]! >= 0 && cost[from] !== price) {
      throw wrong(
        file,
        `${at}.cost`,
        `${cost[from]}, as on the other edges out of node ${String(edge["sourceId"])}`,
        price,
      );
    }
    cost[from] = price;
    readers[from]!.push(to);
  });
  const apart = notJoined(nodes.length, readers);
  if (apart !== undefined) {
    const name = (v: number): string => `node ${ids[v]}`;
    throw new InputError(
      "ERR_WORKLOAD",
      `${file}: edges: expected a graph in one piece, but no path joins ${name(apart)} to ${name(0)}`,
    );
  }
  const tensors: Tensor[] = [];
  readers.forEach((consumers, producer) => {
    if (consumers.length > 0) tensors.push({ producer, consumers: [...new Set(consumers)], bytes: cost[producer]! });
  });
  const answer = { host: 0, outputs: [] };
  return { problem: { nodes, tensors, hosts, links: [], source: 0, answer, objective }, ids };
}

/** A node that no edges join to the first one, either way. */
function notJoined(count: number, readers: readonly (readonly number[])[]): number | undefined {
  const beside: number[][] = readers.map((list) => [...list]);
  readers.forEach((list, v) => list.forEach((w) => beside[w]!.push(v)));
  const reached = new Set(count > 0 ? [0] : []);
  for (const v of reached) for (const w of beside[v]!) reached.add(w);
  for (let v = 0; v < count; v++) if (!reached.has(v)) return v;
  return undefined;
}

function wrong(file: string, field: string, expected: string, got: unknown): InputError {
  const shown =
    got === undefined ? "nothing" : (typeof got === "number" ? String(got) : JSON.stringify(got)).slice(0, 60);
  return new InputError("ERR_WORKLOAD", `${file}: ${field}: expected ${expected}, got ${shown}`);
}

function record(value: unknown, file: string, field: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(file, field, "an object", value);
  return value as Record<string, unknown>;
}

function array(value: unknown, file: string, field: string, limit: number): unknown[] {
  if (!Array.isArray(value)) throw wrong(file, field, "a list", value);
  if (value.length > limit) throw wrong(file, field, `at most ${limit} of them`, value.length);
  return value;
}

function number(value: unknown, file: string, field: string): number {
  if (typeof value !== "number" || !(value >= 0 && value < Infinity)) throw wrong(file, field, "a number >= 0", value);
  return value;
}

function whole(value: unknown, file: string, field: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw wrong(file, field, "a whole number >= 0", value);
  }
  return value as number;
}

/** Hosts of a kind. */
function count(value: unknown, file: string, field: string): number {
  const found = whole(value, file, field);
  if (found > 1000) throw wrong(file, field, "at most 1000 of them", found);
  return found;
}

function flag(value: unknown, file: string, field: string): boolean {
  if (value === true || value === 1) return true;
  if (value === false || value === 0) return false;
  throw wrong(file, field, "true, false, 1 or 0", value);
}
