/** @file The page: the sections in the order in which a reader asks, in a frame that loads nothing from anywhere. */
import type { Result } from "@split-et-impera/core/design";
import { connectionSection } from "@split-et-impera/charts";
import { classesSection } from "@split-et-impera/charts";
import { contextOf, plainSentence, type Context } from "@split-et-impera/charts";
import { baselineBanner, cutsSection, doubtsBanner } from "@split-et-impera/charts";
import { designsSection } from "./designs.ts";
import { html, trusted, type Markup } from "@split-et-impera/charts";
import { exitsSection, hostsSection } from "@split-et-impera/charts";
import { latenciesSection } from "@split-et-impera/charts";
import { lossSection } from "@split-et-impera/charts";
import { paretoSection } from "@split-et-impera/charts";
import { partsSection } from "@split-et-impera/charts";
import { ratesSection } from "@split-et-impera/charts";
import { saliencySection } from "@split-et-impera/charts";
import type { Origin } from "./origin.ts";
import { page } from "./page.ts";
import { studySection } from "./study.ts";
import { trainingSection } from "@split-et-impera/charts";
import { verdictSection } from "@split-et-impera/charts";
import { whereSection } from "./where.ts";

/** Sections by id with their names in the navigation; a section that a result lacks has no link. */
const links = [
  ["designs", "Designs"],
  ["hosts", "Hosts"],
  ["exits", "Exits"],
  ["saliency", "Where to split"],
  ["cuts", "All cuts"],
  ["where", "Where it changes"],
  ["loss", "Losses"],
  ["connection", "TCP"],
  ["rate", "Bytes"],
  ["pareto", "Pareto"],
  ["classes", "Classes"],
  ["latencies", "Frames"],
  ["parts", "Latency"],
  ["training", "Training"],
  ["study", "Study"],
] as const;

/**
 * One self-contained HTML file that shows a result: verdict, designs, hosts, saliency, all cuts, break-even points, losses, TCP
 * connection, codecs by their bytes, Pareto front, classes, latencies, their parts, training, study. It loads nothing, works without scripts, prints, and is the same for the same result. Names out of models and
 * data are escaped; the page's content policy allows no script but its own. With `origin` it tells the exact command.
 */
export function renderReport(result: Result, origin?: Origin): string {
  const context = contextOf(result);
  const sections = html`${baselineBanner(context)} ${doubtsBanner(context)} ${verdictSection(context)}
  ${designsSection(context)} ${chartSections(context)} ${studySection(context, origin)}`.markup;
  return page({
    name: result.study.name,
    description: plainSentence(context, result.verdict.says),
    version: result.version,
    links: links.filter(([id]) => sections.includes(`<section id="${id}"`)),
    body: trusted(sections),
    footer: html`Made by split-et-impera ${result.version} with seed ${result.study.seed}. Latencies are simulated,
    compute times measured, qualities computed on the data.`,
  });
}

/** The sections that hold charts, in the page's order. */
export function chartSections(context: Context): Markup[] {
  return [
    hostsSection(context),
    exitsSection(context),
    saliencySection(context),
    cutsSection(context),
    whereSection(context),
    lossSection(context),
    connectionSection(context),
    ratesSection(context),
    paretoSection(context),
    classesSection(context),
    latenciesSection(context),
    partsSection(context),
    trainingSection(context),
  ];
}
