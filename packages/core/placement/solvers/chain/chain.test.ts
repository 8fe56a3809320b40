/** @file Chains against every placement tried one by one, against the minimum cut, and against the general method. */
import { expect, test } from "vitest";
import { randomStream, type Random } from "../../../random/index.ts";
import { placeHosts } from "../hosts/index.ts";
import { placeTiers } from "../tiers/index.ts";
import { chainCosts, placeChain, placePipeline, type Chain, type ChainPrices } from "./index.ts";

interface Case {
  chain: Chain;
  prices: ChainPrices;
}

function randomChain(random: Random, row = false): Case {
  const n = 1 + random.integer(6);
  const count = 2 + random.integer(3);
  const hosts = Array.from({ length: count }, (_, h) => ({ name: `h${h}` }));
  const links = hosts.flatMap((_, a) =>
    hosts.flatMap((_, b): [number, number][] =>
      a < b && (row ? b === a + 1 : random.uniform() < 0.7) ? [[a, b]] : [],
    ),
  );
  const weights = Array.from({ length: n }, () => random.integer(4));
  const peaks = Array.from({ length: n }, () => random.integer(3));
  const limits = hosts.map(() => (random.uniform() < 0.5 ? Infinity : 2 + random.integer(2 * n)));
  const chain: Chain = {
    pieces: weights.map((_, i) => ({
      name: `p${i}`,
      reads: random.integer(6),
      ...(random.uniform() < 0.15 && { on: [random.integer(count), count - 1] }),
    })),
    hosts,
    links,
    source: row ? 0 : random.integer(count),
    answer: { host: row ? 0 : random.integer(count), bytes: random.integer(3) },
    ...(!row && { room: { limits, needs: weights.map((parameters, i) => ({ parameters, activations: peaks[i]! })) } }),
  };
  const prices = {
    compute: weights.map(() => hosts.map(() => (random.uniform() < 0.05 ? Infinity : random.integer(12)))),
    links: links.map(() => ({ perByte: random.integer(4), fixed: random.integer(4) })),
    ...(!row && random.uniform() < 0.5 && { enter: hosts.map(() => random.integer(5)) }),
  };
  return { chain, prices };
}

function hasRoom({ room }: Chain, host: number, pieces: readonly number[]): boolean {
  if (!room || pieces.length === 0) return true;
  const needs = pieces.map((i) => room.needs[i]!);
  const parameters = needs.reduce((sum, one) => sum + one.parameters, 0);
  return parameters + Math.max(...needs.map(({ activations }) => activations)) <= room.limits[host]!;
}

/** Every list of hosts for the pieces that pins, costs and room allow. */
function everyPlacement({ chain, prices }: Case, visit: (hosts: number[]) => void): void {
  const hosts: number[] = [];
  const go = (): void => {
    const i = hosts.length;
    if (i === chain.pieces.length) {
      const fits = chain.hosts.every((_, h) => {
        const mine = hosts.flatMap((host, piece) => (host === h ? [piece] : []));
        return hasRoom(chain, h, mine);
      });
      if (fits) visit([...hosts]);
      return;
    }
    chain.hosts.forEach((_, h) => {
      if (prices.compute[i]![h] === Infinity || !(chain.pieces[i]!.on?.includes(h) ?? true)) return;
      hosts.push(h);
      go();
      hosts.pop();
    });
  };
  go();
}

/** Ways without repeated hosts from one host to another, as links. */
function everyWay({ links }: Chain, from: number, to: number, passed: number[] = [from]): number[][] {
  if (from === to) return [[]];
  return links.flatMap(([a, b], link) => {
    const next = a === from ? b : b === from ? a : from;
    if (passed.includes(next)) return [];
    return everyWay({ links } as Chain, next, to, [...passed, next]).map((rest) => [link].concat(rest));
  });
}

function leastCost({ chain, prices }: Case): number {
  let best = Infinity;
  everyPlacement({ chain, prices }, (hosts) => {
    const stops = [chain.source, ...hosts, chain.answer.host];
    let total = 0;
    hosts.forEach((h, i) => {
      total += prices.compute[i]![h]!;
      if (i > 0 && hosts[i - 1] !== h) total += prices.enter?.[h] ?? 0;
    });
    stops.slice(1).forEach((to, i) => {
      const bytes = i < hosts.length ? chain.pieces[i]!.reads : chain.answer.bytes;
      const costs = everyWay(chain, stops[i]!, to).map((way) =>
        way.reduce((sum, link) => sum + prices.links[link]!.fixed + prices.links[link]!.perByte * bytes, 0),
      );
      total += Math.min(...costs);
    });
    best = Math.min(best, total);
  });
  return best;
}

