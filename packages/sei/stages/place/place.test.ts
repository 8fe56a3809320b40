/** @file A study's placement: against all placements tried one by one, with costs, pins and memory. */
import { pricesOf, scaled } from "@split-et-impera/core/placement";
import { directionOf, turned } from "@split-et-impera/core/study";
import { randomStream } from "@split-et-impera/core/random";
import { describe, expect, it } from "vitest";
import { breakEvensOf } from "./change.ts";
import { hopOf } from "./hop.ts";
import { checkCosts, checkRoom, problemOf, type ProblemInput } from "./problem.ts";
import { solve, tradeOffs } from "./solve.ts";

const linkOf = (a: string, b: string, rate: number, delay: number): ProblemInput["study"]["links"][number] => ({
  between: [a, b],
  rate,
  delay,
  header: 14,
  loss: { rate: 0, burst: 1 },
  queue: 100,
  duplex: "full",
});

/** A chain of six pieces on two to four hosts: in a row, or with a shortcut from the first to the last. */
function input(seed: number, count: number, shortcut = false): ProblemInput {
  const random = randomStream(seed, `place/${count}`);
  const hosts = ["camera", "gateway", "server", "cloud"].slice(0, count);
  const names = ["a", "b", "c", "d", "e"];
  const pieces = [...names, undefined].map((to, i): ProblemInput["pieces"][number] => {
    const piece: { from?: string; to?: string; bytes: number; plainBytes: number } = { bytes: 0, plainBytes: 0 };
    if (i > 0) piece.from = names[i - 1]!;
    if (to === undefined) return piece;
    return Object.assign(piece, { to, bytes: 100 + random.integer(20_000) });
  });
  const links = hosts
    .slice(1)
    .map((host, h) => linkOf(host, hosts[h]!, 4e6 * (1 + random.uniform()), 0.003 * random.uniform()));
  if (shortcut) links.push(linkOf(hosts[0]!, hosts.at(-1)!, 2e6, 0.001));
  const times = pieces.map(() => random.uniform() / 100);
  return {
    study: {
      hosts: Object.fromEntries(hosts.map((host) => [host, { speed: 1 }])),
      links,
      frames: { host: "camera", rate: 20, count: 1, answer: { host: hosts[random.integer(count)]!, bytes: 16 } },
      placing: {
        currency: "EUR",
        hosts: Object.fromEntries(
          hosts.map((host) => [
            host,
            {
              power: 10 * random.uniform(),
              radio: random.uniform(),
              price: random.uniform(),
              keep: [],
              only: [],
              never: [],
            },
          ]),
        ),
        links: links.map(() => ({ energy: 1e-6 * random.uniform(), price: 1e-6 * random.uniform() })),
      },
    },
    pieces,
    seconds: Object.fromEntries(
      hosts.map((host, h) => [host, times.map((time) => (time * (1 + random.uniform())) / (h + 1))]),
    ),
    entry: Object.fromEntries(hosts.map((host) => [host, 0.001 * random.uniform()])),
    inputBytes: 5000,
    codec: 1,
    needs: pieces.map(() => ({ parameters: 100, activations: 50 })),
    open: pieces.map(() => hosts.map((_, h) => h)),
  };
}

/** Every other link takes back at another rate, after another delay. */
function differing(one: ProblemInput, seed: number): ProblemInput {
  const random = randomStream(seed, "differing");
  const links = one.study.links.map((link, l) =>
    l % 2 === 1
      ? link
      : {
          ...link,
          back: { ...directionOf(link), rate: 8e6 * (0.2 + random.uniform()), delay: 0.01 * random.uniform() },
        },
  );
  return { ...one, study: { ...one.study, links } };
}

interface Priced {
  latency: number;
  energy: number;
  price: number;
}

/** What a placement costs, from the words of the problem; messages go by the way that `by` makes cheapest. */
function costOf(one: ProblemInput, placed: readonly string[], by: (cost: Priced) => number): Priced {
  const { study, pieces, seconds, entry } = one;
  const total: Priced = { latency: 0, energy: 0, price: 0 };
  const add = ({ latency, energy, price }: Priced): void => {
    total.latency += latency;
    total.energy += energy;
    total.price += price;
  };
  const message = (from: string, to: string, bytes: number): Priced => {
    const ways = (at: string, passed: string[]): Priced[] => {
      if (at === to) return [{ latency: 0, energy: 0, price: 0 }];
      return study.links.flatMap((link, l) => {
        const next = link.between.includes(at) ? link.between.find((end) => end !== at)! : undefined;
        if (next === undefined || passed.includes(next)) return [];
        const seen = link.between[0] === at ? link : turned(link);
        const { secondsPerByte: perByte, delaySeconds: fixed } = hopOf(seen);
        const own = study.placing!.links[l]!;
        const [a, b] = link.between.map((end) => study.placing!.hosts[end]!.radio!);
        const wire = (perByte * seen.rate) / 8;
        return ways(next, [...passed, next]).map((rest) => ({
          latency: rest.latency + fixed + perByte * bytes,
          energy: rest.energy + wire * bytes * own.energy! + (a! + b!) * perByte * bytes,
          price: rest.price + wire * bytes * own.price!,
        }));
      });
    };
    return ways(from, [from]).reduce((best, way) => (by(way) < by(best) ? way : best));
  };
  const stops = [study.frames.host, ...placed, study.frames.answer.host];
  stops.slice(1).forEach((to, i) => {
    const bytes = i === 0 ? one.inputBytes : i < pieces.length ? pieces[i - 1]!.bytes : 16;
    add(message(stops[i]!, to, bytes));
  });
  placed.forEach((host, i) => {
    const { power, price } = study.placing!.hosts[host]!;
    const time = seconds[host]![i]! + (i > 0 && placed[i - 1] !== host ? entry[host]! : 0);
    add({ latency: time, energy: time * power!, price: time * price! });
  });
  return total;
}

