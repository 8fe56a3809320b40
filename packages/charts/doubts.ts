/** @file Before everything else: that compute times cannot be trusted, and why. */
import { doubtLines } from "@split-et-impera/core/cost";
import type { Context } from "./context.ts";
import { html, type Markup } from "./html.ts";

export function doubtsBanner({ result }: Context): Markup {
  const doubts = result.doubts ?? [];
  if (doubts.length === 0) return html``;
  return html`<aside class="doubts" aria-label="Doubtful times">
    <p><strong>Doubtful times.</strong> Some compute times that this rests on cannot be trusted:</p>
    <ul>
      ${doubts.flatMap(({ source, doubts: found }) => doubtLines(found).map((line) => html`<li>${source}: ${line}.</li>`))}
    </ul>
    <p>Measure again on an idle machine (<code>sei profile</code>); with <code>--strict</code> this is an error.</p>
  </aside> `;
}