test("any topology, pins and room: equal to brute force", () => {
  const random = randomStream(1, "chain");
  let [placed, searched] = [0, 0];
  for (let i = 0; i < 700; i++) {
    const one = randomChain(random);
    const expected = leastCost(one);
    if (expected === Infinity) {
      expect(() => placeChain(one.chain, one.prices), `instance ${i}`).toThrow(/no placement fits|no host can run/);
      continue;
    }
    placed++;
    const found = placeChain(one.chain, one.prices);
    expect(found.value, `instance ${i}`).toBeCloseTo(expected, 9);
    expect(chainCosts(one.chain, one.prices, found).total).toBe(found.value);
    expect(found.gap).toBe(0);
    if (found.paths > 1) searched++;
  }
  expect(placed).toBeGreaterThan(400);
  expect(searched).toBeGreaterThan(50);
});

test("a search that ends early states a bound that holds", () => {
  const random = randomStream(2, "chain");
  let open = 0;
  for (let i = 0; i < 300; i++) {
    const one = randomChain(random);
    const expected = leastCost(one);
    if (expected === Infinity) continue;
    try {
      const { value, bound, gap } = placeChain(one.chain, one.prices, { paths: 2 });
      expect(value).toBeGreaterThanOrEqual(expected - 1e-9);
      expect(bound).toBeLessThanOrEqual(expected + 1e-9);
      if (gap > 0) open++;
    } catch (error) {
      expect(error).toMatchObject({ code: "ERR_PLACEMENT_SEARCH" });
    }
  }
  expect(open).toBeGreaterThan(0);
});

test("where nearly all room is taken: proved, and better than single stretches where these are worse", () => {
  const random = randomStream(7, "chain");
  for (let i = 0; i < 3; i++) {
    const needs = Array.from({ length: 40 }, () => ({
      parameters: 1 + 9 * random.uniform(),
      activations: random.uniform(),
    }));
    const all = needs.reduce((sum, { parameters }) => sum + parameters, 0);
    const hosts = [{ name: "a" }, { name: "b" }, { name: "c" }];
    const limits = hosts.map(() => (1.2 * all) / 3);
    const chain: Chain = {
      pieces: needs.map((_, p) => ({ name: `p${p}`, reads: random.uniform() })),
      hosts,
      links: [
        [0, 1],
        [1, 2],
      ],
      source: 0,
      answer: { host: 0, bytes: 0.1 },
      room: { limits, needs },
    };
    const compute = needs.map(() => [3, 2, 1].map((scale) => scale * (0.5 + random.uniform())));
    const prices = { compute, links: [0, 1].map(() => ({ perByte: 0.5, fixed: 1 })) };
    const { value, gap, hosts: placed } = placeChain(chain, prices);
    expect(gap, `instance ${i}`).toBeLessThan(0.01);
    for (const h of [0, 1, 2])
      expect(
        hasRoom(
          chain,
          h,
          placed.flatMap((host, p) => (host === h ? [p] : [])),
        ),
      ).toBe(true);
    const pipeline = placePipeline(chain, prices);
    const ways = pipeline.hosts.map((h, p) => (p === 0 ? [] : h === pipeline.hosts[p - 1] ? [] : [h - 1]));
    const stretches = chainCosts(chain, prices, { hosts: pipeline.hosts, ways: [...ways, [0, 1]] });
    expect(value).toBeLessThanOrEqual(stretches.total);
  }
});

test("on a row of hosts never dearer than the minimum cut, and equal where nothing is gained by going back", () => {
  const random = randomStream(3, "chain");
  let equal = 0;
  for (let i = 0; i < 600; i++) {
    const { chain, prices } = randomChain(random, true);
    const tensors = chain.pieces.map(({ reads }, p) => ({
      producer: p === 0 ? null : p - 1,
      consumers: [p],
      bytes: reads,
    }));
    const outputs = [{ node: chain.pieces.length - 1, bytes: chain.answer.bytes }];
    const graph = { nodes: chain.pieces, tensors, outputs };
    try {
      const cut = placeTiers(
        { ...graph, tiers: chain.hosts },
        { compute: prices.compute, hops: prices.links, back: prices.links },
      );
      const found = placeChain(chain, prices);
      expect(found.value).toBeLessThanOrEqual(cut.value + 1e-9);
      if (found.hosts.every((h, p) => p === 0 || h >= found.hosts[p - 1]!)) {
        expect(found.value).toBeCloseTo(cut.value, 9);
        equal++;
      }
    } catch (error) {
      expect(error).toMatchObject({ code: "ERR_PLACEMENT_HOST" });
    }
  }
  expect(equal).toBeGreaterThan(300);
});

