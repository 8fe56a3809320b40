/** @file The page as a reader's browser would get it: whole, harmless, and with everything in it. */
import { createHash } from "node:crypto";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { wordsOf, type Result } from "@split-et-impera/core/design";
import { renderReport } from "./index.ts";
import { frontOf } from "@split-et-impera/charts";
import { syntheticResult } from "../testing/fixture.ts";

const pageOf = (result: Result): { text: string; document: Document } => {
  const text = renderReport(result);
  return { text, document: parseHTML(text).document };
};

const all = (within: Document | Element, selector: string): Element[] => [...within.querySelectorAll(selector)];

/** Elements that need no end tag. */
const empty = new Set(["meta", "br", "input", "!doctype"]);

/** The first end tag that does not match, or what is left open; undefined for a well-formed page. */
function misnested(text: string): string | undefined {
  const open: string[] = [];
  const plain = text.replace(/<(script|style)>.*?<\/\1>/gs, "");
  for (const [tag, slash, name = "", rest = ""] of plain.matchAll(/<(\/?)([a-zA-Z!][\w]*)((?:"[^"]*"|[^">])*)>/g)) {
    if (slash) {
      if (open.pop() !== name) return `${tag} closes nothing`;
    } else if (!empty.has(name.toLowerCase()) && !rest.endsWith("/")) open.push(name);
  }
  return open.length > 0 ? `<${open.join("><")}> left open` : undefined;
}

