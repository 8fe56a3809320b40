/** @file All designs under the circumstances, beside what they are in the study. */
import { bytes, interval, percent, qualityWords, stateOf, type Context } from "@split-et-impera/charts";
import { qualityOf, type Verdict, type WhatIfDesign } from "@split-et-impera/core/design";
import { CheckMarks } from "../../parts/checks.tsx";
import { DesignName } from "../../parts/kind.tsx";
import { latencyText, latencyTitle } from "../../parts/latency.ts";
import { LongBody } from "../../parts/long-body.tsx";
import { knowledge } from "./answer.tsx";

export interface AllDesignsProps {
  context: Context;
  designs: readonly WhatIfDesign[];
  verdict: Verdict;
  chosen: string | undefined;
  onChoose(id: string): void;
}

export function AllDesigns({ context, designs, verdict, chosen, onChoose }: AllDesignsProps) {
  const words = qualityWords(context.result);
  const rank = ({ id }: WhatIfDesign): number => {
    const place = verdict.fitting.indexOf(id);
    return place < 0 ? Infinity : place;
  };
  const rows = [...designs].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="All designs now">
      <table>
        <thead>
          <tr>
            <th scope="col">Design</th>
            <th scope="col">Requirements</th>
            <th scope="col" className="right">
              p95
            </th>
            <th scope="col" className="right">
              in the study
            </th>
            <th scope="col" className="right">
              Late
            </th>
            <th scope="col" className="right">
              {words.Word}
            </th>
            <th scope="col" className="right">
              in the study
            </th>
            <th scope="col" className="right">
              Bytes
            </th>
          </tr>
        </thead>
        <LongBody rows={rows} order="" columns={8}>
          {(design) => {
            const before = context.designs.get(design.id)!;
            const tag =
              design.id === verdict.recommended ? "recommended" : verdict.ties.includes(design.id) ? "tie" : undefined;
            return (
              <tr key={design.id} className={design.id === chosen ? "lit" : undefined}>
                <th scope="row">
                  <button
                    type="button"
                    className="plain"
                    onClick={() => onChoose(design.id)}
                    aria-pressed={design.id === chosen}
                  >
                    <DesignName context={context} id={design.id} hollow={stateOf(design) !== "met"} />
                  </button>{" "}
                  {tag && <span className={`tag ${tag}`}>{tag}</span>}
                </th>
                <td>
                  <CheckMarks checks={design.checks} />
                </td>
                <td className="right" title={latencyTitle(design)}>
                  {latencyText(design)}
                </td>
                <td className="right soft" title={latencyTitle(before)}>
                  {latencyText(before)}
                </td>
                <td className="right" title={interval(design.deadlineMisses, percent)}>
                  {percent(design.deadlineMisses.value)}
                </td>
                <td className="right" title={`${words.full(qualityOf(design.quality))}: ${knowledge[design.known]}`}>
                  {design.known === "measured" ? "" : "≈ "}
                  {words.show(qualityOf(design.quality).value)}
                </td>
                <td className="right soft" title={words.full(qualityOf(before.quality))}>
                  {words.show(qualityOf(before.quality).value)}
                </td>
                <td className="right">{bytes(design.bytes)}</td>
              </tr>
            );
          }}
        </LongBody>
      </table>
    </div>
  );
}
