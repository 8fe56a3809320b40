/** @file The studio driven as a person would: brush, compare, move a slider, run, cancel, go on, reload in the middle. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canSimulate, whatIf, withInfinity, type Result } from "../../packages/core/design/index.ts";
import { withLoss } from "../../packages/core/study/index.ts";
import { violations } from "./axe.ts";
import { needs, openBrowser, removeBuilt, visit } from "./page.ts";

let browser: Browser | undefined;
let folder: string;
let result: Result;

const examples = fileURLToPath(new URL("../../examples/conveyor/", import.meta.url));

beforeAll(async () => {
  browser = await openBrowser();
  folder = await mkdtemp(join(tmpdir(), "studio-"));
  const example = await readFile(new URL("../../packages/studio/public/example.json", import.meta.url), "utf8");
  result = withInfinity(JSON.parse(example)) as Result;
  await writeFile(join(folder, "result.json"), example);
  await copyFile(join(examples, "study.yaml"), join(folder, "study.yaml"));
  await copyFile(join(examples, "parts.onnx"), join(folder, "parts.onnx"));
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await removeBuilt();
  await rm(folder, { recursive: true });
});

/** For machines that do much else meanwhile. */
const soon = { timeout: 60_000 };

const small = `
name: Small
model: parts.onnx
data: { format: conveyor, normalise: { mean: 0.5, std: 0.25 }, limit: { test: 40, train: 20 } }
hosts: { camera: { speed: 1/20 }, server: {} }
links: [{ between: [camera, server], rate: 10 Mbit/s, delay: 5 ms }]
frames: { count: 200 }
explore: { scenarios: [LC, RC], inputs: [raw, png], losses: [0 %, 1 %] }
`;

const rowsOf = (page: Page) => page.locator(".designs tbody tr");

test("ranges are brushed, designs compared, and all of it is in the address", { timeout: 120_000 }, async (context) => {
  needs(browser, context);
  await using visited = await visit(browser, { paths: [join(folder, "result.json")] });
  const { page, studio, wrong } = visited;
  await page.goto(new URL("/designs", studio.url).href);
  await expect.poll(() => rowsOf(page).count(), soon).toBe(result.designs.length);
  const field = (await page.locator("svg.chart .field").first().boundingBox())!;
  await page.mouse.move(field.x + 5, field.y + 5);
  await page.mouse.down();
  await page.mouse.move(field.x + field.width / 2, field.y + field.height - 5, { steps: 5 });
  await page.mouse.up();
  await expect.poll(() => rowsOf(page).count(), soon).toBeLessThan(result.designs.length);
  expect(page.url()).toContain("in-p95=");
  await page.goBack();
  await expect.poll(() => rowsOf(page).count(), soon).toBe(result.designs.length);
  // The same by keyboard alone.
  await page.getByLabel("Latency p95: at most").fill("42");
  await page.keyboard.press("Enter");
  const quick = result.designs.filter(({ latency, overload }) => !overload && latency.p95.value <= 0.042);
  await expect.poll(() => rowsOf(page).count(), soon).toBe(quick.length);
  // Quality, three latencies, frames that are late: each says how sure it is.
  expect(await rowsOf(page).first().locator("td[title*='95 % interval']").count()).toBe(5);
  for (const { id } of quick.slice(0, 2)) {
    await rowsOf(page)
      .filter({ hasText: id.replace("/MaxPool", "") })
      .first()
      .getByRole("checkbox")
      .check();
  }
  await page.getByRole("heading", { name: "Side by side" }).waitFor();
  await page.getByRole("button", { name: "Accuracy", exact: true }).click();
  await expect.poll(() => page.locator("th[aria-sort]").getAttribute("aria-sort"), soon).toBe("descending");
  const before = page.url();
  await page.reload();
  await page.getByRole("heading", { name: "Side by side" }).waitFor();
  expect(page.url()).toBe(before);
  expect(wrong).toEqual([]);
});

