import { expect, test } from "vitest";
import type { Step } from "../frames/index.ts";
import { smallStudy, smallSystem } from "../testing/systems.ts";
import { latenciesByThen } from "./outcome.ts";
import { capacityOf, expand, faster, simulateSystem, type System } from "./index.ts";

test("copies have links of their own and capture spread over the time between two frames", () => {
  const place = expand(smallStudy([3, 1], [10, 20], 20e6, 1));
  expect(Object.keys(place.hosts)).toEqual(["camera0-1", "camera0-2", "camera0-3", "camera1", "switch", "server"]);
  expect(place.links.map(({ between }) => between.join("-"))).toEqual([
    "camera0-1-switch",
    "camera0-2-switch",
    "camera0-3-switch",
    "camera1-switch",
    "switch-server",
  ]);
  const cameras = place.cameras.get("flow0")!;
  expect(cameras.map(({ offset }) => offset)).toEqual([0, 0.1 / 3, 0.2 / 3]);
  expect(cameras[2]!.links).toEqual({ "camera0-switch": "camera0-3-switch", "switch-server": "switch-server" });
  expect(place.named("camera0-switch")).toHaveLength(3);
});

/** One flow of so many cameras, whose frames take 10 ms of the server and nothing else. */
function served(cameras: number): System {
  const study = smallStudy([cameras], [10], 100e6, 1);
  const [flow] = study.system!.flows;
  const steps: Step[] = [{ kind: "compute", host: "server", work: "all", part: "tail", ns: 10e6 }];
  const one = smallSystem(3).flows[0]!;
  const choice = { ...one.choices[0]!, steps, quickest: new Float64Array(1000).fill(0.01) };
  return {
    place: expand(study),
    flows: [{ ...one, name: flow!.name, rate: 10, deadline: 0.05, requirements: [], choices: [choice] }],
    requirements: [
      { text: "utilisation of server <= 75 %", metric: "utilisation", of: "server", operator: "<=", value: 0.75 },
    ],
    objective: ["latency"],
    seconds: 10,
  };
}

test("a server carries as many cameras as its time allows, and twice as many when it is twice as fast", () => {
  // 10 ms at 10 frames a second are a tenth of the server.
  const now = capacityOf(served, [0]);
  expect(now).toMatchObject({ most: 7, open: false });
  const [first] = now.steps.filter(({ carries }) => !carries);
  expect(first).toMatchObject({
    cameras: 8,
    broken: [{ text: "utilisation of server <= 75 %", value: expect.closeTo(0.8) }],
  });
  expect(capacityOf((n) => faster(served(n), "server", "host", 2), [0]).most).toBe(15);
  expect(capacityOf((n) => faster(served(n), "switch-server", "link", 2), [0]).most).toBe(7);
  expect(capacityOf(served, [0], 4)).toMatchObject({ most: 4, open: true });
});

test("together, cameras that capture at once wait for each other; spread they do not", () => {
  const spread = served(4);
  const all = spread.place.cameras.get("flow0")!.map((camera) => ({ ...camera, offset: 0 }));
  const together = { ...spread, place: { ...spread.place, cameras: new Map([["flow0", all]]) } };
  const worst = (system: System): number => simulateSystem(system, [0]).latency.value;
  expect(worst(spread)).toBeCloseTo(0.01);
  expect(worst(together)).toBeCloseTo(0.04);
});

test("what is known of frames after a part of the time is not more than they take in all of it", () => {
  const system = smallSystem(23);
  const selection = system.flows.map(() => 1);
  const { bounds } = latenciesByThen(system, selection, 0.3);
  const { traces } = simulateSystem(system, selection);
  let exact = 0;
  for (const [i, all] of traces.entries())
    for (const [frame, { captured, finished }] of all.entries()) {
      const latency = finished < 0 ? Infinity : (finished - captured) / 1e9;
      expect(bounds[i]![frame]!).toBeLessThanOrEqual(latency + 1e-12);
      if (bounds[i]![frame] === latency) exact++;
    }
  expect(exact).toBeGreaterThan(0.2 * traces.flat().length);
});

test("cameras that begin in the midst of a burst have not waited for what came before it", () => {
  const study = smallStudy([2], [10], 100e6, 1);
  const one = smallSystem(3).flows[0]!;
  // The first half of 100 frames takes three periods of the server each, the rest nothing to speak of.
  const ns = Float64Array.from({ length: 100 }, (_, i) => (i < 50 ? 150e6 : 1e6));
  const steps: Step[] = [{ kind: "compute", host: "camera0", work: "all", part: "head", ns }];
  const system: System = {
    place: expand(study),
    flows: [{ ...one, name: "flow0", rate: 10, deadline: 1, requirements: [], choices: [{ ...one.choices[0]!, steps }] }],
    requirements: [],
    objective: ["latency"],
    seconds: 10,
  };
  const { traces } = simulateSystem(system, [0]);
  const { bounds } = latenciesByThen(system, [0], 0.01);
  for (const [camera, all] of traces.entries())
    for (const [frame, { captured, finished }] of all.entries())
      expect(bounds[camera]![frame]!, `camera ${camera}, frame ${frame}`).toBeLessThanOrEqual((finished - captured) / 1e9 + 1e-9);
});
