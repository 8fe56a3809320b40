/** @file Random placement problems of every kind, and the slow, obvious answer to them. */
import { hasPorts, isChain, weightsOf, type Host, type Link, type Node, type Problem } from "../placement/problem.ts";
import type { Random } from "../random/index.ts";

/** Kinds of problems: nodes in a row or any graph, over links, towards later hosts only, or through ports. */
export const kinds = [
  "row",
  "row onwards",
  "row throughput",
  "graph",
  "graph onwards",
  "ports",
  "ports latency",
] as const;
export type Kind = (typeof kinds)[number];

/** A problem of up to six nodes on up to four hosts, with pins, memory, private tensors and mixed objectives. */
export function randomProblem(random: Random, kind: Kind): Problem {
  const row = kind.startsWith("row");
  const ports = kind.startsWith("ports");
  const onwards = kind.endsWith("onwards");
  const n = 1 + random.integer(row ? 6 : 5);
  const count = 1 + random.integer(ports ? 2 : 3);
  const some = (share: number): boolean => random.uniform() < share;
  const draw = (most: number): number => (some(0.1) ? 0 : most * random.uniform());
  const limited = some(0.4);
  const hosts = Array.from({ length: count }, (_, h): Host => ({
    name: `h${h}`,
    ...(limited && some(0.7) && { memory: 2 + 2 * n * random.uniform() }),
    power: draw(5),
    price: draw(2),
    radio: draw(3),
    ...(row && { entrySeconds: draw(2) }),
    ...(ports && { port: some(0.3) ? 0 : 1, count: 1 + random.integer(2) }),
  }));
  const joined = (a: number, b: number): boolean =>
    onwards && !row ? b === a + 1 : b > a && (b === a + 1 || some(0.5));
  const links = hosts.flatMap((_, a): Link[] =>
    hosts.flatMap((_, b) =>
      !ports && joined(a, b) && (onwards || some(0.9))
        ? [
            {
              between: row || some(0.5) ? [a, b] : [b, a],
              ...(!row && !onwards && some(0.2) && { oneWay: true }),
              secondsPerByte: draw(2),
              delaySeconds: draw(4),
              joulesPerByte: draw(1),
              pricePerByte: draw(1),
            },
          ]
        : [],
    ),
  );
  const nodes = Array.from({ length: n }, (_, v): Node => ({
    name: `n${v}`,
    seconds: hosts.map(() => (some(0.06) ? Infinity : draw(15))),
    parameters: draw(4),
    ...(row && { activations: draw(2) }),
    ...(some(0.15) && { on: [random.integer(count)] }),
    ...(ports && some(0.2) && { group: random.integer(2) }),
  }));
  const tensors: Problem["tensors"] = [...(ports ? [] : [null]), ...nodes.keys()].flatMap((producer) => {
    const from = producer ?? -1;
    const readers = nodes.flatMap((_, w) => (w > from && some(0.45) ? [w] : []));
    const consumers = row ? (from + 1 < n ? [from + 1] : []) : readers;
    if (consumers.length === 0) return [];
    return [{ producer, consumers, bytes: draw(6), ...(!row && !ports && some(0.08) && { private: true }) }];
  });
  return {
    nodes,
    tensors,
    hosts,
    links,
    source: onwards || ports ? 0 : random.integer(count),
    answer: {
      host: random.integer(count),
      outputs: row || (!ports && some(0.7)) ? [{ node: n - 1, bytes: draw(4) }] : [],
    },
    ...(onwards && { onwards }),
    objective: kind === "row throughput" || kind === "ports" ? "throughput" : objective(random),
  };
}

function objective(random: Random): Problem["objective"] {
  const pick = random.integer(4);
  if (pick === 3) return { weights: { latency: 1, energy: random.uniform(), price: random.uniform() } };
  return (["latency", "energy", "price"] as const)[pick]!;
}

/** What a placement is worth, and which nodes run where; infinite values are left out. */
export interface Worth {
  value: number;
  assignment: number[];
  /** Nodes of each host that does something, as `host:nodes`, where loads count. */
  loads?: string[];
}

/** Every placement that is allowed, with its value by the words of `Problem`: slow and obvious. */
export function everyPlacement(problem: Problem): Worth[] {
  if (hasPorts(problem)) return portPlacements(problem);
  if (problem.objective === "throughput") return wayPlacements(problem);
  return sumPlacements(problem);
}

const total = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0);