test(
  "a long table makes its rows as one comes to them, from the first where its order changes",
  soon,
  async (context) => {
    needs(browser, context);
    const many = structuredClone(result);
    for (let i = many.designs.length; i < 180; i++) {
      const first = result.designs[i % result.designs.length]!;
      many.designs.push({ ...first, id: `${first.id} #${i}` });
      many.basis!.designs[`${first.id} #${i}`] = many.basis!.designs[first.id]!;
    }
    const own = await mkdtemp(join(folder, "many-"));
    await writeFile(join(own, "result.json"), JSON.stringify(many));
    await using visited = await visit(browser, { paths: [own] });
    const { page, studio, wrong } = visited;
    await page.goto(new URL("/designs", studio.url).href);
    const named = page.locator(".designs tbody tr:not(.rest)");
    const all = page.getByRole("button", { name: "Show all 180 rows" });
    await all.waitFor();
    expect(await named.count()).toBe(50);
    expect(await violations(page)).toEqual([]);
    await all.scrollIntoViewIfNeeded();
    await expect.poll(() => named.count(), soon).toBeGreaterThan(50);
    // By what a click does alone: the mouse would scroll to it, and it would move on.
    await all.focus();
    const next = await named.count();
    await all.dispatchEvent("click");
    await expect.poll(() => named.count(), soon).toBe(180);
    // The focus goes to the first row that was not there.
    const focused = page.locator(".designs tbody tr:has(:focus)");
    expect(await focused.evaluate((row) => (row as HTMLTableRowElement).sectionRowIndex)).toBeGreaterThanOrEqual(next);
    await page.keyboard.press("Space");
    await page.getByText("Choose a second design").waitFor();
    await page.goBack();
    expect(await all.count()).toBe(0);
    await page.getByRole("button", { name: "Bytes a frame" }).click();
    await all.waitFor();
    expect(await named.count()).toBe(50);
    // The model on the camera sends nothing.
    expect(await named.first().textContent()).toContain("LC");
    expect(wrong).toEqual([]);
  },
);

test("the page's worker gives every frame the time that it has in Node", { timeout: 120_000 }, async (context) => {
  needs(browser, context);
  if (!canSimulate(result)) throw new Error("the example's result does not hold what a simulation needs");
  await using visited = await visit(browser, { paths: [join(folder, "result.json")] });
  const { page, studio, wrong } = visited;
  const worker = page.waitForEvent("worker");
  await page.goto(new URL("/what-if", studio.url).href);
  const script = (await worker).url();
  const study = withLoss(result.study, 0.02);
  const { design, verdict } = whatIf(result, study);
  const ids = ["LC", "RC jpeg-90 udp", result.verdict.recommended!];
  const found = await page.evaluate(
    async ({ script, study, ids, opened }) => {
      const worker = new Worker(script, { type: "module" });
      worker.postMessage({ kind: "open", result: opened });
      worker.postMessage({ kind: "circumstances", number: 1, circumstances: { study } });
      return Promise.all(
        ids.map(
          (id, ticket) =>
            new Promise<{ latencies: number[]; p95: number; misses: number }>((resolve) => {
              worker.addEventListener("message", ({ data }) => {
                if (data.ticket !== ticket) return;
                const { latencies, latency, deadlineMisses } = data.design;
                resolve({ latencies: [...latencies], p95: latency.p95.value, misses: deadlineMisses.value });
              });
              worker.postMessage({ kind: "design", number: 1, ticket, id });
            }),
        ),
      );
    },
    { script, study, ids, opened: result },
  );
  for (const [i, id] of ids.entries()) {
    const here = design(id);
    expect([id, found[i]!.p95, found[i]!.misses]).toEqual([id, here.latency.p95.value, here.deadlineMisses.value]);
    expect(found[i]!.latencies).toEqual([...here.latencies]);
  }
  // What the page says of a link that loses more is what Node says.
  await page.goto(new URL("/what-if?loss=0.02", studio.url).href);
  const says = verdict(result.designs.map(({ id }) => design(id)));
  await page.locator(".answer[aria-busy=false]").waitFor({ timeout: 60_000 });
  const shown = await page.locator(".verdict b").textContent();
  expect(shown).toBe(says.recommended === undefined ? "Nothing fits" : "Recommended");
  expect(wrong).toEqual([]);
});

