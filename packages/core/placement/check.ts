/** @file What a placement problem must be, before any solver looks at it. */
import { InputError } from "../errors/index.ts";
import { findCycle, rowsOf } from "../graphs/index.ts";
import { cyclic } from "./solvers/pipeline/index.ts";
import type { Prices } from "./prices.ts";
import type { Problem } from "./problem.ts";

/** Nodes, hosts and links at most; and what costs or bytes may add up to, so that no sum of sums is infinite. */
const most = { nodes: 100_000, hosts: 64, links: 30, sum: 1e100 };

/** @throws InputError that names the node, tensor, host or link. */
export function checkProblem(problem: Problem, prices: Prices): void {
  const { nodes, hosts, links, answer } = problem;
  counted(nodes, most.nodes, "nodes");
  counted(hosts, most.hosts, "hosts");
  if (links.length > most.links) throw bad(`links: expected at most ${most.links}, got ${links.length}`);
  const host = (value: number, where: string): void => index(value, hosts, `${where}: expected a host`);
  host(problem.source, "source");
  host(answer.host, "answer.host");
  hosts.forEach(({ name, memory = 0, count = 1, power = 0, price = 0, radio = 0, entrySeconds = 0, port = 0 }, h) => {
    const where = `hosts[${h}] "${name}"`;
    if (!(memory >= 0)) throw bad(`${where}.memory: expected bytes >= 0, got ${memory}`);
    if (!Number.isInteger(count) || count < 0 || count > 1000)
      throw bad(`${where}.count: expected a whole number from 0 to 1000, got ${count}`);
    finite({ power, price, radio, entrySeconds, port }, where);
  });
  links.forEach(({ between, secondsPerByte, delaySeconds, joulesPerByte = 0, pricePerByte = 0 }, l) => {
    for (const end of between) host(end, `links[${l}].between`);
    if (between[0] === between[1]) throw bad(`links[${l}].between: expected two hosts, got ${between[0]} twice`);
    finite({ secondsPerByte, delaySeconds, joulesPerByte, pricePerByte }, `links[${l}]`);
  });
  nodes.forEach(({ name, seconds, parameters = 0, activations = 0, on }, v) => {
    const where = `nodes[${v}] "${name}"`;
    if (seconds.length !== hosts.length)
      throw bad(`${where}.seconds: expected ${hosts.length} (one per host), got ${seconds.length}`);
    for (const one of seconds) if (!(one >= 0)) throw bad(`${where}.seconds: expected >= 0 or Infinity, got ${one}`);
    finite({ parameters, activations }, where);
    for (const h of on ?? []) host(h, `${where}.on`);
    if (hosts.some(({ count = 1 }, h) => count > 0 && seconds[h]! < Infinity && (on?.includes(h) ?? true))) return;
    throw new InputError(
      "ERR_PLACEMENT_HOST",
      `no host can run node "${name}": each is ruled out by its pins or cannot run it`,
    );
  });
  checkTensors(problem);
  checkSums(problem, prices);
}

function checkTensors({ nodes, tensors, answer }: Problem): void {
  const from: number[] = [];
  const to: number[] = [];
  tensors.forEach(({ name, producer, consumers, bytes }, t) => {
    const where = `tensors[${t}]${name === undefined ? "" : ` "${name}"`}`;
    finite({ bytes }, where);
    if (producer !== null) index(producer, nodes, `${where}.producer: expected a node`);
    for (const v of consumers) {
      index(v, nodes, `${where}.consumers: expected a node`);
      if (producer === null) continue;
      from.push(producer);
      to.push(v);
    }
  });
  answer.outputs.forEach(({ node, bytes }, i) => {
    index(node, nodes, `answer.outputs[${i}].node: expected a node`);
    finite({ bytes }, `answer.outputs[${i}]`);
  });
  const cycle = findCycle(nodes.length, rowsOf(nodes.length, from, to));
  if (cycle) throw cyclic(cycle.map((v) => nodes[v]!.name));
}

/** Solvers add costs up in many ways; all of them stay far below what a number can hold. */
function checkSums({ nodes, tensors, hosts, answer }: Problem, prices: Prices): void {
  const total = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0);
  const largest = (list: readonly number[]): number =>
    list.reduce((most, x) => (x < Infinity && x > most ? x : most), 0);
  const bytes = total(tensors.map((tensor) => tensor.bytes)) + total(answer.outputs.map((output) => output.bytes));
  const perByte = total(prices.links.map((link) => link.perByte)) + total(prices.ports);
  const messages = tensors.length + answer.outputs.length;
  const cost =
    total(prices.compute.map(largest)) +
    nodes.length * largest(prices.enter) +
    bytes * perByte +
    messages * total(prices.links.map((link) => link.fixed));
  const sums = {
    "what nodes, messages and links cost": cost,
    "bytes of tensors": bytes,
    "parameters of nodes, in bytes,": total(nodes.map((node) => node.parameters ?? 0)),
    "memory of hosts, in bytes,": total(hosts.map(({ memory = Infinity }) => (memory === Infinity ? 0 : memory))),
  };
  for (const [what, sum] of Object.entries(sums))
    if (!(sum <= most.sum)) throw bad(`${what} add up to ${sum}: expected at most ${most.sum} in all`);
}

function counted(list: readonly unknown[], limit: number, what: string): void {
  if (list.length === 0 || list.length > limit) throw bad(`${what}: expected 1 to ${limit}, got ${list.length}`);
}

function index(value: number, list: readonly unknown[], what: string): void {
  if (!Number.isInteger(value) || value < 0 || value >= list.length)
    throw bad(`${what} from 0 to ${list.length - 1}, got ${value}`);
}

function finite(fields: Readonly<Record<string, number>>, where: string): void {
  for (const [field, value] of Object.entries(fields))
    if (!(value >= 0 && value < Infinity)) throw bad(`${where}.${field}: expected a finite number >= 0, got ${value}`);
}

const bad = (message: string): InputError => new InputError("ERR_PLACEMENT_PROBLEM", message);
