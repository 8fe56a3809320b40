/** @file The optimum over all cuts: against every cut tried by itself, everywhere on its axes and its map. */
import { randomStream } from "@split-et-impera/core/random";
import { describe, expect, it } from "vitest";
import { solveOptimum, type Optimum, type PricedModel } from "./optimum.ts";

const header = 14;

function modelOf(seed: number): PricedModel {
  const random = randomStream(seed, "optimum");
  const cuts = ["a", "b", "c", "d", "e"].map((name) => ({ name, values: 50 + random.integer(4000) }));
  const times = [...cuts, undefined].map(() => random.uniform() / 200);
  return {
    study: {
      hosts: { camera: { speed: 0.1 }, server: { speed: 1 } },
      links: [
        {
          between: ["camera", "server"],
          rate: 8e6,
          delay: 0.002,
          loss: { rate: 0, burst: 1 },
          queue: 9,
          duplex: "full",
          header,
        },
      ],
      frames: { host: "camera", rate: 20, count: 1, answer: { host: seed % 2 ? "camera" : "server", bytes: 16 } },
      explore: { scenarios: ["LC", "RC", "SC"], codecs: ["float32", "uint8"] },
    },
    hosts: { capturing: "camera", other: "server" },
    cuts,
    seconds: { camera: times.map((time) => time * (0.2 + 2 * random.uniform())), server: times },
    sent: [{ codec: "raw", bytes: 3000 }],
    memory: (here) => ({ here: 100 * here, there: 100 * (6 - here) }),
    candidates: ["b"],
  };
}

const total = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0);

interface Change {
  /** Factors of the link's rate and delay, and of the hosts' speeds. */
  rate?: number;
  delay?: number;
  camera?: number;
  server?: number;
}

/** Latency of every cut in the narrowest codec, from the words of the problem: `RC`, the cuts, `LC`. */
function all({ study, cuts, seconds, sent }: PricedModel, change: Change = {}): Map<string, number> {
  const { rate, delay } = study.links[0]!;
  const wire = (bytes: number): number =>
    (bytes * 8 * (1448 + 52 + header)) / 1448 / (rate * (change.rate ?? 1)) + delay * (change.delay ?? 1);
  const answerHere = study.frames.answer.host === "camera";
  return new Map(
    ["RC", ...cuts.map(({ name }) => name), "LC"].map((name, here) => {
      const compute =
        total(seconds["camera"]!.slice(0, here)) / (change.camera ?? 1) +
        total(seconds["server"]!.slice(here)) / (change.server ?? 1);
      if (name === "LC") return [name, compute + (answerHere ? 0 : wire(16))];
      return [name, compute + wire(here === 0 ? sent[0]!.bytes : cuts[here - 1]!.values) + (answerHere ? wire(16) : 0)];
    }),
  );
}

const least = (latencies: Map<string, number>): number => Math.min(...latencies.values());
const nameOf = ({ kind, cut }: Optimum["best"]): string => cut ?? kind;

