/** @file A host with several cores and one that serves in batches, against queueing theory and schedules made by hand. */
import { expect, test } from "vitest";
import { VirtualClock } from "../network/index.ts";
import { randomStream } from "../random/index.ts";
import { loadsOf, simulateFrames, type FrameScenario, type HostOptions, type HostOrder } from "./index.ts";
import { Host } from "./host.ts";
import type { Together, Visit } from "./visit.ts";

/** A millisecond of work. */
const SERVICE = 1e6;

/** Mean wait, in service times, of visits that come at random moments: a work of one length, or one that is done in batches. */
function poissonWait(perService: number, visits: number, options: HostOptions, together?: Together): number {
  const clock = new VirtualClock();
  const host = new Host(clock, "oldest", options);
  const random = randomStream(1, "arrivals");
  let waited = 0;
  const come = {
    fire: (count: number): void => {
      const came = clock.now;
      let begun = false;
      const visit: Visit = {
        captured: came,
        flow: undefined,
        together,
        proceed: () => {
          if (begun) return undefined;
          begun = true;
          waited += clock.now - came;
          return SERVICE;
        },
        leave: () => undefined,
        drop: () => undefined,
      };
      host.enter(visit);
      if (count > 1) clock.at(clock.now + Math.round((random.exponential() * SERVICE) / perService), come, count - 1);
    },
  };
  clock.at(0, come, visits);
  clock.run();
  return waited / visits / SERVICE;
}

/** Probabilities of 0, 1, ... of a Poisson number. */
const poisson = (mean: number, most: number): number[] => {
  const found = [Math.exp(-mean)];
  for (let k = 1; k <= most; k++) found.push((found[k - 1]! * mean) / k);
  return found;
};

/**
 * Crommelin 1932 (Tijms, A First Course in Stochastic Models, 9.6): the mean wait of M/D/c in service times, the sum over
 * i of P(X >= ic) - P(X > ic) / load, where X is Poisson of mean i c load.
 */
function mdc(load: number, cores: number): number {
  let sum = 0;
  for (let i = 1; i < 400 / cores; i++) {
    const shares = poisson(i * cores * load, i * cores);
    const at = shares.pop()!;
    const below = shares.reduce((a, b) => a + b, 0);
    sum += 1 - below - (1 - below - at) / load;
  }
  return sum;
}

/**
 * The mean wait of M/D/1 in batches of at most `size` that do not wait for each other (Bailey 1954; Neuts 1967): who is left
 * behind by a batch is a Markov chain, max(n - size, 0) + Poisson, or Poisson alone after a batch of one that found nobody.
 * The number that waits follows from the time that the chain spends with each number, its wait by Little's law.
 */
function bulkWait(perService: number, size: number): number {
  const most = 120;
  const come = poisson(perService, most);
  let left: number[] = Array.from({ length: most + 1 }, (_, n) => (n === 0 ? 1 : 0));
  for (let step = 0; step < 2000; step++) {
    const next = left.map(() => 0);
    for (const [n, share] of left.entries()) {
      const stay = Math.max(0, n - size);
      for (let more = 0; stay + more <= most; more++) next[stay + more]! += share * come[more]!;
    }
    left = next;
  }
  // A cycle is a service, and after nobody was left an idle time of 1 / rate; meanwhile who stays waits, and who comes waits half.
  const cycle = 1 + left[0]! / perService;
  const waiting = left.reduce((sum, share, n) => sum + share * Math.max(0, n - size), 0) + perService / 2;
  return waiting / cycle / perService;
}

const within = (found: number, expected: number): void => {
  expect(found / expected).toBeGreaterThan(0.99);
  expect(found / expected).toBeLessThan(1.01);
};

test.each([
  [1, 0.6, 500_000],
  [2, 0.6, 500_000],
  [4, 0.6, 1_000_000],
])("M/D/%i at a load of %f: mean wait within 1 %", (cores, load, visits) => {
  within(poissonWait(load * cores, visits, { cores }), mdc(load, cores));
});

test.each([
  [1, 0.6],
  [4, 2.8],
  [8, 6.4],
])("batches of at most %i that take as long as one, %f in a service time: mean wait within 1 %", (size, perService) => {
  const options = { batch: { size, timeout: 0 } };
  const together = { work: "w", times: Array.from({ length: size }, () => 1) };
  within(poissonWait(perService, 400_000, options, together), bulkWait(perService, size));
});

test("on cores without number who comes first waits for the time-out, and the others for the rest of it", () => {
  const [rate, timeout] = [0.7, 3];
  const options = { cores: 1024, batch: { size: 1024, timeout: timeout * SERVICE } };
  const together = { work: "w", times: Array.from({ length: 1024 }, () => 1) };
  const gathered = rate * timeout;
  within(poissonWait(rate, 400_000, options, together), (timeout + (gathered * timeout) / 2) / (1 + gathered));
});

const compute = (ms: number, together?: readonly number[]) =>
  ({ kind: "compute", host: "server", work: "w", part: "p", ns: ms * 1e6, ...(together && { together }) }) as const;
