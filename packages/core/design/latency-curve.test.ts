import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { latencyCurve } from "./latency-curve.ts";

const within = (latencies: Float64Array, seconds: number): number =>
  latencies.filter((latency) => latency <= seconds).length / latencies.length;

test("every point is the share of all frames answered by then, also where some never were", () => {
  const random = randomStream(1, "latencies");
  for (const [count, lost] of [
    [1, 0],
    [7, 2],
    [400, 13],
    [1000, 0],
  ] as const) {
    const latencies = Float64Array.from({ length: count }, (_, i) => (i < lost ? Infinity : 0.01 + random.uniform()));
    const { seconds, share } = latencyCurve(latencies);
    expect(seconds.length).toBeLessThanOrEqual(33);
    expect(share).toEqual(seconds.map((one) => within(latencies, one)));
    const answered = latencies.filter((latency) => latency < Infinity);
    expect([seconds[0], seconds.at(-1)]).toEqual([Math.min(...answered), Math.max(...answered)]);
    // Nothing between two points is further than a twentieth from either.
    if (count === 1000) for (const [i, one] of share.entries()) expect(one - (share[i - 1] ?? 0)).toBeLessThan(0.051);
  }
});

test("frames that take equally long are one point, and no answers are none", () => {
  const latencies = Float64Array.of(0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.4, Infinity, 0.2, 0.2);
  expect(latencyCurve(latencies)).toEqual({ seconds: [0.2, 0.4], share: [0.8, 0.9] });
  expect(latencyCurve(Float64Array.of(Infinity, Infinity))).toEqual({ seconds: [], share: [] });
});
