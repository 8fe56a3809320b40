/** @file Every view, light and dark, wide and narrow: nothing that axe-core finds wrong, no error, nothing wider than the page. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { violations } from "./axe.ts";
import { needs, openBrowser, removeBuilt, visit } from "./page.ts";

/** Much is computed here, in processes of their own, on a machine that may be busy. */
const patience = { timeout: 150_000 };

let browser: Browser | undefined;
let folder: string;

beforeAll(async () => {
  browser = await openBrowser();
  folder = await mkdtemp(join(tmpdir(), "studio-"));
  const example = await readFile(new URL("../../packages/studio/public/example.json", import.meta.url));
  for (const name of ["result.json", "other.json"]) await writeFile(join(folder, name), example);
  // The study of that result: what the server computes anew is there too.
  for (const name of ["study.yaml", "parts.onnx"])
    await copyFile(new URL(`../../examples/conveyor/${name}`, import.meta.url), join(folder, name));
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await removeBuilt();
  await rm(folder, { recursive: true });
});

/** Saliency that the server computes: the curve of a class, the map of an image at a layer. */
const anew = `/saliency?${new URLSearchParams({ classes: '["washer"]', image: "7", layer: "block2/conv2/Relu" })}`;

/** Addresses that show all that a view has. */
const places = [
  ["/", "All 23 designs"],
  ["/designs?a=LC&b=RC+raw+tcp&in-p95=..0.06&step=3", "Answers that differ"],
  ["/what-if?loss=0.02&rate=300000", "All designs"],
  ["/network", "What the study itself tried at this cut"],
  ["/network?cut=block2/conv2/Relu&open=+", "A sum"],
  ["/packets?design=RC+raw+tcp&frame=2", "Packets in sight"],
  ["/saliency", "All layers, in the order in which they are made"],
  [anew, /computed anew over \d+ images/],
  ["/saliency?image=999999", /expected an image from 0 to \d+, got 999999/],
  ["/runs", "Studies"],
  ["/live", "No running host is watched"],
  ["/nowhere", "No such view"],
  ["/designs?result=nothing", "This cannot be shown"],
] as const;

test.for([
  ["wide, light", { width: 1280, dark: false }],
  ["wide, dark", { width: 1280, dark: true }],
  ["narrow, light", { width: 390, dark: false }],
  ["narrow, dark", { width: 390, dark: true }],
] as const)("%s", { timeout: 480_000 }, async ([, looks], context) => {
  needs(browser, context);
  await using visited = await visit(browser, {
    paths: [join(folder, "result.json"), join(folder, "other.json"), folder],
    cache: join(folder, "cache"),
    ...looks,
  });
  const { page, studio, wrong } = visited;
  for (const [place, text] of places) {
    await page.goto(new URL(place, studio.url).href);
    await page.getByText(text).first().waitFor(patience);
    await page.getByText("Computing:").waitFor({ state: "detached", ...patience });
    // Half-transparent text is what is on its way; it is judged when it is there.
    await page
      .locator("[aria-busy=true]")
      .first()
      .waitFor({ state: "detached", ...patience })
      .catch(() => undefined);
    await judge(page, place);
  }
  // Nothing answers: what is being computed, and what is stopped, stays in sight.
  await page.route("**/api/saliency/*", () => undefined);
  await page.goto(new URL(anew, studio.url).href);
  await page.getByText("Computing: starting").nth(1).waitFor();
  await judge(page, "computing");
  for (const of of ["curve", "map"]) await page.getByRole("button", { name: `Stop computing the ${of}` }).click();
  await page.getByText("Stopped.").nth(1).waitFor();
  await judge(page, "stopped");
  await page.unroute("**/api/saliency/*");
  for (const of of ["curve", "map"]) await page.getByRole("button", { name: `Try again to compute the ${of}` }).click();
  await page.getByText(/computed anew over \d+ images/).waitFor(patience);
  await page.locator(".any canvas").waitFor(patience);
  expect(wrong).toEqual([]);
});

async function judge(page: Page, place: string): Promise<void> {
  expect([place, await violations(page)]).toEqual([place, []]);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect([place, wider]).toEqual([place, 0]);
}
