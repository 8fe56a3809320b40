import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { VirtualClock, type EventId } from "./index.ts";

test("events fire by time, then in the order of scheduling", () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  const handler = { fire: (argument: number) => void fired.push(argument) };
  for (const [argument, time] of [5, 3, 5, 1, 3].entries()) clock.at(time, handler, argument);
  expect(clock.run()).toBe(true);
  expect(fired).toEqual([3, 1, 4, 0, 2]);
});

test("against a sorted list, with cancellations, 20 000 times", () => {
  const random = randomStream(1, "clock");
  const clock = new VirtualClock();
  const waiting = new Map<number, { id: EventId; time: number }>();
  const fired: { time: number; argument: number }[] = [];
  let last = 0;
  const handler = {
    fire: (argument: number) => {
      expect(clock.now).toBeGreaterThanOrEqual(last);
      last = clock.now;
      expect(waiting.get(argument)!.time).toBe(clock.now);
      waiting.delete(argument);
      fired.push({ time: clock.now, argument });
    },
  };
  for (let step = 0; step < 20_000; step++) {
    const time = clock.now + random.integer(1000);
    waiting.set(step, { id: clock.at(time, handler, step), time });
    if (random.uniform() < 0.3) {
      const [argument, { id }] = [...waiting][random.integer(waiting.size)]!;
      clock.cancel(id);
      waiting.delete(argument);
    }
    if (random.uniform() < 0.3) clock.run(clock.now + random.integer(200));
  }
  clock.run();
  expect(waiting.size).toBe(0);
  expect(clock.pending).toBe(0);
  // Arguments rise with scheduling: equal times keep that order.
  const sorted = [...fired].sort((a, b) => a.time - b.time || a.argument - b.argument);
  expect(fired).toEqual(sorted);
});

test("the past is a bug", () => {
  const clock = new VirtualClock();
  clock.at(10, { fire: () => clock.at(9, { fire: () => undefined }) });
  expect(() => clock.run()).toThrow("internal:");
});
