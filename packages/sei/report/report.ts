/** @file The page: the sections in the order in which a reader asks, in a frame that loads nothing from anywhere. */
import { createHash } from "node:crypto";
import type { Result } from "@split-et-impera/core/design";
import { connectionSection } from "@split-et-impera/charts";
import { classesSection } from "@split-et-impera/charts";
import { contextOf, plainSentence, type Context } from "@split-et-impera/charts";
import { baselineBanner, cutsSection, doubtsBanner } from "@split-et-impera/charts";
import { designsSection } from "./designs.ts";
import { html, trusted, type Markup } from "@split-et-impera/charts";
import { latenciesSection } from "@split-et-impera/charts";
import { lossSection } from "@split-et-impera/charts";
import { paretoSection } from "@split-et-impera/charts";
import { partsSection } from "@split-et-impera/charts";
import { saliencySection } from "@split-et-impera/charts";
import type { Origin } from "./origin.ts";
import { script } from "./script.ts";
import { studySection } from "./study.ts";
import { style } from "./style.ts";
import { trainingSection } from "@split-et-impera/charts";
import { verdictSection } from "@split-et-impera/charts";
import { whereSection } from "./where.ts";

/** Sections by id with their names in the navigation; a section that a result lacks has no link. */
const links = [
  ["designs", "Designs"],
  ["saliency", "Where to split"],
  ["cuts", "All cuts"],
  ["where", "Where it changes"],
  ["loss", "Losses"],
  ["connection", "TCP"],
  ["pareto", "Pareto"],
  ["classes", "Classes"],
  ["latencies", "Frames"],
  ["parts", "Latency"],
  ["training", "Training"],
  ["study", "Study"],
] as const;

/**
 * One self-contained HTML file that shows a result: verdict, designs, saliency, all cuts, break-even points, losses, TCP
 * connection, Pareto front, classes, latencies, their parts, training, study. It loads nothing, works without scripts, prints, and is the same for the same result. Names out of models and
 * data are escaped; the page's content policy allows no script but its own. With `origin` it tells the exact command.
 */
export function renderReport(result: Result, origin?: Origin): string {
  const context = contextOf(result);
  const scriptHash = createHash("sha256").update(script).digest("base64");
  const sections = html`${baselineBanner(context)} ${doubtsBanner(context)} ${verdictSection(context)}
  ${designsSection(context)} ${chartSections(context)} ${studySection(context, origin)}`.markup;
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="split-et-impera ${result.version}" />
        <meta name="description" content="${plainSentence(context, result.verdict.says)}" />
        <title>${result.study.name} · Split-Et-Impera</title>
        ${element("style", style)}
      </head>
      <body>
        <header class="top">
          <h1>${result.study.name}</h1>
          <span class="brand">Split-Et-Impera</span>
          <nav aria-label="Sections">
            ${links.map(([id, text]) => sections.includes(`<section id="${id}"`) && html`<a href="#${id}">${text}</a>`)}<button
              id="theme"
              type="button"
              hidden
            >
              Dark
            </button>
          </nav>
        </header>
        <main>${trusted(sections)}</main>
        <footer>
          Made by split-et-impera ${result.version} with seed ${result.study.seed}. Latencies are simulated, compute
          times measured, accuracies computed on the data.
        </footer>
        ${element("script", script)}
      </body>
    </html> `.markup;
}

/** The sections that hold charts, in the page's order. */
export function chartSections(context: Context): Markup[] {
  return [
    saliencySection(context),
    cutsSection(context),
    whereSection(context),
    lossSection(context),
    connectionSection(context),
    paretoSection(context),
    classesSection(context),
    latenciesSection(context),
    partsSection(context),
    trainingSection(context),
  ];
}

/** Its text exactly: the policy's hash is over it, so that not even a blank may be added. */
function element(name: "script" | "style", text: string): Markup {
  return trusted(`<${name}>${text}</${name}>`);
}
