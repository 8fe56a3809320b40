/** @file Before everything else: that the whole model's quality is doubtful, and why. */
import { baselineText } from "@split-et-impera/core/task";
import type { Context } from "./context.ts";
import { html, type Markup } from "./html.ts";

/** A banner over the page; nothing where nothing is amiss. */
export function baselineBanner({ result }: Context): Markup {
  const warnings = result.baselineWarnings ?? [];
  if (warnings.length === 0) return html``;
  return html`<aside class="doubts" aria-label="Doubtful baseline">
    <p><strong>Doubtful baseline.</strong> Every quality below stands beside that of the whole model:</p>
    <ul>
      ${warnings.map((warning) => html`<li>${baselineText(warning)}</li>`)}
    </ul>
  </aside> `;
}
