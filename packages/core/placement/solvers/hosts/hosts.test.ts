import { expect, test } from "vitest";
import { randomStream, type Random } from "../../../random/index.ts";
import { placeTiers } from "../tiers/index.ts";
import { hostCosts, placeHosts, type HostGraph } from "./index.ts";

function bruteForce(graph: HostGraph): number {
  const n = graph.nodes.length;
  let best = Infinity;
  const hosts = Array.from({ length: n }, () => 0);
  const go = (v: number): void => {
    if (v < n) {
      for (let h = 0; h < graph.hosts.length; h++) {
        if (!(graph.nodes[v]!.on?.includes(h) ?? true)) continue;
        hosts[v] = h;
        go(v + 1);
      }
      return;
    }
    const used = graph.hosts.map(() => 0);
    hosts.forEach((h, u) => (used[h]! += graph.nodes[u]!.memory ?? 0));
    if (used.every((bytes, h) => bytes <= (graph.hosts[h]!.memory ?? Infinity)))
      best = Math.min(best, hostCosts(graph, hosts));
  };
  go(0);
  return best;
}

function randomGraph(random: Random): HostGraph {
  const n = 1 + random.integer(6);
  const count = 2 + random.integer(3);
  const limited = random.uniform() < 0.4;
  const hosts = Array.from({ length: count }, (_, h) => {
    const host: { name: string; memory?: number } = { name: `h${h}` };
    if (limited && random.uniform() < 0.7) host.memory = 2 + random.integer(2 * n);
    return host;
  });
  const links = hosts.flatMap((_, from) =>
    hosts.flatMap((_, to) =>
      from !== to && random.uniform() < 0.6 ? [{ from, to, perByte: random.integer(4), fixed: random.integer(5) }] : [],
    ),
  );
  const nodes = Array.from({ length: n }, (_, v) => {
    const node: HostGraph["nodes"][number] = { name: `n${v}`, memory: random.integer(4) };
    if (random.uniform() < 0.2) node.on = [random.integer(count)];
    return node;
  });
  const tensors = [null, ...nodes.keys()].map((producer) => {
    const tensor: HostGraph["tensors"][number] = {
      producer,
      consumers: nodes.flatMap((_, w) => (w > (producer ?? -1) && random.uniform() < 0.45 ? [w] : [])),
      bytes: random.integer(6),
    };
    if (random.uniform() < 0.08) tensor.private = true;
    return tensor;
  });
  const compute = nodes.map(() => hosts.map(() => (random.uniform() < 0.05 ? Infinity : random.integer(15))));
  const graph: HostGraph = { nodes, tensors, hosts, links, source: random.integer(count), compute };
  if (random.uniform() < 0.6) graph.outputs = [{ node: n - 1, bytes: random.integer(4) }];
  if (random.uniform() < 0.2) graph.answerAt = random.integer(count);
  return graph;
}

test("any topology: equal to brute force on random graphs", () => {
  const random = randomStream(1, "hosts");
  let placed = 0;
  for (let i = 0; i < 600; i++) {
    const graph = randomGraph(random);
    const expected = bruteForce(graph);
    if (expected === Infinity) {
      expect(() => placeHosts(graph), `instance ${i}`).toThrow();
      continue;
    }
    placed++;
    const { value, gap, hosts } = placeHosts(graph);
    expect(value, `instance ${i}`).toBeCloseTo(expected, 9);
    expect(hostCosts(graph, hosts)).toBeCloseTo(value, 9);
    expect(gap).toBe(0);
  }
  expect(placed).toBeGreaterThan(300);
});

test("with few states the bound still holds", () => {
  const random = randomStream(2, "hosts");
  let open = 0;
  for (let i = 0; i < 300; i++) {
    const graph = randomGraph(random);
    const expected = bruteForce(graph);
    let result;
    try {
      result = placeHosts(graph, { states: 2 });
    } catch {
      continue;
    }
    expect(result.value).toBeGreaterThanOrEqual(expected - 1e-9);
    expect(result.bound).toBeLessThanOrEqual(expected + 1e-9);
    if (result.gap > 0) open++;
  }
  expect(open).toBeGreaterThan(0);
});

