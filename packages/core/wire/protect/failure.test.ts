import { describe, expect, test } from "vitest";
import { createLoss } from "../../network/loss.ts";
import { randomStream } from "../../random/index.ts";
import { failureProbability, leastParity, messageFailure, packetPlan, type ProtectionSpec } from "./index.ts";

/** Share of messages that are not whole, sent one behind another over the simulator's own loss model. */
function simulated(
  spec: ProtectionSpec,
  bytes: number,
  payload: number,
  rate: number,
  burst: number,
  messages: number,
) {
  const loss = createLoss({ rate, burst }, randomStream(3, `${rate} ${burst} ${bytes}`))!;
  const plan = packetPlan(spec, bytes, payload);
  const count = plan.sizes.length;
  let failed = 0;
  for (let message = 0; message < messages; message++) {
    const missing: number[] = [];
    for (let i = 0; i < count; i++) if (loss.drops(0)) missing.push(i);
    if (missing.length > 0 && plan.repair(missing).length > 0) failed++;
    // Long enough for the link to forget.
    for (let i = 0; i < 12 * burst; i++) loss.drops(0);
  }
  return failed / messages;
}

describe("against the simulator's loss model", () => {
  const specs: ProtectionSpec[] = [
    { kind: "none" },
    { kind: "xor", group: 4 },
    { kind: "reed-solomon", parity: 0.25 },
    { kind: "reed-solomon", parity: 0.34, block: 3 },
    { kind: "repeat", times: 2 },
    { kind: "auto", failure: 0.05, rate: 0.1, burst: 3 },
  ];
  for (const [rate, burst] of [
    [0.1, 1],
    [0.1, 3],
    [0.3, 6],
    [0.54, 1.2],
  ] as const) {
    test.each(specs)(`%j at ${rate} in bursts of ${burst}`, (spec) => {
      const messages = 6000;
      for (const packets of [1, 6, 9]) {
        const told = messageFailure(spec, packets * 100, 100, { rate, burst });
        const seen = simulated(spec, packets * 100, 100, rate, burst, messages);
        // Five standard errors.
        expect(Math.abs(seen - told)).toBeLessThan(5 * Math.sqrt((told * (1 - told)) / messages) + 1e-3);
      }
    });
  }
});

test("independent losses are the binomial distribution's", () => {
  const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
  for (const [k, m, rate] of [
    [20, 4, 0.1],
    [3, 0, 0.02],
    [100, 20, 0.15],
  ] as const) {
    let whole = 0;
    for (let lost = 0; lost <= m; lost++) whole += choose(k + m, lost) * rate ** lost * (1 - rate) ** (k + m - lost);
    expect(failureProbability(k, { blocks: 1, parity: m }, { rate, burst: 1 })).toBeCloseTo(1 - whole, 12);
  }
});

test("every sequence of losses, weighed by the chain, adds up to the same", () => {
  const { rate, burst } = { rate: 0.2, burst: 2.5 };
  const [recover, fail] = [1 / burst, rate / (1 - rate) / burst];
  const layout = { blocks: 2, parity: 1 };
  const packets = 5;
  const count = packets + 2;
  let failed = 0;
  for (let losses = 0; losses < 2 ** count; losses++) {
    const lost = Array.from({ length: count }, (_, i) => (losses >> i) & 1);
    let p = lost[0] ? rate : 1 - rate;
    for (let i = 1; i < count; i++) {
      const toBad = lost[i - 1] ? 1 - recover : fail;
      p *= lost[i] ? toBad : 1 - toBad;
    }
    const of = (block: number): number =>
      lost.reduce((sum, one, i) => sum + ((i < packets ? i : i - packets) % 2 === block ? one : 0), 0);
    if (of(0) > 1 || of(1) > 1) failed += p;
  }
  expect(failureProbability(packets, layout, { rate, burst })).toBeCloseTo(failed, 12);
});

test("many blocks are told by a sum that is never too little, and near where failures are rare", () => {
  const loss = { rate: 0.02, burst: 2 };
  const layout = { blocks: 3, parity: 3 };
  const exact = failureProbability(60, layout, loss);
  const [first, second, third] = [0, 1, 2].map(() => failureProbability(20, { blocks: 1, parity: 3 }, loss));
  expect(exact).toBeGreaterThan(0);
  expect(exact).toBeLessThan(first! + second! + third!);
  const many = failureProbability(4000, { blocks: 20, parity: 20 }, loss);
  expect(many).toBeGreaterThan(0);
  expect(many).toBeLessThan(0.01);
});

describe("the least parity", () => {
  test.each([
    [1, 0.1, 3, 0.01],
    [6, 0.1, 3, 0.01],
    [20, 0.1, 1, 0.001],
    [20, 0.3, 3, 0.01],
    [240, 0.1, 3, 0.001],
    [600, 0.05, 2, 0.01],
  ])("of %i packets at %f in bursts of %i for %f: one less is not enough", (packets, rate, burst, wanted) => {
    const { blocks, parity } = leastParity(packets, { rate, burst }, wanted);
    expect(failureProbability(packets, { blocks, parity }, { rate, burst })).toBeLessThanOrEqual(wanted);
    expect(failureProbability(packets, { blocks, parity: parity - 1 }, { rate, burst })).toBeGreaterThan(wanted);
    expect(Math.ceil(packets / blocks) + parity).toBeLessThanOrEqual(255);
    if (blocks > 1) expect(packets + parity).toBeGreaterThan(255);
  });

  test("nothing where nothing is lost; the most that may be where all is", () => {
    expect(leastParity(9, { rate: 0, burst: 1 }, 1e-6)).toEqual({ blocks: 1, parity: 0 });
    expect(leastParity(9, { rate: 1, burst: 1 }, 0.1)).toEqual({ blocks: 1, parity: 18 });
    expect(leastParity(200, { rate: 1, burst: 1 }, 0.1)).toEqual({ blocks: 3, parity: 134 });
  });
});
