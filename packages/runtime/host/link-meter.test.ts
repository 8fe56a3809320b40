/** @file What frames tell of a link. */
import { expect, test } from "vitest";
import { leastService, LinkMeter } from "./link-meter.ts";
import type { FrameRecord } from "./record.ts";

const frame = (captured: number, network: number | undefined, more: Partial<FrameRecord> = {}): FrameRecord => ({
  frame: 0,
  captured,
  deadlineMet: true,
  missing: 0,
  bytes: 1000,
  parts: network === undefined ? {} : { network },
  ...more,
});

test("messages one after the other, and messages that wait for each other, tell the same rate", () => {
  for (const apart of [1, 0.01]) {
    const meter = new LinkMeter(0);
    meter.roundTrip(0.02);
    // 1000 bytes, with headers 1090, at 87.2 kbit/s: 0.1 s each.
    let free = 0;
    for (let i = 0; i < 9; i++) {
      const sent = i * apart;
      free = Math.max(free, sent) + 0.1;
      meter.frame(frame(sent, free + 0.02 - sent), undefined);
    }
    const { rate, rtt, loss } = meter.window(false)!;
    expect([rate, rtt, loss]).toEqual([expect.closeTo(87_200, 3), 0.02, 0]);
  }
});

test("what takes no time on the link tells no more than clocks can; without a message nothing is told", () => {
  const meter = new LinkMeter(0.1);
  expect(meter.window(false)).toBeUndefined();
  meter.roundTrip(0.02);
  meter.frame(frame(0, 0.019), undefined);
  expect(meter.window(false)).toEqual({
    rate: expect.closeTo((8 * 1090) / leastService, 3) as number,
    rtt: 0.02,
    loss: 0.1,
  });
  meter.frame(frame(1, undefined, { exit: true, bytes: 0 }), undefined);
  expect(meter.window(false)).toBeUndefined();
});

test("no answers where some are due: the link passes nothing", () => {
  const meter = new LinkMeter(0);
  meter.roundTrip(0.02);
  expect(meter.window(true)).toMatchObject({ rate: 0 });
  meter.frame(frame(0, undefined, { deadlineMet: false, why: "lost" }), undefined);
  expect(meter.window(false)).toMatchObject({ rate: 0 });
  meter.frame(frame(0, undefined, { fallback: "local" }), undefined);
  expect(meter.window(false)).toMatchObject({ rate: 0 });
});

test("datagrams that are missing are a share of those that were sent in the last ten windows", () => {
  const meter = new LinkMeter(0);
  meter.roundTrip(0.02);
  for (let window = 0; window < 20; window++) {
    for (let i = 0; i < 4; i++) meter.frame(frame(i, 0.1, { missing: window < 10 && i === 0 ? 1 : 0 }), 300);
    const { loss } = meter.window(false)!;
    // Of 16 datagrams one; then fewer and fewer windows have some.
    expect(loss).toBeCloseTo(window < 10 ? 1 / 16 : (19 - window) / 160, 12);
  }
  meter.frame(frame(99, undefined, { why: "lost" }), 300);
  expect(meter.window(false)!.loss).toBeGreaterThan(0);
});