test(
  "a slider that moves is answered by what it says last, going back undoes it, and it can be saved",
  { timeout: 120_000 },
  async (context) => {
    needs(browser, context);
    await using visited = await visit(browser, { paths: [join(folder, "result.json"), folder] });
    const { page, studio, wrong } = visited;
    await page.goto(new URL("/what-if", studio.url).href);
    const settled = page.locator(".answer[aria-busy=false]");
    await settled.waitFor({ timeout: 60_000 });
    expect(await page.locator(".verdict").textContent()).toContain("Split at block2");
    const slider = page.getByRole("slider", { name: "Rate" });
    await slider.focus();
    for (let i = 0; i < 12; i++) await page.keyboard.press("PageUp");
    await expect.poll(() => page.locator(".verdict").textContent(), soon).toContain("Do not split: send the input");
    await settled.waitFor({ timeout: 60_000 });
    const rate = new URL(page.url()).searchParams.get("rate");
    expect(Number(rate)).toBeGreaterThan(250_000);
    await page.getByLabel("Rate, as a study writes it").fill("nonsense");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Rate, as a study writes it").fill("2 Mbit/s");
    await page.keyboard.press("Enter");
    await expect.poll(() => new URL(page.url()).searchParams.get("rate"), soon).toBe("2000000");
    await expect.poll(() => page.locator(".diff .added").textContent(), soon).toContain("rate: 2 Mbit/s");
    await page.getByLabel("Save as").fill("study-fast.yaml");
    await page.getByRole("button", { name: "Save beside it" }).click();
    await page.getByText("Run it in full").waitFor();
    // Also when the page knows of the new study, which has the same title.
    await page.getByRole("option", { name: "study-fast.yaml" }).waitFor({ state: "attached" });
    expect(await page.getByText("Run it in full").count()).toBe(1);
    expect(await page.locator(".save option:checked").textContent()).toMatch(/ study\.yaml$/);
    const before = await readFile(join(folder, "study.yaml"), "utf8");
    expect(await readFile(join(folder, "study-fast.yaml"), "utf8")).toBe(before.replace("250 kbit/s\n", "2 Mbit/s\n"));
    await page.goBack();
    await expect.poll(() => new URL(page.url()).searchParams.get("rate"), soon).toBe(rate);
    await page.reload();
    await settled.waitFor({ timeout: 60_000 });
    expect(await page.locator(".verdict").textContent()).toContain("Do not split: send the input");
    await page.getByRole("button", { name: "Back to the study" }).click();
    await expect.poll(() => page.locator(".verdict").textContent(), soon).toContain("Split at block2");
    expect(wrong).toEqual([]);
  },
);

test(
  "one codec alone: only designs that send tensors in it, or none, are asked about",
  { timeout: 120_000 },
  async (context) => {
    needs(browser, context);
    await using visited = await visit(browser, { paths: [join(folder, "result.json"), join(folder, "study.yaml")] });
    const { page, studio, wrong } = visited;
    await page.goto(new URL("/what-if?design=SC@block2/MaxPool+uint8+8x+tcp", studio.url).href);
    const settled = page.locator(".answer[aria-busy=false]");
    await settled.waitFor({ timeout: 60_000 });
    await page.getByLabel("Codec of tensors").selectOption("only float32");
    await expect.poll(() => new URL(page.url()).searchParams.get("codec"), soon).toBe("float32");
    await settled.waitFor({ timeout: 60_000 });
    const kept = result.designs.filter(({ id }) => !id.includes("uint8"));
    const rows = page.locator(".all tbody tr");
    await expect.poll(() => rows.count(), soon).toBe(kept.length);
    if (!canSimulate(result)) throw new Error("the example's result does not hold what a simulation needs");
    const { design, verdict } = whatIf(result, result.study);
    const says = verdict(kept.map(({ id }) => design(id)));
    const shown = await page.locator(".verdict b").textContent();
    expect(shown).toBe(says.recommended === undefined ? "Nothing fits" : "Recommended");
    // The one that the address names is none of them: what is recommended, or nearest, is shown in its place.
    await expect.poll(() => page.locator(".figures dd").first().textContent(), soon).not.toContain("uint8");
    await expect.poll(() => page.locator(".diff .added").textContent(), soon).toMatch(/codecs: \[\s*float32\s*\]/);
    await page.getByLabel("Codec of tensors").selectOption("any that the study tried");
    await expect.poll(() => rows.count(), soon).toBe(result.designs.length);
    expect(wrong).toEqual([]);
  },
);

