/** @file Any valid link is simulated to its end: slow and fast, near and far, lossy, with short and deep queues. */
import { expect, test } from "vitest";
import { randomStream, type Random } from "../random/index.ts";
import {
  congestionNames,
  jitterNames,
  simulateMessages,
  type LinkParameters,
  type MessageScenario,
  type OutageOptions,
} from "./index.ts";
import { conservePackets } from "./testing/conservation.ts";

conservePackets();

/** Another seed or more links: `LINKS_SEED=7 LINKS=20000 vitest run links.test.ts`. */
const seed = Number(process.env["LINKS_SEED"] ?? 1);
const links = Number(process.env["LINKS"] ?? 3000);

/** Between `low` and `high`, each order of magnitude as often. */
const spread = (random: Random, low: number, high: number): number => low * (high / low) ** random.uniform();
/** Runs of several packets lose no more than such runs can. */
const possible = ({ rate, burst }: { rate: number; burst: number }): { rate: number; burst: number } => ({
  rate: burst === 1 ? rate : Math.min(rate, burst / (burst + 1)),
  burst,
});

const chance = (random: Random, share: number): boolean => random.uniform() < share;

function randomLink(random: Random): LinkParameters {
  const delay = chance(random, 0.1) ? 0 : Math.floor(spread(random, 1e3, 300e9));
  return {
    rate: spread(random, 100, 100e9),
    delay,
    loss: possible({ rate: chance(random, 0.3) ? 0 : 0.99 * random.uniform(), burst: chance(random, 0.3) ? 4 : 1 }),
    lossAt: chance(random, 0.5) ? "entry" : "exit",
    ...(chance(random, 0.7) && { queue: { packets: Math.floor(spread(random, 1, 1e6)) } }),
    ...(chance(random, 0.2) && {
      jitter: {
        range: Math.floor(delay * random.uniform()),
        distribution: jitterNames[random.integer(jitterNames.length)]!,
        reorder: chance(random, 0.7),
      },
    }),
    ...(chance(random, 0.2) && { outages: randomOutages(random) }),
    ...oneOf(random, [{ bucket: 1600 }, { codel: {} }, { duplex: "half" as const }, {}, {}, {}]),
  };
}

const oneOf = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)]!;

function randomOutages(random: Random): OutageOptions {
  if (chance(random, 0.5)) return { meanUp: spread(random, 1e5, 1e10), meanDown: spread(random, 1e5, 1e10) };
  const from = spread(random, 1e6, 1e10);
  return { down: [[from, from + spread(random, 1e6, 1e11)]] };
}

function randomScenario(random: Random, index: number): MessageScenario {
  const transport: MessageScenario["transport"] = chance(random, 0.3)
    ? { kind: "udp", payload: Math.floor(spread(random, 20, 65_507)), timeout: Math.floor(spread(random, 1e6, 600e9)) }
    : {
        kind: "tcp",
        cc: congestionNames[random.integer(congestionNames.length)]!,
        nagle: chance(random, 0.2),
        handshake: (["warm", "warm", "tcp", "tls"] as const)[random.integer(4)]!,
      };
  return {
    link: chance(random, 0.8) ? randomLink(random) : [randomLink(random), randomLink(random)],
    transport,
    bytes: Math.ceil(spread(random, 1, 300_000)),
    count: 1 + random.integer(4),
    gap: chance(random, 0.5) ? 0 : Math.floor(spread(random, 1, 3600e9)),
    seed: index,
  };
}

test(`${links} random links (seed ${seed}): each message arrives no sooner than light and rate allow, or is lost`, () => {
  const random = randomStream(seed, "links");
  const far = { tcp: 0, udp: 0 };
  for (let index = 0; index < links; index++) {
    const scenario = randomScenario(random, index);
    const what = `link ${index} of seed ${seed}: ${JSON.stringify(scenario)}`;
    let run;
    try {
      run = simulateMessages(scenario);
    } catch (error) {
      throw new Error(what, { cause: error });
    }
    const { rate, delay } = ("rate" in scenario.link ? scenario.link : scenario.link[0]) as {
      rate: number;
      delay: number;
    };
    // TCP's last segment takes at least its bytes' time; a bucket lets some of them go at once.
    const least = delay + Math.max(0, Math.min(scenario.bytes, 1000) - 1600) * (8e9 / rate);
    expect(run.oneWay.length, what).toBe(scenario.count);
    for (const time of run.oneWay) if (!(time === -1 || time >= Math.floor(least))) expect(time, what).toBe(least);
    for (let i = 1; i < run.started.length; i++) if (!(run.started[i]! >= run.started[i - 1]!)) throw new Error(what);
    if (delay > 134e9 && run.oneWay.some((time) => time >= 0)) far[scenario.transport.kind]++;
  }
  // The draw does reach what it is for: messages that arrive over round trips above 268 s.
  expect(Math.min(far.tcp, far.udp)).toBeGreaterThan(links / 1000);
}, 300_000);

test.each(congestionNames)("%s over a round trip of ten minutes estimates it, and delivers", (cc) => {
  const run = simulateMessages({
    link: { rate: 1e6, delay: 300e9 },
    transport: { kind: "tcp", cc },
    bytes: 40_000,
    count: 3,
    seed: 1,
  });
  // A time-out comes before every answer; BBR also narrows its window each ten seconds to measure the round trip.
  expect(run.oneWay.every((time) => time >= 300e9 && time < 3600e9)).toBe(true);
  expect(run.total).toHaveLength(3);
});

test("a megabyte over 9600 bit/s takes what its bytes take, queued for minutes or not", () => {
  const { oneWay } = simulateMessages({
    link: { rate: 9600, delay: 5e8 },
    transport: { kind: "tcp" },
    bytes: 1_000_000,
    count: 2,
    seed: 1,
  });
  const ideal = (1_000_000 * 8 * (1514 / 1448)) / 9600;
  for (const time of oneWay) expect(time / 1e9 / ideal).toBeGreaterThan(0.99);
  for (const time of oneWay) expect(time / 1e9 / ideal).toBeLessThan(1.1);
});

test("who opens a connection over more than two minutes gives up, as Linux does, and late answers do no harm", () => {
  const run = simulateMessages({
    link: { rate: 1e6, delay: 100e9 },
    transport: { kind: "tcp", handshake: "tcp" },
    bytes: 1000,
    count: 3,
    seed: 1,
  });
  expect(run.oneWay).toEqual([-1, -1, -1]);
});

test("years of simulated time: beyond 2^53 ns latencies are exact to what a double holds", () => {
  const { oneWay } = simulateMessages({
    link: { rate: 1e6, delay: 1e9 },
    transport: { kind: "tcp" },
    bytes: 1000,
    count: 40,
    gap: 1e15,
    seed: 1,
  });
  for (const time of oneWay) expect(Math.abs(time - oneWay[0]!)).toBeLessThan(64);
});
