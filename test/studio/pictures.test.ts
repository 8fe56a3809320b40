/** @file Charts taken along from the page: a PNG in the clipboard and an SVG that needs nothing of the page, whatever names say. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { needs, openBrowser, removeBuilt, visit } from "./page.ts";

let browser: Browser | undefined;
let folder: string;

/** No markup, and a character that XML does not have. */
const strange = `a\u0001<&"b`;

beforeAll(async () => {
  browser = await openBrowser();
  folder = await mkdtemp(join(tmpdir(), "studio-"));
  const example = await readFile(new URL("../../packages/studio/public/example.json", import.meta.url), "utf8");
  const renamed = JSON.stringify(strange).slice(1, -1);
  await writeFile(join(folder, "result.json"), example.replaceAll("block2/MaxPool", renamed));
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await removeBuilt();
  await rm(folder, { recursive: true });
});

/** Where charts are, how many each has, and the class or selector of the first chart's drawing. */
const places = [
  ["/designs", 2, "svg.chart"],
  ["/what-if", 1, ".answer svg.chart"],
  ["/network", 1, undefined],
  ["/packets?design=RC+raw+tcp", 1, ".ladder svg"],
  ["/saliency", 1, ".curve svg"],
] as const;

async function clipboard(page: Page): Promise<Buffer> {
  const bytes = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    return [...new Uint8Array(await (await item!.getType("image/png")).arrayBuffer())];
  });
  return Buffer.from(bytes);
}

test("every chart is copied as a picture and saved as a drawing", { timeout: 180_000 }, async (context) => {
  needs(browser, context);
  await using visited = await visit(browser, { paths: [folder], dark: true });
  const { page, studio, wrong } = visited;
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  for (const [place, charts, chart] of places) {
    await page.goto(new URL(place, studio.url).href);
    const copies = page.getByRole("button", { name: /^Copy PNG: / });
    await copies.first().waitFor({ timeout: 60_000 });
    expect([place, await copies.count()]).toEqual([place, charts]);
    await copies.first().click();
    await page.getByText("Copied", { exact: true }).waitFor();
    const png = sharp(await clipboard(page));
    const { width } = await png.metadata();
    if (chart !== undefined) {
      const box = (await page.locator(chart).first().boundingBox())!;
      expect([place, width]).toEqual([place, 2 * (box.width + 24)]);
      // It stands on the page's own dark ground, and something is drawn there.
      const { data } = await png.removeAlpha().raw().toBuffer({ resolveWithObject: true });
      expect([place, ...data.subarray(0, 3)]).toEqual([place, 0x18, 0x1b, 0x1f]);
      expect([place, data.some((value) => value > 0x60)]).toEqual([place, true]);
    }
    const coming = page.waitForEvent("download");
    await page
      .getByRole("button", { name: /^Save SVG: / })
      .first()
      .click();
    const svg = await readFile(await (await coming).path(), "utf8");
    expect([place, svg.match(/ class=| style=|var\(|transparent/)]).toEqual([place, null]);
    const error = await page.evaluate(
      (text) => new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror")?.textContent,
      svg,
    );
    expect([place, error]).toEqual([place, undefined]);
    if (place === "/designs") expect(svg).toMatch(/SC@a\S*&lt;&amp;"b/);
  }
  expect(wrong).toEqual([]);
});
