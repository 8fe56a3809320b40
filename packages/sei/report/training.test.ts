/** @file The training of bottlenecks as the page draws it. */
import type { Result } from "@split-et-impera/core/design";
import { parseHTML } from "linkedom";
import { expect, it } from "vitest";
import { syntheticResult } from "../testing/fixture.ts";
import { renderReport } from "./index.ts";

const sectionOf = (result: Result): Element | null =>
  parseHTML(renderReport(result)).document.querySelector("#training");
const plain = (element: Element): string => element.textContent.replace(/\s+/g, " ");
const ticks = (svg: Element): string[] =>
  [...svg.querySelectorAll('[aria-label="x-axis tick label"] text')].map((text) => text.textContent);

it("draws a line for each bottleneck and phase, and tells every number", () => {
  const result = syntheticResult();
  const training = result.training!;
  const section = sectionOf(result)!;
  for (const size of ["wide", "narrow"]) {
    const plots = [...section.querySelectorAll(`.${size} svg`)];
    expect(plots).toHaveLength(2);
    for (const svg of plots) {
      expect(svg.querySelectorAll('[aria-label="line"] path')).toHaveLength(2 * training.length);
      expect(ticks(svg).every((tick) => /^\d+$/.test(tick))).toBe(true);
    }
  }
  expect(section.querySelectorAll(".legend li")).toHaveLength(training.length);
  expect(section.querySelector(".legend")!.textContent).toContain("64x: 87.0\u00A0%");
  expect(plain(section.querySelector("figcaption")!)).toContain("Where a line begins anew");
  const rows = [...section.querySelectorAll("tbody tr")];
  expect(rows).toHaveLength(12);
  expect(rows[3]!.textContent).toContain(training[0]!.epochs[3]!.loss.toPrecision(3));
});

it("takes one epoch and hundreds, and images that are held back", () => {
  const result = syntheticResult();
  const [first] = result.training!;
  const [epoch] = first!.epochs;
  first!.epochs = [{ ...epoch!, held: { loss: 1.5, accuracy: 0.4 } }];
  result.training = [first!];
  const one = sectionOf(result)!;
  expect(one.querySelectorAll('.wide svg [aria-label="dot"] circle')).toHaveLength(4);
  expect(plain(one.querySelector("figcaption")!)).toContain("Rings are images that are held back");
  first!.epochs = Array.from({ length: 400 }, (_, i) => ({ ...epoch!, loss: 1 / (i + 1) }));
  const many = sectionOf(result)!;
  for (const svg of many.querySelectorAll("svg")) expect(ticks(svg).length).toBeLessThan(16);
  result.training = Array.from({ length: 30 }, (_, i) => ({ ...first!, compression: i + 2, epochs: [epoch!] }));
  const crowd = sectionOf(result)!;
  expect(crowd.querySelectorAll(".legend li")).toHaveLength(9);
  expect(plain(crowd.querySelector("figcaption")!)).toContain("The first 9 of 30 bottlenecks.");
  delete result.training;
  expect(sectionOf(result)).toBeNull();
});
