/** @file Network, packets and saliency in a real Chromium: cuts dragged and moved by keys, frames zoomed, nothing that a name could break. */
import { interval, seconds } from "../../packages/charts/index.ts";
import type { Result } from "../../packages/core/design/index.ts";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, type TestContext } from "vitest";
import { needs, openBrowser, removeBuilt, visit, type Visit } from "./page.ts";

const example = new URL("../../packages/studio/public/example.json", import.meta.url);

let browser: Browser | undefined;
let folder = "";

beforeAll(async () => {
  browser = await openBrowser();
  folder = await mkdtemp(join(tmpdir(), "network-"));
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await removeBuilt();
  await rm(folder, { recursive: true, force: true });
});

const opened = (
  context: TestContext,
  options: { width?: number; dark?: boolean; paths?: string[] } = {},
): Promise<Visit> => {
  needs(browser, context);
  return visit(browser, { paths: [new URL("../../examples/conveyor", import.meta.url).pathname], ...options });
};

const look = async (page: Page, address: string): Promise<void> => {
  await page.goto(new URL(address, page.url()).href);
};

const long = { timeout: 120_000 };

test("a cut is moved by keys and by dragging, and its answer and its address follow", long, async (context) => {
  await using visited = await opened(context);
  const { page, wrong } = visited;
  await look(page, "/network");
  const line = page.getByRole("slider", { name: "Cut" });
  const panel = page.locator(".panel");
  await panel.getByText("Cut at block2/MaxPool").waitFor();
  await panel.locator(".big").waitFor();
  const before = await line.getAttribute("aria-valuetext");
  expect(before).toMatch(/^behind block2\/MaxPool, 8\.19\skB$/);
  await line.focus();
  await page.keyboard.press("ArrowUp");
  await panel.getByText("Cut at block2/conv2/Relu").waitFor();
  expect(new URL(page.url()).searchParams.get("cut")).toBe("block2/conv2/Relu");
  await panel.getByText("32×16×16").waitFor();
  await page.goBack();
  await panel.getByText("Cut at block2/MaxPool").waitFor();
  const box = (await line.boundingBox())!;
  await page.mouse.move(box.x + 20, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + 20, box.y - 100, { steps: 6 });
  await page.mouse.up();
  const cut = new URL(page.url()).searchParams.get("cut")!;
  expect(cut).toMatch(/^block[12]\//);
  expect(cut).not.toBe("block2/MaxPool");
  await page.reload();
  await page.getByText(`Cut at ${cut}`).waitFor();
  expect(wrong).toEqual([]);
});

test("blocks open and close, and the address keeps which", long, async (context) => {
  await using visited = await opened(context);
  const { page, wrong } = visited;
  await look(page, "/network");
  const block = (open: boolean) => page.getByRole("button", { name: "block3 5", expanded: open });
  await block(true).click();
  await block(false).waitFor();
  await page.reload();
  await block(false).waitFor();
  await block(false).click();
  await block(true).waitFor();
  expect(wrong).toEqual([]);
});

test("a frame's packets are zoomed by wheel and keys", long, async (context) => {
  await using visited = await opened(context);
  const { page, wrong } = visited;
  await look(page, "/packets?frame=2&design=RC+raw+tcp");
  const ladder = page.getByRole("group", { name: /Packets over time/ });
  await ladder.focus();
  await page.keyboard.press("+");
  await expect.poll(() => new URL(page.url()).searchParams.get("t")).not.toBeNull();
  const [from, to] = new URL(page.url()).searchParams.get("t")!.split(" ").map(Number);
  const box = (await ladder.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 60);
  for (let i = 0; i < 40; i++) await page.mouse.wheel(0, -400);
  const width = (): number => {
    const [a, b] = new URL(page.url()).searchParams.get("t")!.split(" ").map(Number);
    return b! - a!;
  };
  await expect.poll(width).toBeLessThan((to! - from!) / 100);
  await expect
    .poll(() =>
      page
        .locator(".ladder text")
        .allTextContents()
        .then((all) => all.join()),
    )
    .toContain("µs");
  await page.keyboard.press("0");
  await expect.poll(() => new URL(page.url()).searchParams.get("t")).toBeNull();
  expect(wrong).toEqual([]);
});

test("a layer of the curve leads to its cut", long, async (context) => {
  await using visited = await opened(context);
  const { page, wrong } = visited;
  await look(page, "/saliency");
  const curve = page.getByRole("slider", { name: "Layer" });
  await curve.focus();
  await page.keyboard.press("ArrowRight");
  await page.getByText("A result keeps the maps of its candidates alone").waitFor();
  await page.getByRole("link", { name: "cut here in the network" }).click();
  await page.getByText("Cut at block2/conv1/Conv").waitFor();
  expect(wrong).toEqual([]);
});

test("the curve of some classes and the map of any image are computed anew by the server", long, async (context) => {
  const cache = join(folder, "cache");
  needs(browser, context);
  const paths = [new URL("../../examples/conveyor", import.meta.url).pathname];
  await using visited = await visit(browser, { paths, cache });
  const { page, wrong } = visited;
  await look(page, "/saliency?layer=block2/conv2/Relu");
  const own = await page.locator(".view-saliency .head p").textContent();
  const classes = page.locator(".classes");
  await classes.getByRole("button").first().click();
  await classes.getByText(/computed anew over \d+ images/).waitFor({ timeout: 90_000 });
  expect(await page.locator(".view-saliency .head p").textContent()).not.toBe(own);
  await page.reload();
  await classes.getByText(/computed anew over \d+ images/).waitFor({ timeout: 90_000 });
  await page.getByLabel("Test image, from 0").fill("7");
  await page.getByRole("button", { name: "Show where it looks" }).click();
  await page.locator(".any canvas").waitFor({ timeout: 90_000 });
  await page.getByLabel("Test image, from 0").fill("999999");
  await page.getByRole("button", { name: "Show where it looks" }).click();
  await page.getByText(/expected an image from 0 to \d+, got 999999/).waitFor({ timeout: 90_000 });
  expect(wrong).toEqual([]);
});

test("a cut that the study tried has the study’s figures; any other says that it is a sum", long, async (context) => {
  await using visited = await opened(context);
  const { page, wrong } = visited;
  const result = JSON.parse(await readFile(example, "utf8")) as Result;
  const design = result.designs.find(({ id }) => id === "SC@block3/MaxPool uint8 tcp")!;
  await look(page, "/network?cut=block3/MaxPool&codec=uint8");
  const panel = page.locator(".panel");
  await panel.getByText("Figures of the study’s design SC@block3/MaxPool uint8 tcp").waitFor();
  expect(await panel.locator(".big").textContent()).toContain(`p95 ${seconds(design.latency.p95.value)}`);
  const p95 = panel.locator(".big strong").first();
  expect(await p95.getAttribute("title")).toBe(interval(design.latency.p95, seconds));
  await look(page, "/network?cut=block2/conv2/Relu&codec=uint8");
  await panel.getByText("A sum: the study tried no such design").waitFor();
  // How far a sum is off nobody knows.
  expect(await p95.getAttribute("title")).toBeNull();
  expect(wrong).toEqual([]);
});

test("names from a model are text, whatever they hold", long, async (context) => {
  const evil = `<img src=x onerror="document.title='gone'">`;
  const text = (await readFile(example, "utf8")).replaceAll("block2/", JSON.stringify(`${evil}/`).slice(1, -1));
  await writeFile(join(folder, "result.json"), text.replaceAll('"label":"block2"', `"label":${JSON.stringify(evil)}`));
  await using visited = await opened(context, { paths: [folder] });
  const { page, wrong } = visited;
  for (const [address, there] of [
    ["/network", ".panel .big"],
    ["/packets", ".ladder svg"],
    ["/saliency", ".curve svg"],
  ] as const) {
    await look(page, address);
    await page.locator(there).waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).not.toBe("gone");
  }
  expect(wrong).toEqual([]);
});