interface Plain {
  compute(v: number, h: number): number;
  enter(h: number): number;
  perByte(l: number): number;
  fixed(l: number): number;
}

function plain({ nodes, hosts, links, objective: asked }: Problem): Plain {
  const { latency = 0, energy = 0, price = 0 } = weightsOf(asked);
  const perSecond = (h: number): number => latency + energy * (hosts[h]!.power ?? 0) + price * (hosts[h]!.price ?? 0);
  return {
    compute: (v, h) => (nodes[v]!.seconds[h] === Infinity ? Infinity : nodes[v]!.seconds[h]! * perSecond(h)),
    enter: (h) => (hosts[h]!.entrySeconds ?? 0) * perSecond(h),
    perByte(l) {
      const { between, secondsPerByte, joulesPerByte = 0, pricePerByte = 0 } = links[l]!;
      const radio = total(between.map((h) => hosts[h]!.radio ?? 0));
      return latency * secondsPerByte + energy * (joulesPerByte + radio * secondsPerByte) + price * pricePerByte;
    },
    fixed: (l) => latency * links[l]!.delaySeconds,
  };
}

/** All lists of hosts that pins, costs and memory allow. */
function everyAssignment(problem: Problem): number[][] {
  let lists: number[][] = [[]];
  for (const { on, seconds } of problem.nodes) {
    const open = problem.hosts.flatMap((_, h) => (seconds[h]! < Infinity && (on?.includes(h) ?? true) ? [h] : []));
    lists = lists.flatMap((list) => open.map((h) => [...list, h]));
  }
  return lists.filter((list) =>
    problem.hosts.every((_, h) =>
      hasRoom(
        problem,
        h,
        list.flatMap((host, v) => (host === h ? [v] : [])),
      ),
    ),
  );
}

function hasRoom({ nodes, hosts }: Problem, h: number, mine: readonly number[]): boolean {
  const held = total(mine.map((v) => nodes[v]!.parameters ?? 0));
  return (
    mine.length === 0 ||
    held + Math.max(...mine.map((v) => nodes[v]!.activations ?? 0)) <= (hosts[h]!.memory ?? Infinity)
  );
}

/** Ways without repeated hosts, as links with their direction. */
function everyWay({ links }: Problem, from: number, to: number, passed: number[] = [from]): string[][] {
  if (from === to) return [[]];
  return links.flatMap(({ between: [a, b], oneWay }, l) => {
    const next = a === from ? b : b === from && !oneWay ? a : from;
    if (passed.includes(next)) return [];
    return everyWay({ links } as Problem, next, to, [...passed, next]).map((rest) => [
      `${l}${a === from ? ">" : "<"}`,
      ...rest,
    ]);
  });
}

function sumPlacements(problem: Problem): Worth[] {
  const { tensors, nodes, source, answer, onwards } = problem;
  const { compute, enter, perByte, fixed } = plain(problem);
  const chained = isChain(problem);
  const reading = new Set(tensors.flatMap(({ consumers }) => consumers));
  const silent = nodes.flatMap((_, v) => (reading.has(v) ? [] : [v]));
  const all: Problem["tensors"] =
    silent.length > 0 ? [...tensors, { producer: null, consumers: silent, bytes: 0 }] : tensors;
  const mean = total(all.map(({ bytes }) => bytes)) / all.length;
  const linkOf = (step: string): number => Number(step.slice(0, -1));
  const price = (way: readonly string[], bytes: number): number =>
    total(way.map((step) => fixed(linkOf(step)) + perByte(linkOf(step)) * bytes));
  const wayOf = (from: number, to: number, bytes: number): string[] | undefined =>
    everyWay(problem, from, to).reduce<string[] | undefined>(
      (best, way) => (best && price(best, bytes) <= price(way, bytes) ? best : way),
      undefined,
    );
  return everyAssignment(problem).flatMap((assignment) => {
    let value = total(assignment.map((h, v) => compute(v, h)));
    if (chained) assignment.forEach((h, v) => (value += v > 0 && h !== assignment[v - 1] ? enter(h) : 0));
    const used = new Set<string>();
    const send = (from: number, to: readonly number[], bytes: number): void => {
      const steps = new Set<string>();
      for (const host of to) {
        const way = wayOf(from, host, chained ? bytes : mean);
        if (!way) value = Infinity;
        for (const step of way ?? []) steps.add(step);
      }
      for (const step of steps) {
        value += perByte(linkOf(step)) * bytes;
        if (chained || !used.has(step)) value += fixed(linkOf(step));
        used.add(step);
      }
    };
    for (const { producer, consumers, bytes, private: tied } of all) {
      const from = producer === null ? source : assignment[producer]!;
      const to = consumers.map((v) => assignment[v]!);
      if (tied && to.some((h) => h !== from)) return [];
      if (onwards && to.some((h) => h < from)) return [];
      send(from, to, bytes);
    }
    for (const { node, bytes } of answer.outputs) send(assignment[node]!, [answer.host], bytes);
    return value < Infinity ? [{ value, assignment }] : [];
  });
}

