/** @file The page of a policy: maps of which design wins where, and what following it over a trace would have given. */
import { contextOf, html, policyMaps, policyTrial, type Markup } from "@split-et-impera/charts";
import type { Result } from "@split-et-impera/core/design";
import type { Policy, Trial } from "@split-et-impera/core/policy";
import { page } from "./page.ts";

export interface PolicyPage {
  result: Result;
  policy: Policy;
  trial?: Trial;
}

/** One self-contained HTML file. */
export function renderPolicy({ result, policy, trial }: PolicyPage): string {
  const context = contextOf(result);
  const [from, to] = policy.link;
  const section = (id: string, title: string, body: Markup | Markup[]): Markup =>
    html`<section id="${id}">
      <h2>${title}</h2>
      ${body}
    </section> `;
  return page({
    name: `${result.study.name}: policy`,
    description: `Which design is best at which rate, round trip and loss of the link from ${from} to ${to}.`,
    version: result.version,
    links: [...(trial ? [["trial", "Over the trace"] as const] : []), ["maps", "Which design wins where"] as const],
    body: html`${trial && section("trial", "Over the trace", policyTrial(context, policy, trial))}
    ${section("maps", `Which design wins where, by the link from ${from} to ${to}`, policyMaps(context, policy))}`,
    footer: html`Made by split-et-impera ${result.version} with seed ${result.study.seed}. Latencies are simulated,
    compute times measured, qualities computed on the data and told from measured losses around them.`,
  });
}
