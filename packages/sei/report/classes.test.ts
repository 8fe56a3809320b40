/** @file Accuracy by class as the page shows it. */
import type { Result } from "@split-et-impera/core/design";
import { parseHTML } from "linkedom";
import { expect, it } from "vitest";
import { syntheticResult } from "../testing/fixture.ts";
import { renderReport } from "./index.ts";

const sectionOf = (result: Result): Element | null =>
  parseHTML(renderReport(result)).document.querySelector("#classes");

it("draws both accuracies of every class, those that lose most first, and says what is more than chance", () => {
  const result = syntheticResult();
  const section = sectionOf(result)!;
  const own = result.byClass!.designs.find(({ id }) => id === result.verdict.recommended)!;
  for (const size of ["wide", "narrow"]) {
    const svg = section.querySelector(`.${size} svg`)!;
    expect(svg.querySelectorAll('[aria-label="dot"] circle')).toHaveLength(2 * own.quality.length);
    const names = [...svg.querySelectorAll('[aria-label="y-axis tick label"] text')].map((text) => text.textContent);
    const order = own.drop.map((_, i) => i).toSorted((a, b) => own.drop[b]!.value - own.drop[a]!.value);
    expect(names).toEqual(order.map((i) => `${result.byClass!.classes[i]} (200)`));
  }
  const sure = own.drop.filter(({ lo }) => lo > 0).length;
  expect(sure).toBeGreaterThan(0);
  expect(section.querySelector("figcaption")!.textContent).toContain(`${sure} of 10`);
  const rows = [...section.querySelectorAll("tbody tr")];
  expect(rows).toHaveLength(10);
  expect(rows[0]!.querySelectorAll("td")).toHaveLength(2 + 2 * result.byClass!.designs.length);
});

it("keeps many classes readable, and draws nothing where there are none", () => {
  const result = syntheticResult();
  const many = result.byClass!;
  const list = <T>(values: T[]): T[] => Array.from({ length: 300 }, (_, i) => values[i % values.length]!);
  result.byClass = {
    classes: Array.from({ length: 300 }, (_, i) => `a class with quite a long name, number ${i}`),
    whole: list(many.whole),
    designs: many.designs.map(({ id, quality, drop }) => ({ id, quality: list(quality), drop: list(drop) })),
  };
  const section = sectionOf(result)!;
  expect(section.querySelectorAll('.wide svg [aria-label="dot"] circle')).toHaveLength(48);
  expect(section.querySelector("figcaption")!.textContent).toContain("The 24 of 300 classes that lose most");
  expect(section.querySelectorAll("tbody tr")).toHaveLength(300);
  delete result.byClass;
  expect(sectionOf(result)).toBeNull();
});