/** When frames of cameras were begun and finished, ms. */
function schedule(
  offsets: readonly number[],
  serving: HostOptions,
  steps: FrameScenario["flows"][number]["steps"],
  { count = 1, period = 1e9, order }: { count?: number; period?: number; order?: HostOrder } = {},
): [number, number][] {
  const flows = offsets.map((ms, i) => ({ name: `${i}`, period, offset: ms * 1e6, count, steps }));
  const scenario = {
    hosts: ["server"],
    serving: { server: serving },
    links: [],
    flows,
    seed: 1,
    ...(order && { order }),
  };
  return simulateFrames(scenario)
    .flat()
    .map(({ steps: [first], finished }) => [first!.served / 1e6, finished / 1e6]);
}

test("D/D/2: two of three at once, the third when the first is done", () => {
  expect(schedule([0, 1, 2], { cores: 2 }, [compute(4)])).toEqual([
    [0, 4],
    [1, 5],
    [4, 8],
  ]);
  // Steps that follow each other keep their core.
  expect(schedule([0, 1, 2], { cores: 2 }, [compute(1), compute(3)])).toEqual([
    [0, 4],
    [1, 5],
    [4, 8],
  ]);
});

test("a batch waits until it is full, or the first of it has waited long enough; a full host gathers meanwhile", () => {
  const work = [compute(4, [1, 1.25, 1.5])];
  const batch = { size: 3, timeout: 2e6 };
  expect(schedule([0, 1], { batch }, work)).toEqual([
    [2, 7],
    [2, 7],
  ]);
  expect(schedule([0, 1, 1.5], { batch }, work)).toEqual([
    [1.5, 7.5],
    [1.5, 7.5],
    [1.5, 7.5],
  ]);
  // The fourth and fifth have waited long enough when the core is free.
  expect(schedule([0, 0, 0, 1, 3.5], { batch }, work)).toEqual([
    [0, 6],
    [0, 6],
    [0, 6],
    [6, 11],
    [6, 11],
  ]);
  // Of no more than are measured together; and a time-out of nothing still waits for those of the same instant.
  expect(schedule([0, 0, 0], { cores: 2, batch: { size: 8, timeout: 0 } }, [compute(4, [1, 1.5])])).toEqual([
    [0, 6],
    [0, 6],
    [0, 4],
  ]);
});

test("only what can be done together is: other work is done alone, before and behind it", () => {
  const alone = { ...compute(1), work: "decode" };
  const steps = [alone, compute(4, [1, 1.25])];
  const traces = simulateFrames({
    hosts: ["server"],
    serving: { server: { batch: { size: 2, timeout: 10e6 } } },
    links: [],
    flows: [0, 0].map((offset, i) => ({ name: `${i}`, period: 1e9, offset, count: 1, steps })),
    seed: 1,
  });
  const times = traces.flat().map(({ steps: passed }) => passed.map(({ served, end }) => [served / 1e6, end / 1e6]));
  expect(times).toEqual([
    [
      [0, 1],
      [2, 7],
    ],
    [
      [1, 2],
      [2, 7],
    ],
  ]);
});

test("with `drop` the newest of each camera is in the batch", () => {
  const batch = { size: 2, timeout: 1e6 };
  const work = [compute(50, [1, 1])];
  const flows = [0, 5].map((ms, i) => ({ name: `${i}`, period: 20e6, offset: ms * 1e6, count: 3, steps: work }));
  const traces = simulateFrames({
    hosts: ["server"],
    serving: { server: { batch } },
    links: [],
    flows,
    seed: 1,
    order: "drop",
  });
  // The first goes alone at 1 ms and is done at 51; by then the newest are those of 40 and 45 ms.
  expect(traces.map((of) => of.map(({ finished, dropped }) => dropped ?? finished / 1e6))).toEqual([
    [51, "server", 101],
    ["server", "server", 101],
  ]);
});

test("a host's load is that of its cores, and of full batches", () => {
  const flows = [{ name: "f", period: 10e6, count: 10, steps: [compute(20, [1, 1, 1, 2])] }];
  const loadWith = (server: HostOptions): number => loadsOf({ flows, links: [], serving: { server } })[0]!.utilisation;
  expect(loadWith({})).toBeCloseTo(2, 12);
  expect(loadWith({ cores: 4 })).toBeCloseTo(0.5, 12);
  expect(loadWith({ cores: 2, batch: { size: 4, timeout: 0 } })).toBeCloseTo(0.5, 12);
  expect(loadWith({ batch: { size: 100, timeout: 0 } })).toBeCloseTo(1, 12);
});

test.each([
  [{ cores: 0 }, 'cores of host "server" to be a whole number from 1 to 1024, got 0'],
  [{ batch: { size: 1.5, timeout: 0 } }, 'batch.size of host "server" to be a whole number from 1 to 1024, got 1.5'],
  [{ batch: { size: 2, timeout: -1 } }, "whole ns from 0 to"],
])("%j is refused", (serving, message) => {
  expect(() => schedule([0], serving, [compute(1)])).toThrow(message);
});

test("times of batches that say nothing are refused", () => {
  expect(() => schedule([0], {}, [compute(1, [2])])).toThrow("to be 1 times that of one, got 2");
  expect(() => schedule([0], {}, [compute(1, [1, 0])])).toThrow("the time of 2 together");
});
