/** @file The answer: what is recommended now, its figures beside the study's, and whether anything is under way. */
import { interval, percent, plainSentence, qualityWords, type Context } from "@split-et-impera/charts";
import {
  qualityOf,
  type DesignResult,
  type Knowledge,
  type Verdict,
  type WhatIfDesign,
} from "@split-et-impera/core/design";
import { deadlineOf, type Study } from "@split-et-impera/core/study";
import { ChartFrame } from "../../parts/chart-frame.tsx";
import { CheckList, CheckMarks } from "../../parts/checks.tsx";
import { curveOf, Distribution } from "../../parts/distribution.tsx";
import { Figure } from "../../parts/figure.tsx";
import { DesignName } from "../../parts/kind.tsx";
import { latencyText, latencyTitle } from "../../parts/latency.ts";
import { PartsBar, partList } from "../../parts/parts-bar.tsx";

/** How a quality is known, in words. */
export const knowledge: Record<Knowledge, string> = {
  measured: "measured on the test samples",
  between: "told from losses measured on either side",
  beyond: "told from the nearest measured loss: further out than any",
  unknown: "not measured: bounds only",
};

export interface AnswerProps {
  context: Context;
  study: Study;
  verdict: Verdict | undefined;
  /** The design that the figures are of, now. */
  design: WhatIfDesign | undefined;
  /** In the study. */
  before: DesignResult | undefined;
  busy: boolean;
}

export function Answer({ context, study, verdict, design, before, busy }: AnswerProps) {
  const words = qualityWords(context.result);
  return (
    <section className="card answer" aria-labelledby="answer" aria-busy={busy}>
      <h2 className="hidden" id="answer">
        Answer
      </h2>
      <p className={`verdict ${verdict && verdict.recommended === undefined ? "missed" : "met"}`} role="status">
        {verdict ? (
          <>
            <b>{verdict.recommended === undefined ? "Nothing fits" : "Recommended"}</b>{" "}
            {plainSentence(context, verdict.says)}
          </>
        ) : (
          "Simulating …"
        )}
      </p>
      {design && (
        <>
          <dl className="figures">
            <Figure title="Design" value={<DesignName context={context} id={design.id} />} />
            {(["median", "p95", "p99"] as const).map((of) => (
              <Figure
                key={of}
                title={`Latency ${of}`}
                value={latencyText(design, of)}
                was={before && `study: ${latencyText(before, of)}`}
                full={latencyTitle(design, of)}
              />
            ))}
            <Figure
              title="Late or never"
              value={percent(design.deadlineMisses.value)}
              was={before && `study: ${percent(before.deadlineMisses.value)}`}
              full={interval(design.deadlineMisses, percent)}
            />
            <Figure
              title={words.Word}
              value={words.show(qualityOf(design.quality).value)}
              was={before && `study: ${words.show(qualityOf(before.quality).value)}`}
              note={`${words.show(qualityOf(design.quality).lo)} to ${words.show(qualityOf(design.quality).hi)}, ${knowledge[design.known]}`}
            />
          </dl>
          <div className="two">
            <div>
              <h3>When frames are answered</h3>
              <ChartFrame name="When frames are answered">
                <Distribution
                  now={curveOf(design.latencies)}
                  within={1 - design.deadlineMisses.value}
                  before={before?.latency.curve}
                  deadline={deadlineOf(study)}
                />
              </ChartFrame>
              <p className="small soft">Solid: now. Dashed: this design in the study.</p>
            </div>
            <div>
              <h3>Requirements</h3>
              <CheckList checks={design.checks} />
              <h3>Where the time goes</h3>
              <PartsBar
                parts={design.parts}
                longest={partList.reduce((sum, part) => sum + design.parts[part], 0) || 1}
              />
            </div>
          </div>
        </>
      )}
    </section>
  );
}

/** The answer in a line, for screens on which the sliders and the answer are not in sight together; it is read out there. */
export function Brief({
  context,
  verdict,
  design,
  busy,
}: Omit<AnswerProps, "study" | "before" | "design"> & { design: WhatIfDesign }) {
  const fits = verdict?.recommended !== undefined;
  return (
    <p className={`brief ${fits ? "met" : "missed"}`} aria-hidden="true" data-busy={busy || undefined}>
      {verdict && <b>{fits ? "Fits" : "Nothing fits"}</b>} <DesignName context={context} id={design.id} />
      <span>
        {latencyText(design)} <CheckMarks checks={design.checks} />
      </span>
    </p>
  );
}
