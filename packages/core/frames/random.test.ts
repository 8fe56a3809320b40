/** @file Any valid scenario is simulated to its end, and every frame is accounted for. */
import { expect, test } from "vitest";
import { conservePackets } from "../network/testing/conservation.ts";
import { randomStream, type Random } from "../random/index.ts";
import { hostOrders, loadsOf, overloadOf, simulateFrames, workSteps, type FrameScenario, type Step } from "./index.ts";

conservePackets();

/** Another seed or more scenarios: `FRAMES_SEED=7 FRAMES=5000 vitest run packages/core/frames/random.test.ts`. */
const seed = Number(process.env["FRAMES_SEED"] ?? 1);
const scenarios = Number(process.env["FRAMES"] ?? 400);

const spread = (random: Random, low: number, high: number): number => low * (high / low) ** random.uniform();
const chance = (random: Random, share: number): boolean => random.uniform() < share;

/** The hosts stand in a row, each joined with the next. */
const hosts = ["camera", "gateway", "edge", "cloud"];

function randomSteps(random: Random, count: number, depth: number): Step[] {
  return Array.from({ length: 1 + random.integer(4) }, (): Step => {
    const host = random.integer(hosts.length);
    if (depth > 0 && chance(random, 0.15)) {
      const taken = Uint8Array.from({ length: count }, () => random.integer(2));
      return { kind: "exit", taken, ...(chance(random, 0.5) && { steps: randomSteps(random, count, depth - 1) }) };
    }
    if (depth > 0 && chance(random, 0.15)) {
      const times = chance(random, 0.5)
        ? random.integer(4)
        : Uint32Array.from({ length: count }, () => random.integer(4));
      return { kind: "repeat", times, steps: randomSteps(random, count, depth - 1) };
    }
    if (chance(random, 0.5)) {
      const ns = (): number => Math.floor(spread(random, 1, 1e10));
      const all = chance(random, 0.5) ? ns() : Float64Array.from({ length: count }, ns);
      return { kind: "compute", host: hosts[host]!, work: "w", part: "p", ns: all };
    }
    let to = random.integer(hosts.length);
    if (to === host) to = (to + 1) % hosts.length;
    const between = Array.from({ length: Math.abs(to - host) }, (_, i) => `link${Math.min(host, to) + i}`);
    const bytes = (): number => Math.floor(spread(random, 1, 100_000));
    return {
      kind: "transfer",
      link: to > host ? between : between.toReversed(),
      from: hosts[host]!,
      to: hosts[to]!,
      part: "p",
      ...(chance(random, 0.5) && { due: Math.floor(spread(random, 1e5, 1e11)) }),
      bytes: chance(random, 0.5) ? bytes() : Uint32Array.from({ length: count }, bytes),
      transport: chance(random, 0.5)
        ? { kind: "tcp", cc: (["cubic", "reno", "bbr"] as const)[random.integer(3)]! }
        : {
            kind: "udp",
            payload: Math.floor(spread(random, 50, 9000)),
            timeout: Math.floor(spread(random, 1e6, 1e10)),
            resend: chance(random, 0.5),
          },
    };
  });
}

function randomScenario(random: Random, index: number): FrameScenario {
  const count = 1 + random.integer(12);
  return {
    hosts,
    order: hostOrders[random.integer(3)]!,
    links: hosts.slice(1).map((to, i) => ({
      name: `link${i}`,
      from: hosts[i]!,
      to,
      options: {
        rate: spread(random, 1e3, 1e11),
        delay: Math.floor(spread(random, 1e3, 300e9)),
        loss: { rate: chance(random, 0.4) ? 0 : 0.9 * random.uniform() },
        queue: { packets: Math.floor(spread(random, 1, 1e5)) },
        duplex: chance(random, 0.2) ? "half" : "full",
        ...(chance(random, 0.2) && { jitter: { range: Math.floor(spread(random, 1e3, 1e9)), reorder: true } }),
      },
    })),
    flows: Array.from({ length: 1 + random.integer(2) }, (_, flow) => ({
      name: `flow${flow}`,
      period: Math.floor(spread(random, 1e3, 1e11)),
      count,
      steps: randomSteps(random, count, 2),
    })),
    seed: index,
  };
}

test(`${scenarios} random scenarios (seed ${seed}) end, with every frame answered, lost or left out`, () => {
  const random = randomStream(seed, "scenarios");
  for (let index = 0; index < scenarios; index++) {
    const scenario = randomScenario(random, index);
    const what = `scenario ${index} of seed ${seed}`;
    let runs;
    try {
      runs = simulateFrames(scenario);
      for (const [i, flow] of scenario.flows.entries()) overloadOf(scenario, flow, runs[i]);
    } catch (error) {
      throw new Error(what, { cause: error });
    }
    for (const { utilisation } of loadsOf(scenario)) expect(utilisation, what).toBeGreaterThanOrEqual(0);
    for (const [i, traces] of runs.entries()) {
      const { count, steps } = scenario.flows[i]!;
      expect(traces.length, what).toBe(count);
      const { length } = workSteps(steps);
      for (const { captured, finished, dropped, steps: passed } of traces) {
        const last = passed.at(-1);
        for (const { step, start, served, end } of passed) {
          if (!(step < length && start >= captured && served >= start && (end < 0 || end >= served)))
            throw new Error(what);
        }
        // What did not finish was lost in its last step, or left out of it.
        if (finished < 0) expect(last!.end, what).toBe(-1);
        else expect(finished, what).toBe(last?.end ?? captured);
        if (dropped !== undefined) expect([finished, scenario.order], what).toEqual([-1, "drop"]);
      }
    }
  }
}, 120_000);
