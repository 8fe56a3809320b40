/** @file The studio's frame in a real Chromium: views by their addresses, back and forth, hostile names, no errors. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { needs, openBrowser, removeBuilt, visit } from "./page.ts";

let browser: Browser | undefined;

beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await removeBuilt();
});

test("views have addresses, and going back goes back", { timeout: 60_000 }, async (context) => {
  needs(browser, context);
  await using visited = await visit(browser, { paths: [new URL("../../examples/conveyor", import.meta.url).pathname] });
  const { page, wrong } = visited;
  expect(page.url()).not.toContain("token");
  const bar = page.getByRole("navigation", { name: "Views" });
  await bar.getByRole("link", { name: "Designs" }).click();
  expect(new URL(page.url()).pathname).toBe("/designs");
  await bar.getByRole("link", { name: "Runs" }).click();
  await page.goBack();
  expect(await bar.locator("[aria-current=page]").textContent()).toBe("Designs");
  await page.reload();
  expect(await bar.locator("[aria-current=page]").textContent()).toBe("Designs");
  expect(wrong).toEqual([]);
});

/** Every name in a result replaced by one that would be markup, or do something, if it were taken for it. */
function hostile(text: string): string {
  const named: [string, string][] = [
    ["block2/MaxPool", `<img src=x onerror="globalThis.hit=1">`],
    ["block3/MaxPool", `"><svg onload=globalThis.hit=1>\u202E`],
    ["camera", `<script>globalThis.hit=1</script>`],
    ["Parts on a conveyor belt", `</title></option><iframe srcdoc="<script>parent.hit=1</script>">`],
  ];
  const renamed = (one: string): string => named.reduce((now, [from, to]) => now.replaceAll(from, to), one);
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return renamed(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [renamed(key), walk(inner)]));
  };
  return JSON.stringify(walk(JSON.parse(text)));
}

test("names from models and studies are text, whatever stands in them", { timeout: 120_000 }, async (context) => {
  needs(browser, context);
  const folder = await mkdtemp(join(tmpdir(), "studio-"));
  const example = await readFile(new URL("../../packages/studio/public/example.json", import.meta.url), "utf8");
  await writeFile(join(folder, "result.json"), hostile(example));
  await writeFile(join(folder, "study.yaml"), `name: "<img src=x onerror=globalThis.hit=1>"\n`);
  await using visited = await visit(browser, { paths: [folder] });
  const { page, studio, wrong } = visited;
  const id = `SC@<img src=x onerror="globalThis.hit=1"> uint8 8x tcp`;
  const places = ["/", `/designs?a=LC&b=${encodeURIComponent(id)}`, "/what-if?rate=300000", "/runs", `/<img src=x>`];
  for (const place of places) {
    await page.goto(new URL(place, studio.url).href);
    await page.getByRole("heading", { level: 1 }).waitFor();
    if (place.startsWith("/what-if")) await page.locator(".answer[aria-busy=false]").waitFor();
    const found = await page.evaluate(() => ({
      hit: "hit" in globalThis,
      strange: document.querySelectorAll("img, iframe, #root script, svg[onload]").length,
    }));
    expect([place, found]).toEqual([place, { hit: false, strange: 0 }]);
    if (place !== "/runs") expect(await page.textContent("main")).toMatch(/<script>globalThis|<img src=x>/);
  }
  await rm(folder, { recursive: true });
  expect(wrong).toEqual([]);
});