function everyPlacement(hosts: readonly string[], length: number): string[][] {
  if (length === 0) return [[]];
  return everyPlacement(hosts, length - 1).flatMap((rest) => hosts.map((host) => [host].concat(rest)));
}

describe("the least cost of all placements, proved", () => {
  const weighings = [{ latency: 1 }, { energy: 1 }, { price: 1 }, { latency: 1, energy: 0.2 }];
  it.each([
    [2, false, 40, false],
    [3, false, 12, false],
    [3, true, 12, false],
    [4, true, 3, false],
    [2, false, 20, true],
    [3, true, 6, true],
  ])("on %i hosts (shortcut: %s; %i draws; links whose ways differ: %s)", (count, shortcut, seeds, differ) => {
    const used = new Set<number>();
    for (let seed = 0; seed < seeds; seed++) {
      const one = differ ? differing(input(seed, count, shortcut), seed) : input(seed, count, shortcut);
      const all = everyPlacement(Object.keys(one.study.hosts), one.pieces.length);
      for (const weights of weighings) {
        const by = (cost: Priced): number =>
          Object.entries(weights).reduce((sum, [name, weight]) => sum + weight * cost[name as keyof Priced], 0);
        const expected = Math.min(...all.map((placed) => by(costOf(one, placed, by))));
        const { value, bound, gap, segments, values, binding } = solve(problemOf(one), { weights });
        expect(value).toBeCloseTo(expected, 12);
        expect([bound, gap]).toEqual([value, 0]);
        const placed = segments.flatMap(({ host, pieces }) => Array<string>(pieces).fill(host));
        const told = costOf(one, placed, by);
        expect(by(told)).toBeCloseTo(expected, 12);
        for (const name of ["latency", "energy", "price"] as const) expect(values![name]).toBeCloseTo(told[name], 12);
        expect(binding.reduce((sum, { cost }) => sum + cost, 0)).toBeCloseTo(value, 12);
        used.add(segments.length);
      }
    }
    expect(used.size).toBeGreaterThan(1);
  });

  it("names the runner-up: the best with a piece elsewhere", () => {
    for (let seed = 0; seed < 20; seed++) {
      const one = input(seed, 3);
      const all = everyPlacement(Object.keys(one.study.hosts), one.pieces.length)
        .map((placed) => costOf(one, placed, ({ latency }) => latency).latency)
        .sort((a, b) => a - b);
      const { runnerUp } = solve(problemOf(one), "latency");
      expect(runnerUp).toMatchObject({ exact: true });
      expect(runnerUp!.value).toBeCloseTo(all[1]!, 12);
    }
  });

  it("trades costs off", () => {
    let found = 0;
    for (let seed = 0; seed < 10; seed++) {
      const one = input(seed, 3, true);
      const { points, exact } = tradeOffs(problemOf(one), ["latency", "energy"]);
      expect(exact).toBe(true);
      found += points.length;
      for (const [i, { values, weights }] of points.entries()) {
        const best = solve(problemOf(one), { weights });
        expect(weights.latency! * values.latency! + weights.energy! * values.energy!).toBeCloseTo(best.value, 9);
        if (i > 0) expect(values.energy!).toBeLessThan(points[i - 1]!.values.energy!);
      }
    }
    expect(found).toBeGreaterThan(12);
  });
});

