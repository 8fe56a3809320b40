/** @file Links whose ways differ, as they are seen from either end. */
import { expect, test } from "vitest";
import { changed, directionOf, fastestRate, traceRate, turned, type LinkOptions } from "./link-options.ts";
import { packOpportunities, unpackOpportunities } from "./opportunities.ts";
import { hopsAlong, lossAlong, pathBetween, uplinkOf, withLoss, withUplink } from "./links.ts";

const alike: LinkOptions = {
  between: ["camera", "server"],
  rate: 5e6,
  delay: 0.01,
  loss: { rate: 0.01, burst: 1 },
  queue: 100,
  duplex: "full",
  header: 14,
};
const back = { ...directionOf(alike), rate: 50e6, loss: { rate: 0.03, burst: 2 } };
const differing: LinkOptions = { ...alike, jitter: { range: 0.002, distribution: "uniform", reorder: false }, back };
const study = (link: LinkOptions) => ({
  hosts: { camera: { speed: 1 }, server: { speed: 1 } },
  links: [link],
  frames: { host: "camera", rate: 10, count: 10, answer: { host: "camera", bytes: 16 } },
});

test("turned twice a link is itself; one whose ways are alike is not turned at all", () => {
  expect(turned(turned(differing))).toEqual(differing);
  expect(turned(differing)).toMatchObject({ between: ["server", "camera"], rate: 50e6, back: { rate: 5e6 } });
  expect(turned(differing)).not.toHaveProperty("jitter");
  expect(turned(alike)).toBe(alike);
});

test("a hop sees its link from where it comes, whichever way the study writes it", () => {
  for (const link of [differing, turned(differing)]) {
    expect(uplinkOf(study(link)).link).toEqual(differing);
    expect(pathBetween(study(link), "server", "camera")[0]!.link).toEqual(turned(differing));
    expect(hopsAlong(study(link), "server", ["link"])[0]!.link.rate).toBe(50e6);
  }
});

test("other losses and rates hold on the way back where both ways are alike, and not where they differ", () => {
  for (const link of [differing, turned(differing)]) {
    const lossy = uplinkOf(withLoss(study(link), 0.1)).link;
    expect([lossy.loss, lossy.back?.loss]).toEqual([{ rate: 0.1, burst: 1 }, back.loss]);
    // The link's own loss is the link.
    expect(withLoss(study(link), 0.01).links).toEqual([link]);
    const faster = uplinkOf(withUplink(study(link), () => ({ rate: 7e6 }))).link;
    expect([faster.rate, faster.back?.rate]).toEqual([7e6, 50e6]);
  }
  expect(changed(differing, { queue: 5 })).toMatchObject({ queue: 5, back: { queue: 5 } });
  expect(withLoss(study(alike), 0.1).links).toEqual([{ ...alike, loss: { rate: 0.1, burst: 1 } }]);
});

test("on links one after another more is lost, in runs that are long enough for it", () => {
  const lossy = (rate: number, burst: number) => ({ link: { ...alike, loss: { rate, burst } } });
  expect(lossAlong([lossy(0.1, 3), lossy(0.1, 2)])).toEqual({ rate: expect.closeTo(0.19, 12) as number, burst: 3 });
  const { rate, burst } = lossAlong([lossy(0.6, 2), lossy(0.6, 2)]);
  expect(rate).toBeCloseTo(0.84, 12);
  expect(burst).toBeCloseTo(0.84 / 0.16, 9);
  expect(lossAlong([lossy(0.6, 1), lossy(0.6, 1)]).burst).toBe(1);
});

test("the fastest that a packet may leave, and a trace's mean", () => {
  const steps = { times: [0, 1, 3], rates: [2e6, 8e6, 0] };
  const trace = { file: "a.csv", end: "repeat" as const, seconds: 4, steps };
  expect(traceRate(trace)).toBe((2e6 + 16e6) / 4);
  expect(fastestRate({ ...alike, rate: 4.5e6, trace })).toBe(8e6);
  expect(fastestRate({ ...alike, rate: 9e6, trace })).toBe(16e6);
  expect(fastestRate({ ...alike, bucket: 2000 })).toBe(Infinity);
  const opportunities = packOpportunities([5, 5, 10]);
  expect(traceRate({ file: "a.up", end: "repeat", seconds: 0.01, opportunities })).toBe(3.6e6);
});

test("opportunities are read as they were packed", () => {
  const milliseconds = [0, 0, 1, 36, 36, 72, 110, 1e6, 1e6 + 35];
  expect(packOpportunities(milliseconds)).toBe("001z0(36)(38)(999890)z");
  expect(unpackOpportunities(packOpportunities(milliseconds))).toEqual(milliseconds);
});
