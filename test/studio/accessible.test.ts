/** @file Every view, light and dark, wide and narrow: nothing that axe-core finds wrong, no error, nothing wider than the page. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { violations } from "./axe.ts";
import { openBrowser, removeBuilt, visit } from "./page.ts";

let browser: Browser | undefined;
let folder: string;

beforeAll(async () => {
  browser = await openBrowser();
  folder = await mkdtemp(join(tmpdir(), "studio-"));
  const example = await readFile(new URL("../../packages/studio/public/example.json", import.meta.url));
  for (const name of ["result.json", "other.json"]) await writeFile(join(folder, name), example);
  await writeFile(join(folder, "study.yaml"), "name: Parts on a conveyor belt\nlinks:\n  - { rate: 250 kbit/s }\n");
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await removeBuilt();
  await rm(folder, { recursive: true });
});

/** Addresses that show all that a view has. */
const places = [
  ["/", "All 23 designs"],
  ["/designs?a=LC&b=RC+raw+tcp&in-p95=..0.06&step=3", "Answers that differ"],
  ["/what-if?loss=0.02&rate=300000", "All designs"],
  ["/network", "What the study itself tried at this cut"],
  ["/network?cut=block2/conv2/Relu&open=+", "A sum"],
  ["/packets?design=RC+raw+tcp&frame=2", "Packets in sight"],
  ["/saliency", "All layers, in the order in which they are made"],
  ["/runs", "Studies"],
  ["/nowhere", "No such view"],
  ["/designs?result=nothing", "This cannot be shown"],
] as const;

test.each([
  ["wide, light", { width: 1280, dark: false }],
  ["wide, dark", { width: 1280, dark: true }],
  ["narrow, light", { width: 390, dark: false }],
  ["narrow, dark", { width: 390, dark: true }],
])("%s", { timeout: 480_000 }, async (_, looks) => {
  // Chromium's libraries are not on every machine.
  if (!browser) return;
  await using visited = await visit(browser, {
    paths: [join(folder, "result.json"), join(folder, "other.json"), folder],
    ...looks,
  });
  const { page, studio, wrong } = visited;
  for (const [place, text] of places) {
    await page.goto(new URL(place, studio.url).href);
    await page.getByText(text).first().waitFor({ timeout: 60_000 });
    // Half-transparent text is what is on its way; it is judged when it is there.
    await page
      .locator("[aria-busy=true]")
      .first()
      .waitFor({ state: "detached", timeout: 60_000 })
      .catch(() => undefined);
    expect([place, await violations(page)]).toEqual([place, []]);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect([place, wider]).toEqual([place, 0]);
  }
  expect(wrong).toEqual([]);
});