test("without room limits no dearer than hosts joined in any way, where ways do not depend on sizes", () => {
  const random = randomStream(4, "chain");
  for (let i = 0; i < 200; i++) {
    const { chain, prices } = randomChain(random);
    const { room: _, ...free } = chain;
    const flat = { compute: prices.compute, links: prices.links.map(({ perByte }) => ({ perByte, fixed: 0 })) };
    const links = chain.links.flatMap(([a, b], l) => [
      { from: a, to: b, ...flat.links[l]! },
      { from: b, to: a, ...flat.links[l]! },
    ]);
    const tensors = chain.pieces.map(({ reads }, p) => ({
      producer: p === 0 ? null : p - 1,
      consumers: [p],
      bytes: reads,
    }));
    const outputs = [{ node: chain.pieces.length - 1, bytes: chain.answer.bytes }];
    let expected: number;
    try {
      expected = placeHosts({
        nodes: chain.pieces,
        tensors,
        outputs,
        hosts: chain.hosts,
        links,
        source: chain.source,
        answerAt: chain.answer.host,
        compute: prices.compute,
      }).value;
    } catch {
      expect(() => placeChain(free, flat)).toThrow();
      continue;
    }
    expect(placeChain(free, flat).value).toBeCloseTo(expected, 9);
  }
});

test("pipelines: equal to every stretch along every way", () => {
  const random = randomStream(5, "chain");
  let placed = 0;
  for (let i = 0; i < 800; i++) {
    const { chain, prices } = randomChain(random, i % 3 === 0);
    const n = chain.pieces.length;
    let best = Infinity;
    const rest = (way: number[], at: number, done: number, worst: number, links: number[]): void => {
      for (let last = done; last <= n; last++) {
        const mine = Array.from({ length: last - done }, (_, p) => done + p);
        const may = mine.every(
          (p) => prices.compute[p]![at]! < Infinity && (chain.pieces[p]!.on?.includes(at) ?? true),
        );
        if (!may || !hasRoom(chain, at, mine)) break;
        const input = way.length > 1 && done < n ? prices.links[links.at(-1)!]!.perByte * chain.pieces[done]!.reads : 0;
        const entered = done > 0 && last > done ? (prices.enter?.[at] ?? 0) : 0;
        const compute = mine.reduce((sum, p) => sum + prices.compute[p]![at]!, entered);
        if (last === n) best = Math.min(best, Math.max(worst, input + compute));
        else {
          chain.links.forEach(([a, b], link) => {
            const next = a === at ? b : b === at ? a : at;
            if (way.includes(next)) return;
            const output = prices.links[link]!.perByte * chain.pieces[last]!.reads;
            rest([...way, next], next, last, Math.max(worst, input + compute + output), [...links, link]);
          });
        }
      }
    };
    rest([chain.source], chain.source, 0, 0, []);
    if (best === Infinity) {
      expect(() => placePipeline(chain, prices)).toThrow();
      continue;
    }
    placed++;
    const { value, loads, hosts } = placePipeline(chain, prices);
    expect(value).toBeCloseTo(best, 9);
    expect(Math.max(0, ...loads.map(({ load }) => load))).toBeCloseTo(value, 9);
    expect(hosts).toHaveLength(n);
  }
  expect(placed).toBeGreaterThan(400);
});

test("what is malformed is named", () => {
  const chain: Chain = {
    pieces: [{ name: "a", reads: 1 }],
    hosts: [{ name: "x" }, { name: "y" }],
    links: [],
    source: 0,
    answer: { host: 0, bytes: 0 },
  };
  const prices = { compute: [[1, 1]], links: [] };
  expect(() => placeChain({ ...chain, source: 2 }, prices)).toThrow("source: expected a host from 0 to 1, got 2");
  expect(() => placeChain(chain, { ...prices, compute: [[1, -1]] })).toThrow(
    'prices.compute[0] of "a": expected 2 costs',
  );
  expect(() => placeChain({ ...chain, pieces: [{ name: "a", reads: 1, on: [1] }] }, prices)).toThrow(
    "no links lead from x to the hosts",
  );
  expect(() =>
    placeChain({ ...chain, room: { limits: [0, 0], needs: [{ parameters: 1, activations: 0 }] } }, prices),
  ).toThrow("too little memory");
  expect(() =>
    placePipeline({ ...chain, room: { limits: [0, 0], needs: [{ parameters: 1, activations: 0 }] } }, prices),
  ).toThrow("no pipeline fits");
});
