import { expect, test } from "vitest";
import { smallSystem } from "../testing/systems.ts";
import { exhaustive, searchSystem } from "./index.ts";

// bench/system/search.ts does the same for many more.
test("the search finds what simulating every system finds, with few of the frames", () => {
  let [simulated, all, found] = [0, 0, 0];
  for (const seed of [3, 10, 17, 36]) {
    const system = smallSystem(seed);
    const search = searchSystem(system);
    const every = exhaustive(system);
    expect(search.best?.selection, `seed ${seed}`).toEqual(every.best?.selection);
    const { pruned, ...counts } = search.counts;
    const sum = counts.simulated + counts.partly + counts.untouched + Object.values(pruned).reduce((a, b) => a + b, 0);
    expect(sum).toBe(counts.all);
    expect(search.frames.all).toBe(every.frames);
    simulated += search.frames.simulated;
    all += every.frames;
    found += every.best ? 1 : 0;
  }
  expect(found).toBe(4);
  expect(simulated / all).toBeLessThan(0.1);
}, 120_000);

test("of flows that overload a host whatever they are designed as it is said by how much", () => {
  const system = smallSystem(3);
  const heavy = system.flows.map((flow) => ({
    ...flow,
    choices: flow.choices.map((one) => ({
      ...one,
      steps: [{ kind: "compute" as const, host: "server", work: "all", part: "tail", ns: 0.6e9 / flow.rate }],
    })),
  }));
  const cameras = system.flows.map(({ name }) => system.place.cameras.get(name)!.length);
  const { best, overloaded } = searchSystem({ ...system, flows: heavy });
  expect(best).toBeUndefined();
  expect(overloaded?.name).toBe("server");
  expect(overloaded?.load).toBeCloseTo(0.6 * cameras.reduce((a, b) => a + b));
  expect(overloaded?.flows.map(({ load }) => load)).toEqual(cameras.map((n) => expect.closeTo(0.6 * n)));
});