/** Stretches of a row along every way from the source. */
function wayPlacements(problem: Problem): Worth[] {
  const { nodes, hosts, links, tensors, source } = problem;
  const { compute, enter, perByte } = plain(problem);
  const reads = (v: number): number => tensors.find(({ consumers }) => consumers[0] === v)!.bytes;
  const found: Worth[] = [];
  const go = (passed: number[], input: number, assignment: number[], worst: number, loads: string[]): void => {
    const at = passed.at(-1)!;
    const first = assignment.length;
    for (let last = first; last <= nodes.length; last++) {
      const mine = Array.from({ length: last - first }, (_, i) => first + i);
      const open = mine.every((v) => compute(v, at) < Infinity && (nodes[v]!.on?.includes(at) ?? true));
      if (!open || !hasRoom(problem, at, mine)) return;
      const own = total(mine.map((v) => compute(v, at))) + (first > 0 && last > first ? enter(at) : 0);
      const next = [...assignment, ...mine.map(() => at)];
      const done = [...loads, `${at}:${mine.join()}`];
      if (last === nodes.length) found.push({ value: Math.max(worst, input + own), assignment: next, loads: done });
      else
        links.forEach(({ between: [a, b] }, l) => {
          const to = a === at ? b : b === at ? a : at;
          const sent = perByte(l) * reads(last);
          if (!passed.includes(to)) go([...passed, to], sent, next, Math.max(worst, input + own + sent), done);
        });
    }
  };
  if (hosts.length > 0) go([source], 0, [], 0, []);
  return found;
}

/** Contiguous parts one after the other, each on a host of some kind that is left. */
function portPlacements(problem: Problem): Worth[] {
  const { nodes, hosts, tensors, objective: asked } = problem;
  const { compute } = plain(problem);
  const { latency = 0, energy = 0 } = weightsOf(asked);
  const before = nodes.map((_, v) =>
    tensors.flatMap(({ producer, consumers }) => (consumers.includes(v) ? [producer!] : [])),
  );
  const left = hosts.map(({ count = 1 }) => count);
  const found: Worth[] = [];
  const go = (done: number[], assignment: number[], value: number, loads: string[]): void => {
    if (done.length === nodes.length) {
      found.push({ value, assignment: [...assignment], loads });
      return;
    }
    const rest = nodes.flatMap((_, v) => (done.includes(v) ? [] : [v]));
    for (let set = 1; set < 1 << rest.length; set++) {
      const mine = rest.filter((_, i) => (set >> i) & 1);
      const group = (v: number): number | string | undefined => nodes[v]!.group;
      if (mine.some((v) => before[v]!.some((u) => !mine.includes(u) && !done.includes(u)))) continue;
      if (rest.some((v) => !mine.includes(v) && group(v) !== undefined && mine.some((u) => group(u) === group(v))))
        continue;
      hosts.forEach(({ port = 0, radio = 0 }, h) => {
        if (left[h] === 0 || !hasRoom(problem, h, mine) || mine.some((v) => !(nodes[v]!.on?.includes(h) ?? true)))
          return;
        const perByte = port * (latency + energy * radio);
        const moved = tensors.filter(({ producer, consumers }) =>
          mine.includes(producer!) ? consumers.some((v) => !mine.includes(v)) : consumers.some((v) => mine.includes(v)),
        );
        const load = total(mine.map((v) => compute(v, h))) + perByte * total(moved.map(({ bytes }) => bytes));
        if (load === Infinity) return;
        left[h]!--;
        const next = [...assignment];
        for (const v of mine) next[v] = h;
        go([...done, ...mine], next, asked === "throughput" ? Math.max(value, load) : value + load, [
          ...loads,
          `${h}:${mine.join()}`,
        ]);
        left[h]!++;
      });
    }
  };
  go([], [], 0, []);
  return found;
}