describe("the optimum over all cuts", () => {
  it("is the least of all, proved, and every price is right", () => {
    const found = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      const model = modelOf(seed);
      const { best, value, gap, runnerUp, placements } = solveOptimum(model)!;
      const latencies = all(model);
      found.add(nameOf(best));
      expect(value).toBeCloseTo(least(latencies), 12);
      expect(latencies.get(nameOf(best))).toBeCloseTo(value, 12);
      expect(gap).toBeLessThan(1e-9);
      expect(runnerUp!.seconds).toBeCloseTo([...latencies.values()].toSorted((a, b) => a - b)[1]!, 12);
      // Both ends, and five cuts with two codecs.
      expect(placements).toHaveLength(12);
      for (const one of placements) {
        expect(one.over).toBeCloseTo(one.seconds - value, 12);
        expect(one.candidate).toBe(one.cut === undefined || one.cut === "b");
        if (one.codec !== "float32") expect(one.seconds).toBeCloseTo(latencies.get(nameOf(one))!, 12);
      }
    }
    expect(found.size).toBeGreaterThan(3);
  });

  it("changes where the lists say, and nowhere else", () => {
    let changes = 0;
    for (let seed = 0; seed < 30; seed++) {
      const model = modelOf(seed);
      const { breakEvens } = solveOptimum(model)!;
      const axes = [
        [breakEvens.rate, 8e6, "rate"],
        [breakEvens.delay, 0.002, "delay"],
        [breakEvens.speed["camera"]!, 0.1, "camera"],
        [breakEvens.speed["server"]!, 1, "server"],
      ] as const;
      for (const [list, given, what] of axes) {
        changes += list.length - 1;
        expect(list[0]!.from).toBeCloseTo(given / 1000, 9);
        expect(list.at(-1)!.to / given).toBeCloseTo(1000, 6);
        list.forEach((stretch, i) => {
          if (i > 0) expect(stretch.from).toBe(list[i - 1]!.to);
          const latencies = all(model, { [what]: Math.sqrt(stretch.from * stretch.to) / given });
          expect(latencies.get(nameOf(stretch))).toBeCloseTo(least(latencies), 12);
        });
      }
    }
    expect(changes).toBeGreaterThan(60);
  });

  it("has a map that says at any rate and speed what the solver would", () => {
    const random = randomStream(1, "map");
    for (let seed = 0; seed < 20; seed++) {
      const model = modelOf(seed);
      const { map } = solveOptimum(model)!;
      expect(map.exact).toBe(true);
      for (let i = 0; i < 50; i++) {
        const [rate, camera] = [10 ** (4 * random.uniform() - 2), 10 ** (4 * random.uniform() - 2)];
        const latencies = all(model, { rate, camera });
        const prices = map.regions.map(({ fixed, bits, work }) => fixed + bits / (8e6 * rate) + work / (0.1 * camera));
        const cheapest = Math.min(...prices);
        expect(cheapest).toBeCloseTo(least(latencies), 9);
        expect(latencies.get(nameOf(map.regions[prices.indexOf(cheapest)]!))).toBeCloseTo(cheapest, 9);
      }
      // At its corners a region is no dearer than any other.
      for (const region of map.regions) {
        for (const [rate, speed] of region.corners) {
          const cost = ({ fixed, bits, work }: typeof region): number => fixed + bits / rate + work / speed;
          expect(cost(region) / Math.min(...map.regions.map(cost))).toBeCloseTo(1, 6);
        }
      }
    }
  });

  it("keeps to the scenarios that the study explores, and to the hosts' memory", () => {
    const model = modelOf(3);
    const only = solveOptimum({
      ...model,
      study: { ...model.study, explore: { scenarios: ["SC"], codecs: ["float32"] } },
    })!;
    expect(only.placements.map(nameOf)).toEqual(["a", "b", "c", "d", "e"]);
    const limited = (memory: number): PricedModel => ({
      ...model,
      study: { ...model.study, hosts: { camera: { speed: 0.1, memory }, server: { speed: 1, memory: 450 } } },
    });
    expect(solveOptimum(limited(350))!.placements.map(nameOf)).toEqual(["b", "b", "c", "c"]);
    expect(solveOptimum(limited(150))).toBeUndefined();
    // What memory leaves out is named with what it needs: on either host.
    const { leftOut } = solveOptimum(limited(350))!;
    expect(leftOut).toContainEqual({ because: "memory", what: { kind: "LC" }, host: "camera", needs: 600, has: 350 });
    expect(leftOut).toContainEqual({
      because: "memory",
      what: { kind: "RC", codec: "raw" },
      host: "server",
      needs: 600,
      has: 450,
    });
    expect(leftOut!.map((one) => (one.because === "memory" ? (one.what.cut ?? one.what.kind) : one.because))).toEqual([
      "LC",
      "e",
      "d",
      "a",
      "RC",
    ]);
    expect(only.leftOut).toEqual([]);
  });

  it("prices what a segment behind a cut takes more, of splits alone", () => {
    const model = modelOf(3);
    const [free, paid] = [solveOptimum(model)!, solveOptimum({ ...model, entry: { server: 0.004 } })!];
    paid.placements.forEach(({ kind, seconds }, i) => {
      expect(seconds - free.placements[i]!.seconds).toBeCloseTo(kind === "SC" ? 0.004 : 0, 12);
    });
  });

  it("says which designs it is not about", () => {
    const model = modelOf(3);
    const bottleneck = { compression: 8, epochs: { frozen: 1, joint: 0 }, learningRate: 0.1, batch: 8, augment: [] };
    const explore = {
      ...model.study.explore,
      bottlenecks: [bottleneck],
      inputs: [{ format: "raw" as const }, { format: "jpeg" as const, quality: 90 }],
    };
    const study = { ...model.study, explore };
    expect(solveOptimum({ ...model, study, skipped: { many: 2, several: 3 } })!.leftOut).toEqual([
      { because: "bottleneck", compressions: [8] },
      { because: "coding", inputs: ["jpeg 90"] },
      { because: "many", cuts: 2 },
      { because: "several", cuts: 3 },
    ]);
  });
});