test("hosts in a row with links one way are tiers", () => {
  const random = randomStream(3, "hosts");
  for (let i = 0; i < 50; i++) {
    const n = 30;
    const nodes = Array.from({ length: n }, (_, v) => ({ name: `n${v}` }));
    const tensors = [null, ...nodes.keys()].map((producer) => ({
      producer,
      consumers: nodes.flatMap((_, w) => {
        const ahead = w - (producer ?? -1);
        return ahead === 1 || (ahead > 1 && ahead < 4 && random.uniform() < 0.3) ? [w] : [];
      }),
      bytes: random.uniform(),
    }));
    const compute = nodes.map(() => [3, 1.5, 1].map((scale) => scale * random.uniform()));
    const hops = [0, 1].map(() => ({ perByte: random.uniform(), fixed: random.uniform() }));
    const tiers = [0, 1, 2].map((k) => ({ name: `t${k}` }));
    const links = hops.map((hop, h) => ({ from: h, to: h + 1, ...hop }));
    const one = placeTiers({ nodes, tensors, tiers }, { compute, hops });
    const other = placeHosts({ nodes, tensors, hosts: tiers, links, source: 0, compute });
    expect(other.value).toBeCloseTo(one.value, 9);
    expect(other.gap).toBe(0);
  }
});

test("where nearly all memory is taken: a small gap, and a bound that holds for what moves find", () => {
  const random = randomStream(4, "hosts");
  for (let i = 0; i < 3; i++) {
    const n = 60;
    const nodes = Array.from({ length: n }, (_, v) => ({ name: `n${v}`, memory: 1 + 9 * random.uniform() }));
    const needed = nodes.reduce((sum, { memory }) => sum + memory, 0);
    const hosts = [0, 1, 2].map((h) => ({ name: `h${h}`, memory: (1.1 * needed) / 3 }));
    const tensors = [null, ...nodes.keys()].map((producer) => ({
      producer,
      consumers: nodes.flatMap((_, w) => {
        const ahead = w - (producer ?? -1);
        return ahead === 1 || (ahead === 2 && random.uniform() < 0.3) ? [w] : [];
      }),
      bytes: random.uniform(),
    }));
    const links = [0, 1].flatMap((h) => [
      { from: h, to: h + 1, perByte: 0.5, fixed: 1 },
      { from: h + 1, to: h, perByte: 0.5, fixed: 1 },
    ]);
    const compute = nodes.map(() => [3, 2, 1].map((scale) => scale * (0.5 + random.uniform())));
    const graph: HostGraph = { nodes, tensors, hosts, links, source: 0, compute };
    const { value, bound, gap, hosts: placed } = placeHosts(graph, { states: 200 });
    expect(gap, `instance ${i}`).toBeLessThan(0.05);
    expect(value).toBeCloseTo(hostCosts(graph, placed), 9);
    const used = hosts.map((_, h) => nodes.reduce((sum, { memory }, v) => sum + (placed[v] === h ? memory : 0), 0));
    expect(Math.max(...used)).toBeLessThanOrEqual(hosts[0]!.memory);
    // Anything that fits costs at least the bound.
    for (let trial = 0; trial < 200; trial++) {
      const [a, b] = [random.integer(n), random.integer(n)].sort((x, y) => x - y) as [number, number];
      const other = nodes.map((_, v) => (v < a ? 0 : v < b ? 1 : 2));
      const taken = hosts.map((_, h) => nodes.reduce((sum, { memory }, v) => sum + (other[v] === h ? memory : 0), 0));
      if (Math.max(...taken) <= hosts[0]!.memory) expect(hostCosts(graph, other)).toBeGreaterThanOrEqual(bound - 1e-9);
    }
  }
});

test("what cannot be placed says why", () => {
  const graph: HostGraph = {
    nodes: [{ name: "a", on: [1] }],
    tensors: [{ producer: null, consumers: [0], bytes: 1 }],
    hosts: [{ name: "camera" }, { name: "server" }],
    links: [],
    source: 0,
    compute: [[1, 1]],
  };
  expect(() => placeHosts(graph)).toThrow("no placement fits");
  expect(() => placeHosts({ ...graph, source: 2 })).toThrow("source: expected an index from 0 to 1, got 2");
  expect(() => placeHosts({ ...graph, compute: [[1, Infinity]] })).toThrow('no host can run node "a"');
});
