/**
 * @file How fast the studio is in Chromium: `npm run bench:studio -- [--times 5] [--json]`.
 *
 * Builds the page, serves it, and looks at it as a visitor does. On the demo's result (23 designs of 1,000 frames): how long
 * after the address is entered the answer is painted, each time in a browser without a cache; how long after a key moves the
 * slider of the rate the recommended design's figures are painted, and those of all designs. On a generated result (500
 * designs, a model of 2,000 operators, `big.ts`): how long the network takes until it is drawn, and the longest task
 * (PerformanceObserver, `longtask`) while views are opened and used, after the first picture.
 * Says each as a share of its limit, and how busy the machine was. Ends with 1 where one is above.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import type { Result } from "../../packages/core/design/index.ts";
import { quantile } from "../../packages/core/statistics/index.ts";
import { openBrowser, removeBuilt, visit } from "../../test/studio/page.ts";
import { bigResult } from "./big.ts";

declare global {
  /** What the page's own observers have seen, in milliseconds. */
  var seen: { picture?: number; tasks: number[]; moved: number; first?: number; all?: number };
}

interface Row {
  what: string;
  /** Milliseconds: the middle of all times (or the longest task), and the largest. */
  typical: number;
  worst: number;
  limit: number;
  note?: string;
}

const { values } = parseArgs({ options: { times: { type: "string", default: "5" }, json: { type: "boolean" } } });
const times = Math.min(100, Math.max(1, Number(values.times) || 5));
const patience = { timeout: 60_000 };

const folder = await mkdtemp(join(tmpdir(), "bench-studio-"));
const browser = await openBrowser();
if (!browser) throw new Error("Chromium's libraries are not on this machine");
const rows: Row[] = [];
try {
  const example = await readFile(new URL("../../packages/studio/public/example.json", import.meta.url), "utf8");
  await writeFile(join(folder, "result.json"), example);
  rows.push(...(await demo(browser)));
  await writeFile(
    join(folder, "result.json"),
    JSON.stringify(await bigResult(JSON.parse(example) as Result, 500, 2000)),
  );
  rows.push(...(await large(browser)));
} finally {
  await browser.close();
  await removeBuilt();
  await rm(folder, { recursive: true });
}
const load = loadavg().map((one) => one.toFixed(1));
if (values.json) console.log(JSON.stringify({ rows, processors: availableParallelism(), load: load.map(Number) }));
else {
  for (const { what, typical, worst, limit, note } of rows)
    console.log(
      `${(typical / limit).toFixed(2)} (worst ${(worst / limit).toFixed(2)}) of ${limit} ms: ${what}${note ? `, ${note}` : ""}`,
    );
  console.log(`${availableParallelism()} processors, load over 1, 5 and 15 minutes ${load.join(", ")}`);
}
process.exitCode = rows.every(({ typical, limit }) => typical <= limit) ? 0 : 1;

async function demo(at: Browser): Promise<Row[]> {
  await using visited = await visit(at, { paths: [folder] });
  const pictures: number[] = [];
  for (let i = 0; i < times; i++) {
    const context = await at.newContext({ viewport: { width: 1280, height: 900 } });
    const tab = await context.newPage();
    await tab.addInitScript(watch);
    await tab.goto(visited.studio.url);
    await tab.waitForFunction(() => seen.picture !== undefined, undefined, patience);
    pictures.push(await tab.evaluate(() => seen.picture!));
    await context.close();
  }
  const { page } = visited;
  await page.addInitScript(watch);
  await page.goto(new URL("/what-if", visited.studio.url).href);
  await page.getByText(/all 23 in \d+ ms/).waitFor(patience);
  const first: number[] = [];
  const all: number[] = [];
  await page.locator("input[type=range]").first().focus();
  for (let i = 0; i < 2 * times; i++) {
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => seen.all !== undefined, undefined, patience);
    const { first: one, all: last } = await page.evaluate(() => seen);
    first.push(one!);
    all.push(last!);
  }
  return [
    row("the answer is painted, after the address is entered", pictures, 1000),
    row("the recommended design's figures, after a slider's move", first, 100),
    row("those of all designs", all, 1000),
  ];
}

