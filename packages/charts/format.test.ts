/** @file Numbers, and short names. */
import { splitDesign } from "@split-et-impera/core/design";
import { describe, expect, it } from "vitest";
import { bound, bytes, duration, fps, glue, grouped, percent, plusMinus, rate, seconds, trim } from "./format.ts";
import { ellipsis, namesOf } from "./names.ts";
import { chartResult } from "./testing/fixture.ts";

const plain = (text: string): string => text.replace(/[\u00A0\u202F]/g, " ");

describe("numbers", () => {
  it("choose the unit and keep three digits", () => {
    const pairs: [string, string][] = [
      [seconds(0), "0 ms"],
      [seconds(0.000_042_1), "42 µs"],
      [seconds(0.004_21), "4.2 ms"],
      [seconds(0.031_24), "31.2 ms"],
      [seconds(0.312_4), "312 ms"],
      [seconds(0.9996), "1.00 s"],
      [seconds(12.34), "12.3 s"],
      [seconds(Infinity), "–"],
      [bytes(0), "0 B"],
      [bytes(999), "999 B"],
      [bytes(999.7), "1 kB"],
      [bytes(64e6), "64 MB"],
      [bytes(3_072), "3.07 kB"],
      [rate(100e6), "100 Mbit/s"],
      [fps(20), "20.0 fps"],
      [fps(1536), "1.54 k fps"],
      [percent(0.866), "86.6 %"],
      [percent(-0.0001), "0.0 %"],
      [percent(Number.NaN), "–"],
      [duration(412.7), "6 min 53 s"],
      [duration(3.14), "3.1 s"],
      [grouped(1_234_567), "1 234 567"],
      [plusMinus({ value: 0.85, lo: 0.83, hi: 0.86, n: 1 }), "±1.5"],
    ];
    for (const [shown, wanted] of pairs) expect(plain(shown)).toBe(wanted);
  });

  it("lose empty digits where they are what someone asked for", () => {
    expect(plain(trim(seconds(0.05)))).toBe("50 ms");
    expect(trim("88.50 %")).toBe("88.5 %");
    expect(trim("100 ms")).toBe("100 ms");
    const text = "latency p95 <= 50 ms";
    const requirement = { text, metric: "latency", statistic: "p95", operator: "<=", value: 0.05 } as const;
    expect(plain(bound(requirement))).toBe("≤ 50 ms");
  });

  it("stay with their units in a sentence", () => {
    expect(glue("p95 31 ms of 50 ms, 1 frame, 3 designs")).toBe(
      "p95 31\u00A0ms of 50\u00A0ms, 1\u00A0frame, 3 designs",
    );
  });
});

describe("names", () => {
  const withCuts = (...cuts: (string | string[])[]) => {
    const result = chartResult({ saliency: false, designs: 1 });
    const [template] = result.designs;
    const ends = { inputs: ["input"], outputs: ["logits"] };
    result.designs = cuts.map((cut) => ({
      ...structuredClone(template!),
      ...splitDesign(result.study, ends, ["camera", "server"], [{ cut: [cut].flat(), codec: "uint8" }]),
      id: `SC@${[cut].flat().join()} uint8 tcp`,
      kind: "SC",
    }));
    return namesOf(result);
  };

  it("lose what exporters add", () => {
    const names = withCuts("/features/features.43/MaxPool_output_0", "/layer1/layer1.0/conv1/Conv_output_0", "pool:0");
    expect(names.tensor("/features/features.43/MaxPool_output_0")).toBe("features.43/MaxPool");
    expect(names.brief("/features/features.43/MaxPool_output_0")).toBe("features.43");
    expect(names.brief("/layer1/layer1.0/conv1/Conv_output_0")).toBe("layer1.0/conv1");
    expect(names.brief("pool:0")).toBe("pool");
    expect(names.label("SC@/features/features.43/MaxPool_output_0 uint8 tcp")).toBe("SC@features.43 uint8 tcp");
  });

  it("stay apart", () => {
    const cuts = ["/a/a.1/Conv_output_0", "/a/a.1/Relu_output_0", "a.1", "/a.1", "x".repeat(80), `${"x".repeat(79)}y`];
    const names = withCuts(...cuts);
    for (const shorten of [names.tensor, names.brief]) expect(new Set(cuts.map(shorten)).size).toBe(cuts.length);
  });

  it("lose their common beginning in narrow places", () => {
    const names = withCuts("/features/features.3/Conv_output_0", "/features/features.13/Conv_output_0");
    expect(names.tiny("SC@/features/features.13/Conv_output_0 uint8 tcp")).toBe("SC@…13 uint8 tcp");
  });

  it("of several tensors are those of each, and stay apart where they are cut short", () => {
    const [down, up] = ["/block1/Relu_output_0", "/block1/conv2/Conv_output_0"];
    const names = withCuts([down, up], ["x".repeat(40), "z"], ["x".repeat(40), "y"], "a,b");
    expect(names.tensor(`${down},${up}`)).toBe("block1/Relu, block1/conv2/Conv");
    expect(names.brief(`${down},${up}`)).toBe("block1, block1/conv2");
    expect(names.label(`SC@${down},${up} uint8 tcp`)).toBe("SC@block1, block1/conv2 uint8 tcp");
    expect(names.tensor("a,b")).toBe("a,b");
    expect(names.brief(`${"x".repeat(40)},z`)).not.toBe(names.brief(`${"x".repeat(40)},y`));
  });

  it("of unknown tensors and designs are themselves, harmless", () => {
    const names = withCuts();
    expect(names.tensor("a\u001B[31m")).toBe("a\uFFFD[31m");
    expect(names.label("LC")).toBe("LC");
  });

  it("are shortened in the middle", () => {
    expect(ellipsis("abcdefghij", 10)).toBe("abcdefghij");
    expect(ellipsis("abcdefghijk", 7)).toBe("ab…hijk");
  });
});