describe("throughput", () => {
  it("is the least largest load of all pipelines along the links", () => {
    for (let seed = 0; seed < 40; seed++) {
      const one = input(seed, 3);
      const [h1, h2] = [hopOf(one.study.links[0]!).secondsPerByte, hopOf(one.study.links[1]!).secondsPerByte];
      const n = one.pieces.length;
      const sent = (j: number): number => (j === n ? 0 : j === 0 ? one.inputBytes : one.pieces[j - 1]!.bytes);
      const time = (host: string, i: number, j: number): number =>
        i === j ? 0 : one.seconds[host]!.slice(i, j).reduce((a, b) => a + b, 0) + (i > 0 ? one.entry[host]! : 0);
      let best = Infinity;
      for (let i = 0; i <= n; i++) {
        for (let j = i; j <= n; j++) {
          const loads = [
            time("camera", 0, i) + h1 * sent(i),
            h1 * sent(i) + time("gateway", i, j) + h2 * sent(j),
            h2 * sent(j) + time("server", j, n),
          ];
          best = Math.min(best, Math.max(...loads));
        }
      }
      const { value, gap, binding } = solve(problemOf(one), "throughput");
      expect(value).toBeCloseTo(best, 12);
      expect(gap).toBe(0);
      expect(binding.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    }
  });
});

describe("break-evens", () => {
  const changed = (one: ProblemInput, rate: number): ProblemInput => ({
    ...one,
    study: { ...one.study, links: one.study.links.map((link, l) => (l === 0 ? { ...link, rate } : link)) },
  });
  it.each(["latency", "throughput"] as const)("of %s are where the placement changes, and nowhere between", (goal) => {
    let changes = 0;
    for (let seed = 0; seed < 4; seed++) {
      const one = input(seed, 3);
      const { rate, delay, speed } = breakEvensOf(problemOf(one), goal, one.study);
      expect(Object.keys(rate)).toEqual(["gateway - camera", "server - gateway"]);
      expect(Object.keys(delay)).toEqual(goal === "latency" ? Object.keys(rate) : []);
      expect(Object.keys(speed)).toEqual(["camera", "gateway", "server"]);
      const stretches = rate["gateway - camera"]!;
      changes += stretches.length - 1;
      expect(stretches.slice(1).map(({ from }) => from)).toEqual(stretches.slice(0, -1).map(({ to }) => to));
      for (const { from, to, segments } of stretches) {
        for (const share of [0.1, 0.5, 0.9]) {
          const there = problemOf(changed(one, from ** (1 - share) * to ** share));
          const { value, segments: best } = solve(there, goal);
          if (goal === "latency") expect(best).toMatchObject(segments);
          else expect(value).toBeGreaterThan(0);
        }
      }
    }
    expect(changes).toBeGreaterThan(2);
  });
});

describe("memory", () => {
  const limited = (camera: number, gateway: number, server: number): ProblemInput => {
    const one = input(1, 3);
    const hosts = {
      camera: { speed: 1, memory: camera },
      gateway: { speed: 1, memory: gateway },
      server: { speed: 1, memory: server },
    };
    return { ...one, study: { ...one.study, hosts } };
  };

  it("bounds what every host runs", () => {
    const { room } = problemOf(limited(250, 350, 1e6));
    expect(room).toEqual({ camera: "the input to b", gateway: "c to the output" });
    const { segments, gap } = solve(problemOf(limited(250, 350, 350)), "latency");
    expect(gap).toBe(0);
    const pieces = (host: string): number =>
      segments.filter((one) => one.host === host).reduce((sum, one) => sum + one.pieces, 0);
    expect(pieces("camera")).toBeLessThanOrEqual(2);
    expect(pieces("gateway")).toBeLessThanOrEqual(3);
    expect(pieces("server")).toBeLessThanOrEqual(3);
  });

  it("says what is missing", () => {
    const checked = ({ study, pieces, needs, open }: ProblemInput): void => checkRoom(study, pieces, needs, open);
    expect(() => checked(limited(120, 140, 130))).toThrow(
      "no host can hold the input to a: it needs 150 B, the largest host, gateway, has 140 B",
    );
    expect(() => checked(limited(150, 160, 170))).toThrow(
      "no placement fits: the parameters alone need 600 B, the hosts have 480 B together",
    );
    expect(() => solve(problemOf(limited(200, 200, 210)), "latency")).toThrow("no placement fits");
  });
});

it("a cost that the study says nothing of is refused", () => {
  const { placing } = input(1, 2).study;
  expect(() => checkCosts(placing, ["latency", "energy", "price"])).not.toThrow();
  expect(() => checkCosts(undefined, ["energy"])).toThrow(
    "to place by energy, expected hosts.NAME.power, hosts.NAME.radio or links[].energy in the study, got none",
  );
});

it("prices scale with a rate, a delay or a speed", () => {
  const problem = problemOf(input(1, 3));
  const [at, twice] = [pricesOf(problem), pricesOf(scaled(problem, { of: "rate", link: 1 }, 2))];
  expect(twice.links[1]!.perByte).toBeCloseTo(2 * at.links[1]!.perByte, 15);
  expect(twice.links[0]).toEqual(at.links[0]);
  const slower = pricesOf(scaled(problem, { of: "speed", host: 2 }, 3));
  expect(slower.compute[0]![2]).toBeCloseTo(3 * at.compute[0]![2]!, 15);
  expect(slower.enter[2]).toBeCloseTo(3 * at.enter[2]!, 15);
});
