import { expect, test } from "vitest";
import type { CodecSpec } from "../design/index.ts";
import type { Step } from "../frames/index.ts";
import { smallStudy, smallSystem } from "../testing/systems.ts";
import { latenciesByThen } from "./outcome.ts";
import { capacityOf, expand, faster, simulateSystem, type Choice, type System } from "./index.ts";

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
  const choice = { ...one.choices[0]!, steps };
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
  // A hundred frames of 10 ms each: the p95 is known, the share of late ones is within Wilson's interval of 0 of 100.
  const { intervals } = first!.flows[0]!;
  expect(intervals.p95).toEqual({ lo: expect.closeTo(0.01), hi: expect.closeTo(0.01) });
  expect(intervals.misses).toEqual({ lo: 0, hi: expect.closeTo(0.037, 3) });
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

/** One flow of so many cameras, whose frames are not late for a second. */
function flowOf(cameras: number, choice: Pick<Choice, "steps"> & Partial<Choice>): System {
  const one = smallSystem(3).flows[0]!;
  const choices = [{ ...one.choices[0]!, ...choice }];
  return {
    place: expand(smallStudy([cameras], [10], 100e6, 1)),
    flows: [{ ...one, name: "flow0", rate: 10, deadline: 1, requirements: [], choices }],
    requirements: [],
    objective: ["latency"],
    seconds: 10,
  };
}

test("cameras that begin in the midst of a burst have not waited for what came before it", () => {
  // The first half of 100 frames takes one and a half periods each, the rest nothing to speak of.
  const ns = Float64Array.from({ length: 100 }, (_, i) => (i < 50 ? 150e6 : 1e6));
  const system = flowOf(2, { steps: [{ kind: "compute", host: "camera0", work: "all", part: "head", ns }] });
  const { traces } = simulateSystem(system, [0]);
  const { bounds } = latenciesByThen(system, [0], 0.01);
  for (const [camera, all] of traces.entries())
    for (const [frame, { captured, finished }] of all.entries())
      expect(bounds[camera]![frame]!, `camera ${camera}, frame ${frame}`).toBeLessThanOrEqual(
        (finished - captured) / 1e9 + 1e-9,
      );
});

test("pictures that come with a hole are no answers, values are", () => {
  const transport = { kind: "udp", payload: 1400, timeout: 50e6 } as const;
  const links = ["camera0-switch", "switch-server"];
  const wire = {
    kind: "transfer",
    link: links,
    from: "camera0",
    to: "server",
    part: "wire",
    bytes: 50_000,
    transport,
  } as const;
  const lost = (codec: CodecSpec): number => {
    const crossings = [{ after: -1, links, codec, transport: { kind: "udp" as const } }];
    return simulateSystem(flowOf(1, { steps: [wire], crossings }), [0]).flows[0]!.cameras[0]!.framesLost;
  };
  // 36 datagrams, of which one in 500 is lost.
  expect(lost({ kind: "jpeg", quality: 90 })).toBeGreaterThan(2);
  expect(lost({ kind: "uint8" })).toBe(0);
});

test("a host that batches takes frames of one flow together, not those of flows with other models", () => {
  const steps: Step[] = [
    { kind: "compute", host: "server", work: "whole", part: "tail", ns: 10e6, together: [1, 1, 1, 1] },
  ];
  const study = smallStudy([2, 2], [10, 10], 100e6, 1);
  const server = { speed: 1, batch: { size: 4, timeout: 5e-3 } };
  const place = expand({ ...study, hosts: { ...study.hosts, server } });
  const atOnce = [...place.cameras].map(([name, all]) => [name, all.map((one) => ({ ...one, offset: 0 }))] as const);
  const flows = atOnce.map(([name]) => ({ ...flowOf(2, { steps }).flows[0]!, name }));
  const system = { ...flowOf(2, { steps }), place: { ...place, cameras: new Map(atOnce) }, flows };
  const { traces } = simulateSystem(system, [0, 0]);
  // Each waits for others of its flow until the time-out, and goes as a batch of two after the other.
  expect(traces.map(([first]) => first!.finished / 1e6)).toEqual([15, 15, 25, 25]);
});
