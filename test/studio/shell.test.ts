/** @file The studio's frame in a real Chromium: views by their addresses, back and forth, hostile names, no errors. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test, type TestContext } from "vitest";
import { openBrowser, removeBuilt, visit } from "./page.ts";

let browser: Browser | undefined;

beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await removeBuilt();
});

test("views have addresses, and going back goes back", { timeout: 60_000 }, async (context: TestContext) => {
  if (!browser) context.skip("Chromium's libraries are not on this machine");
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