async function large(at: Browser): Promise<Row[]> {
  await using visited = await visit(at, { paths: [folder] });
  const { page } = visited;
  await page.addInitScript(watch);
  await page.goto(visited.studio.url);
  await page.waitForFunction(() => seen.picture !== undefined, undefined, patience);
  await page.waitForTimeout(1000);
  const tasks: { step: string; longest: number }[] = [];
  const step = async (name: string, act: () => Promise<unknown>): Promise<void> => {
    console.error(name);
    await page.evaluate(() => void (seen.tasks = []));
    await act();
    await page.evaluate(painted);
    // The observer is told of a task when it is over.
    await page.waitForTimeout(300);
    tasks.push({ step: name, longest: Math.max(0, ...(await page.evaluate(() => seen.tasks))) });
  };
  const view = (name: string) => page.getByRole("navigation", { name: "Views" }).getByRole("link", { name }).click();
  const layouts: number[] = [];
  await step("the network is opened", async () => {
    const began = performance.now();
    await view("Network");
    await page.locator(".panel .big").waitFor(patience);
    await page.evaluate(painted);
    layouts.push(performance.now() - began);
  });
  await step("a cut is moved", async () => {
    await page.getByRole("slider", { name: "Cut" }).focus();
    for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowUp");
  });
  await step("a block is opened", () =>
    page
      .getByRole("button", { name: /^stage/, expanded: false })
      .first()
      .click(patience),
  );
  await step("the designs are opened", async () => {
    await view("Designs");
    await page.locator("table.designs").waitFor(patience);
  });
  await step("they are sorted", () => page.locator("table.designs thead button").nth(1).click(patience));
  await step("one is chosen", () => page.locator("table.designs input[type=checkbox]").first().click(patience));
  await step("packets are opened", async () => {
    await view("Packets");
    await page.locator(".ladder svg").waitFor(patience);
  });
  await step("what if is opened", async () => {
    await view("What if");
    await page.getByText(/all 500 in \d+ ms/).waitFor({ timeout: 180_000 });
  });
  const longest = tasks.toSorted((a, b) => b.longest - a.longest);
  const note = longest.map(({ step: name, longest: ms }) => `${name} ${Math.round(ms)}`).join(", ");
  return [
    row("2,000 operators: the network is drawn", layouts, 8000),
    { ...row("500 designs: the longest task", [longest[0]!.longest], 200), note },
  ];
}

function row(what: string, all: readonly number[], limit: number): Row {
  return { what, typical: quantile(all, 0.5), worst: Math.max(...all), limit };
}

/** Runs in the page, before its scripts: notes when the answer is painted, every long task, and answers to the slider's keys. */
function watch(): void {
  globalThis.seen = { tasks: [], moved: 0 };
  const after = (note: () => void): void => void requestAnimationFrame(() => setTimeout(note));
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.tasks.push(duration);
  }).observe({ type: "longtask" });
  addEventListener(
    "keydown",
    () => {
      const { tasks } = seen;
      const before = document.querySelector(".took")?.textContent;
      const mine: typeof seen = { tasks, moved: performance.now() };
      globalThis.seen = mine;
      const watcher = new MutationObserver(() => {
        const text = document.querySelector(".took")?.textContent;
        if (!text || text === before) return;
        const since = (key: "first" | "all"): void => after(() => (mine[key] ??= performance.now() - mine.moved));
        since("first");
        if (!text.includes("all")) return;
        since("all");
        watcher.disconnect();
      });
      watcher.observe(document, { subtree: true, childList: true, characterData: true });
    },
    { capture: true },
  );
  const picture = new MutationObserver(() => {
    if (!document.querySelector(".view-start .facts")) return;
    picture.disconnect();
    after(() => (seen.picture = performance.now()));
  });
  picture.observe(document, { subtree: true, childList: true });
}

/** Runs in the page: until what there is now is painted. */
function painted(): Promise<void> {
  return new Promise((resolve) => void requestAnimationFrame(() => setTimeout(resolve)));
}
