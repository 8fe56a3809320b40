/** @file Bytes against accuracy, and protections against loss, in the report: what is drawn, and of what nothing is. */
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { wordsOf, type DesignResult, type Result, type SweepPoint } from "@split-et-impera/core/design";
import { resultProblem } from "../result/agrees.ts";
import { syntheticResult } from "../testing/fixture.ts";
import { figureFiles, renderReport } from "./index.ts";

const documentOf = (result: Result): Document => parseHTML(renderReport(result)).document;
const texts = (within: Document, selector: string): string[] =>
  [...within.querySelectorAll(selector)].map(({ textContent }) => textContent.replace(/\s+/g, " ").trim());

test("every cut that was searched has a curve beside the pictures, and a column of numbers", () => {
  const result = syntheticResult({ searched: true });
  const document = documentOf(result);
  const keys = texts(document, "#rate-chart .legend li");
  const searches = result.searches!;
  expect(searches.length).toBeGreaterThan(1);
  expect(keys.filter((key) => key.startsWith("cut at "))).toHaveLength(searches.length);
  expect(keys).toEqual(expect.arrayContaining(["picture, lossless", "picture, WebP", "picture, JPEG"]));
  expect(keys).toContain("hollow: tried by the search, on training images");
  const titles = texts(document, "#rate-chart .wide title");
  // The whole model has 86.6 %: what the search lost on its samples is taken from that.
  const [first] = searches;
  const i = first!.tried.codec.findIndex((codec, k) => codec === "rans2" && first!.tried.step[k] === 1);
  const accuracy = (100 * (0.866 - first!.tried.drop[i]!)).toFixed(1);
  expect(titles.filter((title) => title.startsWith("rans2:")).join()).toContain(accuracy);
  expect(titles.filter((title) => title.startsWith("rans4 x1.4:"))).toHaveLength(searches.length);
  expect(titles.some((title) => title.startsWith("rans4 x0.7:"))).toBe(false);
  const jpeg = result.designs.find((design) => wordsOf(design).codec === "jpeg-90")!;
  expect(titles.filter((title) => title.startsWith("jpeg-90:")).join()).toContain((jpeg.bytes / 1000).toFixed(1));
  expect(texts(document, "#rate-chart tbody tr")).toHaveLength(8);
  expect(texts(document, "#rate-chart .tag")).toHaveLength(searches.length);
  // What is lost stands with half of its interval, which is 0.4 points either way.
  expect(texts(document, "#rate-chart tbody small")).toEqual(Array(8 * searches.length).fill("±0.4"));
  expect(texts(document, "#rate figcaption")[0]).toContain("judges on 300 to 2 400 training images");
  expect(texts(document, "nav a")).toContain("Bytes");
  expect(figureFiles(result).map(({ id }) => id)).toContain("rate-chart");
});

test("nothing is drawn of a result without a search or of one transport's protections", () => {
  const document = documentOf(syntheticResult());
  expect(document.querySelector("#rate")).toBeNull();
  expect(document.querySelector("#lossy-chart")).toBeNull();
  expect(texts(document, "nav a")).not.toContain("Bytes");
});

test("a search without intervals, and designs at other cuts, are drawn too", () => {
  const result = syntheticResult({ searched: true });
  const [
    {
      tried: { lo: _lo, hi: _hi, ...tried },
      ...first
    },
  ] = result.searches! as [NonNullable<Result["searches"]>[0]];
  const document = documentOf({ ...result, searches: [{ ...first, tried }] });
  expect(texts(document, "#rate-chart .legend li").filter((key) => key.startsWith("cut at "))).toHaveLength(1);
  expect(texts(document, "#rate-chart tbody small")).toEqual([]);
});

test("a tensor that is called as a picture is has a line of its own", () => {
  const result = syntheticResult({ searched: true });
  const [first] = result.searches!;
  const renamed = JSON.parse(JSON.stringify(result).replaceAll(`"${first!.cut}"`, '"webp"')) as Result;
  const keys = texts(documentOf(renamed), "#rate-chart .legend li");
  expect(keys).toEqual(expect.arrayContaining(["cut at webp", "picture, WebP"]));
});

test("behind a bottleneck a search stands under what that leaves, not under the whole model", () => {
  const result = syntheticResult({ searched: true });
  const small = result.designs.find((one) => wordsOf(one).bottleneck === 64 && wordsOf(one).transport === "tcp")!;
  const [crossing] = small.crossings;
  const kind = crossing!.codec.kind;
  const [first] = result.searches!;
  const tried = {
    codec: [kind, "rans1"],
    step: [1, 1],
    bytes: [small.bytes, 9],
    drop: [0.01, 0.03],
    samples: [300, 300],
  };
  const own = { ...first!, cut: wordsOf(small).cut!, bottleneck: crossing!.bottleneck!, tried };
  // Other codecs behind the same bottleneck would have longer messages.
  const designs = result.designs.filter(
    (one) => one === small || wordsOf(one).bottleneck !== 64 || wordsOf(one).cut !== own.cut,
  );
  const kept = new Set(designs.map(({ id }) => id));
  const sweep = result.sweep.map((at) => ({ ...at, designs: at.designs.filter(({ id }) => kept.has(id)) }));
  const titles = texts(documentOf({ ...result, designs, sweep, searches: [own] }), "#rate-chart .wide title");
  const accuracy = 0.866 - small.drop["accuracy"]!.value + 0.01 - 0.03;
  expect(titles.filter((title) => title.startsWith("rans1:")).join()).toContain((100 * accuracy).toFixed(1));
});

test("columns of a search have as many entries as codecs", () => {
  const result = syntheticResult({ searched: true });
  expect(resultProblem(result)).toBeUndefined();
  result.searches![1]!.tried.drop.pop();
  expect(resultProblem(result)).toBe("searches.1.tried.drop: expected 21 entries, as many as codecs, got 20");
});

test("protections of a message are drawn against loss, each way a line", () => {
  const result = syntheticResult();
  const plain = result.designs.find((design) => wordsOf(design).transport === "udp" && design.kind === "SC")!;
  const id = `${plain.id} xor 4`;
  const guarded: DesignResult = {
    ...plain,
    id,
    crossings: plain.crossings.map((one) => ({
      ...one,
      transport: { ...one.transport, protection: { kind: "xor", group: 4 } },
    })),
  };
  const withIt = (points: SweepPoint[]): SweepPoint[] => [
    ...points,
    { ...points.find((one) => one.id === plain.id)!, id },
  ];
  const document = documentOf({
    ...result,
    designs: [...result.designs, guarded],
    sweep: result.sweep.map((at) => ({ ...at, designs: withIt(at.designs) })),
  });
  expect(texts(document, "#lossy-chart .legend li")).toEqual(["udp", "udp xor 4"]);
  expect(texts(document, "#lossy-chart h3")[0]).toContain("accuracy where datagrams are lost");
  // A dot for each way and loss.
  expect(texts(document, "#lossy-chart .wide title")).toHaveLength(2 * result.sweep.length);
});
