/** @file The first page: the answer of the result that is open, and a tour for who sees this for the first time. */
import { plainSentence, qualityWords, interval, percent, bytes } from "@split-et-impera/charts";
import { qualityOf } from "@split-et-impera/core/design";
import { CheckList } from "../../parts/checks.tsx";
import { DesignName } from "../../parts/kind.tsx";
import { latencyText, latencyTitle } from "../../parts/latency.ts";
import { PartsBar, partList } from "../../parts/parts-bar.tsx";
import "../../parts/parts.css";
import { Link } from "../../shell/link.tsx";
import { Failed, Loading } from "../../shell/state.tsx";
import { example, useResult, type OpenResult } from "../../store/results.ts";
import { addressOf } from "../../store/url.ts";
import { Tour } from "./tour.tsx";
import { Way } from "./way.tsx";
import "./start.css";

export default function Start() {
  const result = useResult();
  return (
    <div className="view-start">
      {result.state === "loading" && <Loading what="Reading the result" />}
      {result.state === "failed" && (
        <Failed why={result.why}>
          <p>
            <Link href={addressOf("", { result: example.id }, [])}>Look at the example instead</Link>
          </p>
        </Failed>
      )}
      {result.state === "ready" && <Summary {...result.value} />}
      <Tour />
    </div>
  );
}

function Summary({ document, result, context }: OpenResult) {
  const { verdict, designs, study } = result;
  const { chosen } = context;
  const words = qualityWords(result);
  const fits = verdict.recommended !== undefined;
  return (
    <section className={`card summary ${fits ? "met" : "missed"}`} aria-labelledby="summary">
      <p className="eyebrow">
        {document === example && <span className="tag">Example</span>} {study.name}
      </p>
      <h1 id="summary">{plainSentence(context, verdict.says)}</h1>
      {chosen && (
        <>
          <Way context={context} design={chosen} />
          <dl className="facts">
            <div>
              <dt>Design</dt>
              <dd>
                <DesignName context={context} id={chosen.id} />
              </dd>
            </div>
            <div>
              <dt>{words.Word}</dt>
              <dd title={words.full(qualityOf(chosen.quality))}>
                {words.show(qualityOf(chosen.quality).value)} <small>{words.give(qualityOf(chosen.quality))}</small>
              </dd>
            </div>
            <div>
              <dt>Latency p95</dt>
              <dd title={latencyTitle(chosen)}>{latencyText(chosen)}</dd>
            </div>
            <div>
              <dt>Late or never</dt>
              <dd title={interval(chosen.deadlineMisses, percent)}>{percent(chosen.deadlineMisses.value)}</dd>
            </div>
            <div>
              <dt>Sent a frame</dt>
              <dd>{bytes(chosen.bytes)}</dd>
            </div>
          </dl>
          <CheckList checks={chosen.checks} />
          <PartsBar parts={chosen.parts} longest={partList.reduce((sum, part) => sum + chosen.parts[part], 0) || 1} />
        </>
      )}
      <ul className="reasons">
        {[...(verdict.runnerUp ? [verdict.runnerUp] : []), ...verdict.instead].map(({ id, because }) => (
          <li key={id}>
            <b>
              Not <DesignName context={context} id={id} />:
            </b>{" "}
            {plainSentence(context, because)}
          </li>
        ))}
      </ul>
      <p>
        <Link href={addressOf("designs")}>All {designs.length} designs</Link> ·{" "}
        <Link href={addressOf("what-if")}>What if the link were slower?</Link>
      </p>
    </section>
  );
}
