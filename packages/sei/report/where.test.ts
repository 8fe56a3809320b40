/** @file All cuts and where the answer changes, as the page shows them: the solver's numbers, in words, tables and pictures. */
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { changesOf, placementLabel } from "@split-et-impera/charts";
import { contextOf } from "@split-et-impera/charts";
import { renderReport } from "./index.ts";
import { terminalSummary } from "./terminal.ts";
import { syntheticResult } from "../testing/fixture.ts";
import { bestAt } from "@split-et-impera/charts";

const result = syntheticResult();
const context = contextOf(result);
const { document } = parseHTML(renderReport(result));
const all = (within: Document | Element, selector: string): Element[] => [...within.querySelectorAll(selector)];
const optimum = result.optimum!;
const words = (element: Element): string => element.textContent.replace(/\s+/g, " ").trim();

/** `1/20`, `20 Mbit/s` as numbers. */
function numberOf(text: string): number {
  const units: Record<string, number> = { "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9 };
  const [value = "", unit] = text.split("\u00A0");
  const [top, bottom = "1"] = value.split("/");
  return (Number(top) / Number(bottom)) * (unit === undefined ? 1 : units[unit]!);
}

const gridOf = (id: string) => {
  const table = document.querySelector(`#${id} details table`)!;
  return {
    heads: all(table, "thead th").slice(1).map(words),
    rows: all(table, "tbody tr").map((row) => ({
      head: row.querySelector("th")!.textContent,
      cells: all(row, "td").map(words),
    })),
    raw: all(table, "thead th")
      .slice(1)
      .map((head) => head.textContent.trim()),
  };
};

describe("all cuts", () => {
  const section = document.querySelector("#cuts")!;

  it("has a dot per placement, and rings the candidates and the optimum", () => {
    const circles = all(section, ".wide svg")[0]!;
    const groups = all(circles, '[aria-label="dot"]').map((group) => group.children.length);
    expect(groups[0]).toBe(optimum.placements.length);
    expect(groups[1]).toBe(optimum.placements.filter(({ candidate }) => candidate).length);
    // LC and RC belong to the line of either codec; the optimum is one placement.
    expect(groups[2]).toBe(1);
  });

  it("lists what each candidate gives up, the optimum first", () => {
    const rows = all(section, "tbody tr").map(words);
    expect(rows).toHaveLength(
      optimum.placements.filter(
        (one) => one.candidate || (one.cut === optimum.best.cut && one.codec === optimum.best.codec),
      ).length,
    );
    expect(rows[0]).toContain("optimum over all cuts");
    expect(rows[0]).toContain(placementLabel(context, optimum.best));
    const keys = all(section, "tbody tr td:nth-child(2)").map((cell) => Number(cell.getAttribute("data-key")));
    expect(keys).toEqual(keys.toSorted((a, b) => a - b));
    expect(keys[0]).toBe(optimum.value);
  });

  it("says it in a sentence, here and on a terminal", () => {
    expect(section.querySelector(".lead")!.textContent).toContain(`all ${optimum.placements.length} placements`);
    expect(terminalSummary(result).replace(/\s+/g, " ")).toContain(`all ${optimum.placements.length} placements`);
  });

  it("marks the optimum's designs among the designs", () => {
    const marked = all(document, "table.designs tbody tr").filter((row) =>
      words(row).includes("optimum over all cuts"),
    );
    expect(marked).toHaveLength(optimum.designs.length);
  });
});

describe("where the answer changes", () => {
  it("tables what the regions of the map say, each cell at its rate and speed", () => {
    const { heads, rows, raw } = gridOf("speed-map");
    const found = new Set<string>();
    for (const { head, cells } of rows) {
      cells.forEach((cell, i) => {
        // The heads are rounded: at the edge of a region the neighbour may stand there.
        const near = [0.97, 1, 1.03].flatMap((x) =>
          [0.97, 1, 1.03].map((y) => bestAt(optimum.map, numberOf(raw[i]!) * x, numberOf(head.trim()) * y)),
        );
        expect(near.map((one) => placementLabel(context, one))).toContain(cell);
        found.add(cell);
      });
    }
    expect(heads).toHaveLength(7);
    expect(found.size).toBeGreaterThan(1);
  });

  it("tables the recommended design of every cell", () => {
    const { rates, losses, recommended } = result.lossMap;
    const { heads, rows } = gridOf("loss-map");
    expect(heads).toHaveLength(rates.length);
    expect(rows.map(({ cells }) => cells).toReversed()).toEqual(
      losses.map((_, row) => recommended[row]!.map((id) => (id === null ? "none" : context.names.label(id)))),
    );
  });

  it("names regions in place, no name over another or over the study's own point", () => {
    for (const id of ["speed-map", "loss-map"]) {
      for (const svg of all(document, `#${id} svg`)) {
        const boxes = all(svg, '[aria-label="text"] text').map((label) => {
          const [x = 0, y = 0] = (/translate\(([-\d.]+),([-\d.]+)\)/.exec(label.getAttribute("transform") ?? "") ?? [])
            .slice(1)
            .map(Number);
          const lines = all(label, "tspan").length || 1;
          const width =
            Math.max(...(lines > 1 ? all(label, "tspan") : [label]).map((line) => line.textContent.length)) * 6;
          return { x, y, width, height: 13 * lines, text: label.textContent };
        });
        expect(boxes.length).toBeGreaterThan(1);
        const own = boxes.find(({ text }) => text === "this study")!;
        own.x += own.width / 2;
        for (const [i, a] of boxes.entries()) {
          for (const b of boxes.slice(i + 1)) {
            const apart =
              Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || Math.abs(a.y - b.y) >= (a.height + b.height) / 2;
            expect(apart, `${a.text} and ${b.text} in ${id}`).toBe(true);
          }
        }
      }
    }
  });

  it("says the break-even points in words, the same on a terminal", () => {
    const changes = changesOf(context);
    expect(changes.map(({ what }) => what)).toEqual([
      "link rate",
      "link delay",
      "speed of camera",
      "speed of server",
      "link rate, simulated at 1\u00A0% loss",
    ]);
    const listed = words(document.querySelector("#where .evens")!);
    const said = terminalSummary(result, { columns: 4000 }).replace(/\s+/g, " ");
    const plain = (text: string): string => text.replace(/\s+/g, " ");
    for (const { what, stretches } of changes) {
      for (const { range, answer } of stretches) {
        expect(listed).toContain(`${plain(range)}: ${answer}`);
        if (stretches.length > 1) expect(said).toContain(`${plain(range)} ${answer}`);
      }
      expect(listed).toContain(plain(what));
    }
    const [rate] = changes;
    expect(rate!.stretches[0]!.range).toMatch(/^(below|always)/);
  });

  it("has links to the sections that are there, and to no other", () => {
    const linked = (page: Document): (string | null)[] => all(page, "nav a").map((link) => link.getAttribute("href"));
    expect(linked(document)).toContain("#where");
    expect(linked(document)).not.toContain("#connection");
    const connection = {
      design: result.designs[0]!.id,
      bytes: 1,
      messages: 1,
      points: [{ time: 0, cwnd: 10, sequence: 1, acknowledged: 0 }],
    };
    const { document: other } = parseHTML(renderReport({ ...syntheticResult({ saliency: false }), connection }));
    expect(linked(other)).toContain("#connection");
    expect(linked(other)).not.toContain("#cuts");
  });
});