describe("the report", () => {
  const result = syntheticResult();
  const { text, document } = pageOf(result);

  it("is well-formed, without an id twice or a reference to nothing", () => {
    expect(misnested(text)).toBeUndefined();
    const ids = all(document, "[id]").map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const attribute of ["aria-labelledby", "href", "for"]) {
      for (const element of all(document, `[${attribute}]`)) {
        const to = element.getAttribute(attribute)!;
        if (attribute !== "href" || to.startsWith("#")) expect(ids).toContain(to.replace("#", ""));
      }
    }
  });

  it("says the same each time", () => {
    expect(renderReport(syntheticResult()) === text).toBe(true);
  });

  it("loads nothing and lets no script run but its own", () => {
    expect(/\b(?:src|href|action|data|poster)\s*=\s*["']?(?:https?:)?\/\//i.exec(text)?.[0]).toBeUndefined();
    expect(/@import|url\(/.exec(text)?.[0]).toBeUndefined();
    for (const element of all(document, "[href], [src]")) {
      expect(element.getAttribute("href") ?? element.getAttribute("src")).toMatch(/^(#|data:image\/png;base64,)/);
    }
    const policy = document.querySelector("meta[http-equiv]")!.getAttribute("content")!;
    const script = /<script>(.*)<\/script>/s.exec(text)![1]!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  });

  it("begins with the verdict, the checks and the runner-up", () => {
    const first = document.querySelector("main")!.firstElementChild!;
    expect(first.id).toBe("verdict");
    expect(first.querySelector(".sentence")!.textContent).toContain("features.");
    expect(all(first, ".checks li")).toHaveLength(result.study.requirements.length);
    expect(first.querySelector(".reasons")!.textContent).toContain("Runner-up");
  });

  it("lists every design with a mark per requirement, the recommended one first and marked", () => {
    const rows = all(document, "table.designs tbody tr");
    expect(rows).toHaveLength(result.designs.length);
    for (const [i, design] of result.designs.entries()) {
      expect(rows[i]!.querySelector(".design")!.getAttribute("title")).toContain(design.id);
      const marks = all(rows[i]!, ".marks .mark").map((mark) => mark.textContent[0]);
      const symbols = { met: "✓", missed: "✕", undecided: "?" };
      expect(marks).toEqual(design.checks.map(({ state }) => symbols[state]));
      expect(rows[i]!.classList.contains("is-pareto")).toBe(design.pareto);
    }
    expect(all(document, "tr.recommended")).toEqual([rows[0]]);
    expect(rows[0]!.textContent).toContain("recommended");
  });

  it("gives every table heads with scope, and every figure a title, a caption and named pictures", () => {
    for (const head of all(document, "th")) expect(head.getAttribute("scope")).toMatch(/^(col|row)$/);
    for (const figure of all(document, "figure")) {
      expect(figure.querySelector("h3")!.textContent).not.toBe("");
      expect(figure.querySelector("figcaption")!.textContent.trim()).not.toBe("");
    }
    for (const svg of all(document, "svg")) {
      expect(svg.getAttribute("role")).toBe("img");
      expect(svg.getAttribute("aria-label")).toBeTruthy();
    }
  });

  it("draws a point for every layer and a size for each way in which it is sent, and marks the candidates", () => {
    const [curve, sizes] = all(document, "#curve .wide svg");
    const points = result.saliency!.points;
    const candidates = points.filter(({ candidate }) => candidate);
    expect(candidates.length).toBeGreaterThan(2);
    const dots = all(curve!, '[aria-label="dot"] circle');
    expect(dots).toHaveLength(points.length);
    expect(all(sizes!, '[aria-label="bar"] rect')).toHaveLength(0);
    const { codecs } = result.study.explore;
    expect(all(sizes!, '[aria-label="dot"] circle')).toHaveLength(points.length * codecs.length);
    const named = all(curve!, '[aria-label="text"] text').map((label) => Number(label.textContent));
    expect(named).toEqual(candidates.map((candidate) => points.indexOf(candidate) + 1));
  });

  it("puts the sizes under their points", () => {
    const [curve, sizes] = all(document, "#curve .wide svg");
    /** Plot moves whole groups by half a band. */
    const shift = (mark: Element): number =>
      Number(/translate\(([-\d.]+)/.exec(mark.parentElement!.getAttribute("transform") ?? "")?.[1] ?? 0);
    const centres = all(curve!, '[aria-label="dot"] circle').map((dot) => Number(dot.getAttribute("cx")) + shift(dot));
    const under = all(sizes!, '[aria-label="dot"] circle').map((dot) => Number(dot.getAttribute("cx")) + shift(dot));
    const { codecs } = result.study.explore;
    const bars = under.toSorted((a, b) => a - b).filter((_, i) => i % codecs.length === 0);
    const ascending = (numbers: number[]): number[] => numbers.toSorted((a, b) => a - b);
    for (const [i, centre] of ascending(centres).entries()) {
      expect(Math.abs(centre - ascending(bars)[i]!)).toBeLessThan(1);
    }
  });

  it("compares sizes with the input in every way in which the study sends tensors", () => {
    const { points } = result.saliency!;
    const smaller = (share: number): number => points.filter(({ bytes }) => bytes * share < 3072).length;
    expect(result.study.explore.codecs).toContain("uint8");
    const caption = document.querySelector("#curve figcaption")!.textContent.replace(/\s+/g, " ");
    expect(caption).toContain(`As float32 ${smaller(1)} of ${points.length} is smaller than the input`);
    expect(caption).toContain(`as uint8 ${smaller(1 / 4)} are.`);
    expect([smaller(1), smaller(1 / 4)]).toEqual([1, 9]);
    // What the line of the input is called stands in the legend, over no mark.
    for (const svg of all(document, "#curve svg")) expect(svg.textContent).not.toContain("8 bit");
    expect(document.querySelector("#curve .legend")!.textContent).toContain("input, 8 bits a value: 3.07");
  });

  it("tells candidates that no design tries from those that are tried", () => {
    const few = syntheticResult();
    const candidates = few.saliency!.points.filter(({ candidate }) => candidate).map(({ tensor }) => tensor);
    const cut = wordsOf(few.designs.find(({ kind }) => kind === "SC")!).cut!;
    few.designs = few.designs.filter((design) => design.kind !== "SC" || wordsOf(design).cut === cut);
    const { document } = pageOf(few);
    const text = document.querySelector("#saliency .lead")!.textContent.replace(/\s+/g, " ");
    expect(text).toContain("Designs try 1 of the candidates; the study allows at most 5");
    const hollow = all(
      document.querySelector("#curve .wide svg")!,
      "circle[fill='var(--surface)'][stroke='var(--sc)']",
    );
    expect(hollow).toHaveLength(candidates.length - 1);
    // The tried one comes first among the maps too.
    expect(document.querySelector("table.maps thead th:nth-child(3)")!.getAttribute("title")).toBe(cut);
  });

  it("says of a map that is zero everywhere that it is", () => {
    const dark = syntheticResult();
    dark.saliency!.examples[1]!.maps[0]!.values.fill(0);
    const { document } = pageOf(dark);
    expect(all(document, "table.maps svg[aria-label$='zero everywhere'] path")).toHaveLength(1);
    expect(document.querySelector("#maps figcaption")!.textContent).toContain("Crossed out: the map is zero");
    expect(all(pageOf(result).document, "table.maps path")).toHaveLength(0);
  });

  it("names a decoder only where there is one", () => {
    const one = syntheticResult();
    const way = (bottleneck: boolean): string => {
      const chosen = one.designs.find(
        (design) => design.kind === "SC" && (wordsOf(design).bottleneck !== undefined) === bottleneck,
      )!;
      one.verdict.recommended = chosen.id;
      return pageOf(one).document.querySelector("#verdict .way")!.textContent;
    };
    expect(way(true)).toContain("decoder and tail");
    expect(way(false)).not.toContain("decoder");
  });

  it("shows each example with its map at every candidate", () => {
    const { examples, points } = result.saliency!;
    const rows = all(document, "table.maps tbody tr");
    expect(rows).toHaveLength(examples.length);
    const candidates = points.filter(({ candidate }) => candidate).length;
    for (const row of rows) expect(all(row, "svg")).toHaveLength(1 + candidates);
    expect(rows[2]!.textContent).toContain(`seen as ${examples[2]!.predicted}`);
  });

  it("draws a line per chosen design, with a mark at every loss, and the bound", () => {
    for (const id of ["loss-tcp", "loss-udp"]) {
      const svg = document.querySelector(`#${id} .wide svg`)!;
      const dots = all(svg, '[aria-label="dot"] circle').length;
      const lines = all(svg, '[aria-label="line"] path').length;
      expect(lines).toBeLessThanOrEqual(7);
      // All but LC have marks.
      expect(dots).toBe((lines - 1) * result.sweep.length);
      expect(svg.textContent).toContain(id === "loss-tcp" ? "latency p95" : "accuracy ≥");
    }
  });

  it("stacks the parts of every design and ends each with its mean", () => {
    const svg = document.querySelector("#parts-chart .wide svg")!;
    const parts = result.designs.flatMap(({ parts }) => Object.values(parts)).filter((value) => value > 0).length;
    const bars = all(svg, '[aria-label="bar"] rect').length;
    // Parts beyond the right edge have no bar.
    expect(bars).toBeLessThanOrEqual(parts);
    expect(bars).toBeGreaterThan(parts * 0.8);
    expect(all(svg, '[aria-label="text"] text').length).toBe(result.designs.length + 1);
  });

  it("shows every design in the scatter", () => {
    const svg = document.querySelector("#pareto-chart .wide svg")!;
    const titles = new Set(all(svg, "path title, circle title").map((title) => title.textContent.split("\n")[0]));
    expect(titles).toEqual(new Set(result.designs.map(({ id }) => id)));
  });

  it("tells the seed, the machine, the stages and the command", () => {
    const study = document.querySelector("#study")!.textContent;
    for (const word of ["seed", result.machine.engine, "bottlenecks", "npx sei design", "20\u00A0Mbit/s"]) {
      expect(study).toContain(word);
    }
  });
});

describe("the report of an unusual result", () => {
  const sound = (result: Result): Document => {
    const { text, document } = pageOf(result);
    expect(misnested(text)).toBeUndefined();
    expect(/\bNaN\b|undefined|\[object|Infinity/.exec(text.replace(/<script>.*<\/script>/s, ""))?.[0]).toBeUndefined();
    expect(all(document, "table.designs tbody tr")).toHaveLength(result.designs.length);
    return document;
  };

  it("needs no saliency", () => {
    const document = sound(syntheticResult({ saliency: false }));
    expect(document.querySelector("#saliency")!.textContent).toContain("No saliency");
    expect(document.querySelector("#maps")).toBeNull();
  });

  it("names the cuts that the study names", () => {
    const result = syntheticResult({ saliency: false });
    result.study.explore.candidates = { from: "names", names: ["/features/features.43/MaxPool_output_0"] };
    expect(sound(result).querySelector("#saliency")!.textContent).toContain("features.43/MaxPool");
  });

  it("needs no more than one design, and no sweep", () => {
    const document = sound(syntheticResult({ designs: 1, losses: [], saliency: false }));
    expect(document.querySelector("#loss")!.textContent).toContain("names no loss rates");
  });

  it("needs no requirements, and one loss rate is enough", () => {
    const result = syntheticResult({ losses: [0.02] });
    result.study.requirements = [];
    for (const design of result.designs) design.checks = [];
    expect(sound(result).querySelector("#designs")!.textContent).toContain("sets no requirements");
  });

  it("survives a result without designs", () => {
    const result = syntheticResult({ designs: 1, losses: [], saliency: false });
    result.designs = [];
    result.verdict = { says: [{ kind: "nothing" }], fitting: [], ties: [], instead: [] };
    sound(result);
  });

  it("says what would have to give where nothing fits", () => {
    const document = sound(syntheticResult({ impossible: true }));
    const verdict = document.querySelector("#verdict")!;
    expect(verdict.classList.contains("missed")).toBe(true);
    expect(verdict.textContent).toContain("would fit if");
    expect(document.querySelector("tr.recommended")).toBeNull();
  });

  it("shows values that are not finite as none", () => {
    const result = syntheticResult({ designs: 12 });
    const [first, second] = result.designs;
    const nothing = { value: Infinity, lo: Infinity, hi: Infinity, n: 0 };
    Object.assign(first!.latency, { median: nothing, p95: nothing, p99: nothing, mean: Number.NaN, max: Infinity });
    first!.parts.wire = Number.NaN;
    second!.quality["accuracy"] = { value: Number.NaN, lo: Number.NaN, hi: Number.NaN, n: 0 };
    for (const point of result.sweep[1]!.designs) point.p95 = Infinity;
    const text = renderReport(result);
    expect(/\bNaN\b|Infinity/.exec(text.replace(/<script>.*<\/script>/s, ""))?.[0]).toBeUndefined();
  });

  it("hatches what has no latency, and keeps late designs from stretching the axes", () => {
    const result = syntheticResult();
    const [, second, third] = result.designs;
    const deadline = 0.05;
    second!.overload = { offered: 20, sustained: 1.6, busiest: "link" };
    second!.latency.p95.value = 295;
    second!.parts.queue = 295;
    third!.latency.p95.value = 12;
    third!.parts.wire = 12;
    const drawn = all(pageOf(result).document.querySelector("#loss-tcp .wide svg")!, "circle title").map(
      (title) => title.textContent.split("\n")[0]!,
    );
    const [late, piling] = [...new Set(drawn)].map((id) => result.sweep.at(-1)!.designs.find((one) => one.id === id)!);
    late!.p95 = 40;
    piling!.overload = { offered: 20, sustained: 3 };
    const document = sound(result);
    for (const size of ["wide", "narrow"]) {
      const pareto = document.querySelector(`#pareto-chart .${size} svg`)!;
      expect(pareto.querySelectorAll('[aria-label="link"] line, [aria-label="link"] path').length).toBeGreaterThan(30);
      const ticks = all(pareto, '[aria-label="x-axis tick label"] text').map((tick) => tick.textContent);
      for (const tick of ticks) {
        const [value, unit] = tick.split("\u00A0");
        expect(Number(value) * (unit === "ms" ? 0.001 : 1)).toBeLessThanOrEqual(3.2 * deadline);
      }
      expect(ticks.length).toBeGreaterThan(1);
      expect(pareto.textContent).toContain("▸ 12.0\u00A0s");
      const parts = document.querySelector(`#parts-chart .${size} svg`)!;
      expect(parts.textContent).toContain("1.6 of 20");
      expect(all(parts, '[aria-label="vector"] path').length).toBeGreaterThan(10);
      expect(parts.textContent).not.toContain("295");
    }
    expect(document.querySelector("#pareto-chart figcaption")!.textContent).toContain("hatched strip holds the design");
    // One that is in the strip and far below stands at the lower edge, and is counted there.
    Object.assign(second!.quality["accuracy"]!, { value: 0.2, lo: 0.19, hi: 0.21 });
    const counted = (page: Document): number =>
      Number(
        /(\d+) designs? lies? below/.exec(page.querySelector("#pareto-chart")!.textContent.replace(/\s+/g, " "))?.[1] ??
          0,
      );
    expect(counted(pageOf(result).document)).toBe(counted(document) + 1);
    const loss = document.querySelector("#loss-tcp .wide svg")!;
    expect(loss.textContent).toContain("▴ 40.0\u00A0s");
    expect(loss.textContent).toContain("none");
    expect(document.querySelector("#loss-tcp figcaption")!.textContent).toContain("In the hatched strip");
  });

  it("takes null, as JSON writes what is not finite, for no value", () => {
    const result = syntheticResult({ designs: 12 });
    result.designs[0]!.latency.p95 = { value: Infinity, lo: Infinity, hi: Infinity, n: 0 };
    result.designs[0]!.latency.max = Infinity;
    result.designs[0]!.parts.tail = Number.NaN;
    result.sweep[0]!.designs[0]!.p95 = Infinity;
    sound(JSON.parse(JSON.stringify(result)) as Result);
  });

  it("survives results as JSON gives them back", () => {
    const result = syntheticResult();
    expect(renderReport(JSON.parse(JSON.stringify(result)) as Result) === renderReport(result)).toBe(true);
  });

  it("keeps many long names apart and short", () => {
    const result = syntheticResult();
    const points = result.saliency!.points;
    const template = points[0]!;
    result.saliency!.points = Array.from({ length: 180 }, (_, i) => ({
      ...template,
      tensor: `StatefulPartitionedCall/model/backbone/stage${i % 7}/block_${i}/very_long_name_of_a_layer_${i}/Relu:0`,
      cs: i % 5 === 0 ? 0 : template.cs * (1 + (i % 9)),
      lo: 0,
      candidate: i % 20 === 4,
    }));
    const document = sound(result);
    const [curve, sizes] = all(document, "#curve .wide svg");
    expect(all(curve!, '[aria-label="dot"] circle').length).toBe(144);
    const labels = all(sizes!, '[aria-label^="x-axis tick label"] text').map((label) => label.textContent);
    expect(labels.length).toBeGreaterThan(20);
    expect(labels.length).toBeLessThan(80);
    for (const label of labels) expect(label.length).toBeLessThanOrEqual(20);
  });
});

describe("names out of models and data", () => {
  const hostile = `</script><script>alert(1)</script>"'><img src=x onerror=alert(2)>&lt;\u0000\u202E\uD800`;
  const tampered = (): Result => {
    const result = syntheticResult();
    const text = JSON.stringify(result).replaceAll(
      "/features/features.3/Conv_output_0",
      JSON.stringify(hostile).slice(1, -1),
    );
    const changed = JSON.parse(text) as Result;
    changed.study.name = hostile;
    changed.study.model = hostile;
    changed.model.input.name = hostile;
    changed.data.name = hostile;
    changed.data.classes[0] = hostile;
    changed.machine.cpu = hostile;
    changed.verdict.says.push({ kind: "misses", requirement: hostile, metric: "bytes", value: 1, bound: 0 });
    changed.verdict.instead.push({
      id: hostile,
      because: [{ kind: "overloaded", offered: 1, sustained: 0, busiest: hostile }],
    });
    changed.study.requirements[0]!.text = hostile;
    changed.saliency!.examples[0]!.label = hostile;
    changed.saliency!.points[5]!.operator = hostile;
    changed.stages[0]!.name = hostile;
    return changed;
  };

  it("cannot become markup", () => {
    const result = tampered();
    const { text, document } = pageOf(result);
    expect(misnested(text)).toBeUndefined();
    expect(all(document, "script")).toHaveLength(1);
    expect(all(document, "img")).toHaveLength(0);
    for (const element of all(document, "*")) {
      for (const name of element.getAttributeNames()) expect(name).not.toMatch(/^on/);
    }
    // oxlint-disable-next-line no-control-regex -- that there is none is the point
    expect(/[\u0000\u202E]/.exec(text)?.[0]).toBeUndefined();
    expect(text.isWellFormed()).toBe(true);
    expect(document.querySelector("h1")!.textContent).toContain(`<img src=x onerror=alert(2)>`);
    expect(all(document, "table.designs tbody tr")).toHaveLength(result.designs.length);
  });
});

describe("the front", () => {
  it("keeps what nothing beats in both", () => {
    const at = (x: number, y: number, below = false) => ({ x, y, below });
    const points = [at(3, 0.9), at(1, 0.5), at(2, 0.4), at(2, 0.7), at(4, 0.9), at(0.5, 0.1, true)];
    expect(frontOf(points)).toEqual([at(1, 0.5), at(2, 0.7), at(3, 0.9)]);
  });
});
