/** @file What protections do against loss: the best designs over datagrams that a study tries with several of them. */
import { bottleneckName, qualityOf, transportText, wordsOf, type DesignResult } from "@split-et-impera/core/design";
import { uplinkOf } from "@split-et-impera/core/study";
import type { Context } from "./context.ts";
import { html, type Markup } from "./html.ts";
import { mainEstimate } from "./quality.ts";
import { lossyFigures, type LossyPoint } from "./wire-losses.ts";

/** Charts at most: of the best design at as many cuts. */
const mostCharts = 3;

/** A chart per cut, of its best codec there with every way to protect it; none where the study tries one way. */
export function protectionFigures(context: Context): Markup[] {
  const { designs, sweep, study } = context.result;
  const alone = designs.filter(
    ({ crossings, exits }) => crossings.length === 1 && !exits && crossings[0]!.transport.kind === "udp",
  );
  const groups = [...Map.groupBy(alone, (design) => messageOf(context, design))].filter(([, own]) => {
    return new Set(own.map((design) => wordsOf(design).protection)).size > 1;
  });
  // Designs are in the order of the objective: the first message of a cut is its best.
  const cuts = new Set<string | undefined>();
  const best = groups.filter(([, own]) => {
    const { cut } = wordsOf(own[0]!);
    return !cuts.has(cut) && cuts.add(cut);
  });
  const { burst } = uplinkOf(study).link.loss;
  const loss = best.slice(0, mostCharts).flatMap(([text, own]) =>
    own
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .flatMap((design): LossyPoint[] =>
        sweep.flatMap(({ loss, designs }) => {
          const point = designs.find(({ id }) => id === design.id);
          const way = transportText(design.crossings[0]!.transport, wordsOf(design).order);
          return point ? [{ way, codec: text, loss, burst, quality: qualityOf(point.quality) }] : [];
        }),
      ),
  );
  return lossyFigures(
    { ...mainEstimate(context.result), loss },
    html`The best of what is sent from its cut, or of the input, with each protection that the study tries, simulated
    under the same random losses.`,
  );
}

/** What is sent, however: `SC@pool1 uint8 8x`. */
function messageOf({ names }: Context, design: DesignResult): string {
  const { cut, codec } = wordsOf(design);
  const { bottleneck } = design.crossings[0]!;
  const from = cut === undefined ? "RC" : `SC@${names.brief(cut)}`;
  return [from, codec, ...(bottleneck ? [bottleneckName(bottleneck)] : [])].join(" ");
}
