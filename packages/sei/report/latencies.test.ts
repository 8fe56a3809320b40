/** @file The distribution of frames' latencies as the page draws it. */
import type { DesignResult, Result } from "@split-et-impera/core/design";
import { parseHTML } from "linkedom";
import { expect, it } from "vitest";
import { syntheticResult } from "../testing/fixture.ts";
import { renderReport } from "./index.ts";

const sectionOf = (result: Result): Element | null =>
  parseHTML(renderReport(result)).document.querySelector("#latencies");

/** The lines of a plot by their designs, in pixels. */
function linesOf(svg: Element): Map<string, [x: number, y: number][]> {
  const lines = [...svg.querySelectorAll('[aria-label="line"] path')];
  return new Map(
    lines.map((line) => {
      const points = line.getAttribute("d")!.matchAll(/[ML]([\d.]+),([\d.]+)/g);
      return [line.querySelector("title")!.textContent, Array.from(points, ([, x, y]) => [Number(x), Number(y)])];
    }),
  );
}

const plain = (element: Element): string => element.textContent.replace(/\s+/g, " ");

it("has a line for whatever the verdict names, LC and the best RC, and says what is in time", () => {
  const result = syntheticResult();
  const { recommended, runnerUp } = result.verdict;
  const section = sectionOf(result)!;
  const [whole, tail] = section.querySelectorAll(".wide svg");
  const drawn = [...linesOf(whole!).keys()];
  const best = (kind: string): string => result.designs.find((design) => design.kind === kind)!.id;
  expect(drawn).toEqual(expect.arrayContaining([recommended, runnerUp!.id, best("LC"), best("RC")]));
  expect(drawn.length).toBeLessThanOrEqual(7);
  expect(drawn).toEqual(expect.arrayContaining([...linesOf(tail!).keys()]));
  expect(linesOf(tail!).has(recommended!)).toBe(true);
  const chosen = result.designs.find(({ id }) => id === recommended)!;
  const share = (100 * (1 - chosen.deadlineMisses.value)).toFixed(1);
  expect(section.querySelector(".legend")!.textContent).toContain(`${share}\u00A0% in time`);
  const rows = [...section.querySelectorAll("tbody tr")];
  expect(rows).toHaveLength(result.designs.length);
  expect(rows[0]!.textContent).toContain(String(Number((1000 * chosen.latency.median.value).toPrecision(3))));
});

it("shows frames that are never answered as a line that ends below the top, and names how many", () => {
  const result = syntheticResult();
  const change = (design: DesignResult, share: number): void => {
    design.latency.curve = { seconds: [0.02, 0.03], share: [share / 2, share] };
  };
  const [first, second] = result.designs;
  change(first!, 1);
  change(second!, 0.95);
  second!.framesLost = 20;
  result.verdict.runnerUp = { id: second!.id, because: [] };
  const section = sectionOf(result)!;
  const [whole, tail] = section.querySelectorAll(".wide svg");
  const end = (svg: Element, { id }: DesignResult): number => linesOf(svg).get(id)!.at(-1)![1];
  const height = (svg: Element): number => Number(svg.getAttribute("height"));
  expect(end(whole!, second!) - end(whole!, first!)).toBeCloseTo(0.05 * (height(whole!) - 50), 0);
  expect(end(tail!, second!) - end(tail!, first!)).toBeCloseTo(0.5 * (height(tail!) - 66), 0);
  expect(plain(section.querySelector("figcaption")!)).toMatch(/never answered: .* 20/);
  // One that answers fewer than nine in ten has no place in the upper tenth.
  change(second!, 0.5);
  const [, without] = sectionOf(result)!.querySelectorAll(".wide svg");
  expect(linesOf(without!).has(second!.id)).toBe(false);
});

it("leaves out what is overloaded, ends at three times the deadline, and draws nothing for results without curves", () => {
  const result = syntheticResult();
  const [first] = result.designs;
  first!.overload = { offered: 20, sustained: 3 };
  const rc = result.designs.find(({ kind }) => kind === "RC")!;
  rc.latency.curve = { seconds: [0.04, 12], share: [0.5, 1] };
  // One whose first answer comes beyond the axis lies on it.
  const lc = result.designs.find(({ kind }) => kind === "LC")!;
  lc.latency.curve = { seconds: [11, 12], share: [0.5, 1] };
  const section = sectionOf(result)!;
  expect(linesOf(section.querySelector(".wide svg")!).has(first!.id)).toBe(false);
  const [begin, end] = linesOf(section.querySelector(".wide svg")!).get(lc.id)!;
  expect(end![0] - begin![0]).toBeGreaterThan(900);
  expect(end![1]).toBe(begin![1]);
  expect(plain(section.querySelector("figcaption")!)).toContain("Left out, because its latency grows");
  expect(plain(section.querySelector("figcaption")!)).toContain("three times the deadline");
  expect(section.querySelector(".wide svg")!.textContent).not.toMatch(/\d\u00A0s/);
  for (const { latency } of result.designs) delete latency.curve;
  expect(sectionOf(result)).toBeNull();
});