test("on a phone the answer stays in sight of the slider that moves", { timeout: 120_000 }, async (context) => {
  needs(browser, context);
  await using visited = await visit(browser, { paths: [join(folder, "result.json")], width: 390, height: 844 });
  const { page, studio, wrong } = visited;
  await page.goto(new URL("/what-if", studio.url).href);
  const brief = page.locator(".brief");
  await brief.waitFor({ timeout: 60_000 });
  await expect.poll(() => brief.textContent(), soon).toMatch(/^Fits SC@block2 uint8 8x tcp/);
  await page.getByRole("slider", { name: "Rate" }).focus();
  for (let i = 0; i < 12; i++) await page.keyboard.press("PageUp");
  await expect.poll(() => brief.textContent(), soon).toMatch(/^Fits RC /);
  const { y, height } = (await brief.boundingBox())!;
  expect(y + height).toBeLessThanOrEqual(846);
  expect(y).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
});

test("among many studies one is found by its title", { timeout: 60_000 }, async (context) => {
  needs(browser, context);
  const own = await mkdtemp(join(folder, "titles-"));
  for (const [i, name] of ["Belt at noon", "Belt at night", "Doors", "Gates", "Ports", "Yards"].entries()) {
    await mkdir(join(own, `s${i}`));
    await writeFile(join(own, `s${i}/study.yaml`), `name: ${name}\n`);
  }
  await copyFile(join(folder, "result.json"), join(own, "s0/result.json"));
  await using visited = await visit(browser, { paths: [own] });
  const { page, studio, wrong } = visited;
  await page.goto(new URL("/runs", studio.url).href);
  const studies = page.getByRole("button", { name: /^Run / });
  await expect.poll(() => studies.count(), soon).toBe(6);
  await page.getByLabel("Find").fill("NIGHT belt");
  await expect.poll(() => studies.count(), soon).toBe(1);
  await page.getByText("1 of 7").waitFor();
  expect(await page.locator(".files").textContent()).toContain("Belt at night");
  await page.reload();
  await page.getByText("1 of 7").waitFor();
  await page.getByLabel("Find").fill("conveyor");
  await page.getByRole("link", { name: "s0" }).waitFor();
  await page.getByText("No such study is open.").waitFor();
  expect(wrong).toEqual([]);
});

test(
  "a study is run, cancelled, watched again after a reload, gone on with, and its result compared",
  { timeout: 240_000 },
  async (context) => {
    needs(browser, context);
    const own = join(folder, "small");
    await mkdir(own);
    await writeFile(join(own, "study.yaml"), small);
    await copyFile(join(examples, "parts.onnx"), join(own, "parts.onnx"));
    await using visited = await visit(browser, { paths: [own], cache: join(folder, "cache") });
    const { page, studio, wrong } = visited;
    await page.goto(new URL("/runs", studio.url).href);
    await page.getByRole("button", { name: "Run " }).click();
    const card = page.locator(".run").first();
    await card.getByText("at work").waitFor();
    await card.getByRole("button", { name: "Cancel" }).click();
    await card.getByText("stopped; going on").waitFor({ timeout: 60_000 });
    await page.reload();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.locator(".run.done").waitFor({ timeout: 180_000 });
    await page.getByRole("link", { name: "Look at the result" }).click();
    await page.getByRole("heading", { name: "Designs" }).waitFor();
    await expect.poll(() => rowsOf(page).count(), soon).toBeGreaterThan(2);
    expect(wrong).toEqual([]);
  },
);
