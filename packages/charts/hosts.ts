/** @file Who does what: the hosts and links with their loads, and one frame on its way through them. */
import { deadlineOf } from "@split-et-impera/core/study";
import { closelyChosen } from "./closely.ts";
import { designName, type Context } from "./context.ts";
import { ganttFigure } from "./gantt.ts";
import { html, type Markup } from "./html.ts";
import { topologyFigure } from "./topology.ts";

/** Of the recommended design, or of the nearest; nothing where there is none. */
export function hostsSection(context: Context): Markup {
  const { chosen, result } = context;
  if (!chosen) return html``;
  const closely = closelyChosen(context);
  return html`<section id="hosts">
    <h2>Who does what</h2>
    <p class="lead">The hosts of ${designName(context, chosen.id)}, at the links' own losses.</p>
    ${topologyFigure(context, chosen, closely)}
    ${closely?.frame && ganttFigure(closely.frame, deadlineOf(result.study))}
  </section> `;
}
