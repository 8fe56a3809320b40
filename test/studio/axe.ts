/** @file What axe-core finds wrong in a page, by WCAG 2.2 AA. */
import axe from "axe-core";
import type { Page } from "playwright-core";

declare global {
  var axe: typeof import("axe-core");
}

/** A line for each element that breaks a rule. */
export async function violations(page: Page): Promise<string[]> {
  // By the debugger: the content policy forbids scripts in the page.
  await page.evaluate(axe.source);
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary?.split("\n")[1] ?? ""}`),
  );
}
