/** @file What the cut costs: bytes, both sides, the parts of the latency, the verdict; beside the optimum and the candidates. */
import { bytes as inBytes, percent, seconds } from "@split-et-impera/charts";
import type { GraphResult, Result } from "@split-et-impera/core/design";
import { endsOf } from "@split-et-impera/core/study";
import { CheckList } from "../../parts/checks.tsx";
import { PartsBar } from "../../parts/parts-bar.tsx";
import { sidesOf, type CutAnswer, type CutGround, type CutQuestion } from "./cut.ts";
import { keyOf } from "./use-cuts.ts";

export interface PanelProps {
  result: Result;
  graph: GraphResult;
  ground: CutGround | undefined;
  cut: number;
  others: readonly number[];
  answers: ReadonlyMap<string, CutAnswer | null>;
  marks: ReadonlyMap<number, { optimum: boolean; candidate: boolean }>;
  question(cut: number): CutQuestion;
  title(cut: number): string;
  onCut(cut: number): void;
}

export function Panel({ result, graph, ground, cut, others, answers, marks, question, title, onCut }: PanelProps) {
  const answer = answers.get(keyOf(question(cut)));
  const sides = ground && sidesOf(ground, cut);
  const { capturing, other } = endsOf(result.study);
  const crossing = graph.cuts[cut]!;
  const names = crossing.tensors.map((at) => graph.tensors[at]!.name).join(",");
  const tried = result.designs.filter(({ kind, segments }) => kind === "SC" && segments[0]!.to.join(",") === names);
  // Where work is not split: the first of each kind is the best.
  const whole = ["LC", "RC"].flatMap((word) => result.designs.find(({ kind }) => kind === word) ?? []);
  const [metric = "accuracy"] = Object.keys(result.whole.quality);
  const word = (one: number): string => {
    const mark = marks.get(one);
    return [mark?.optimum ? "★ optimum" : "", mark?.candidate ? "▲ candidate" : ""].filter(Boolean).join(", ");
  };
  return (
    <section className="card panel" aria-labelledby="cut-title">
      <h2 id="cut-title">Cut at {title(cut)}</h2>
      <dl className="facts">
        <div>
          <dt>crosses</dt>
          <dd>
            {crossing.tensors.map((at) => graph.tensors[at]!.shape?.join("×") ?? "?").join(" + ")},{" "}
            {inBytes(crossing.bytes)}
            {answer && answer.bytes !== crossing.bytes && `, sent as ${inBytes(answer.bytes)}`}
          </dd>
        </div>
        <div>
          <dt>head on {capturing}</dt>
          <dd>{sides ? seconds(sides.head) : "not timed"}</dd>
        </div>
        <div>
          <dt>tail on {other}</dt>
          <dd>{sides ? seconds(sides.tail) : "not timed"}</dd>
        </div>
      </dl>
      <div className="answer" aria-live="polite">
        {answer ? (
          <>
            <p className="big">
              {answer.overload ? (
                <strong>Frames pile up</strong>
              ) : (
                <>
                  p95 <strong>{seconds(answer.p95)}</strong>, median <strong>{seconds(answer.median)}</strong>
                </>
              )}
              , {percent(answer.misses)} late
            </p>
            {answer.overload ? (
              <p className="soft">
                Frames come faster than this cut answers them: how late they are only tells how many came.
              </p>
            ) : (
              <PartsBar parts={answer.parts} longest={Object.values(answer.parts).reduce((sum, one) => sum + one, 0)} />
            )}
            <CheckList checks={answer.checks} />
          </>
        ) : (
          <p className="soft">
            {sides && answer === undefined
              ? "Simulating …"
              : ground
                ? "This cut was not timed, so that nothing is known of its latency."
                : "This result does not hold the times of cuts."}
          </p>
        )}
      </div>
      {others.length > 0 && ground && (
        <table>
          <caption>Beside the optimum and what saliency proposes</caption>
          <thead>
            <tr>
              <th scope="col">cut</th>
              <th scope="col" className="right">
                sent
              </th>
              <th scope="col" className="right">
                p95
              </th>
              <th scope="col" className="right">
                late
              </th>
            </tr>
          </thead>
          <tbody>
            {others.map((one) => {
              const found = answers.get(keyOf(question(one)));
              return (
                <tr key={one} className={one === cut ? "lit" : undefined}>
                  <th scope="row">
                    <button type="button" onClick={() => onCut(one)} aria-pressed={one === cut}>
                      {title(one)}
                    </button>{" "}
                    <small>{word(one)}</small>
                  </th>
                  <td className="right">{found ? inBytes(found.bytes) : "…"}</td>
                  <td className="right">{found ? (found.overload ? "piles up" : seconds(found.p95)) : "…"}</td>
                  <td className="right">{found ? percent(found.misses) : "…"}</td>
                </tr>
              );
            })}
            {whole.map(({ id, bytes, latency, overload, deadlineMisses }) => (
              <tr key={id}>
                <th scope="row">
                  {id} <small>as the study has it</small>
                </th>
                <td className="right">{inBytes(bytes)}</td>
                <td className="right">{overload ? "piles up" : seconds(latency.p95.value)}</td>
                <td className="right">{percent(deadlineMisses.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {tried.length > 0 && (
        <table>
          <caption>What the study itself tried at this cut</caption>
          <thead>
            <tr>
              <th scope="col">design</th>
              <th scope="col" className="right">
                sent
              </th>
              <th scope="col" className="right">
                p95
              </th>
              <th scope="col" className="right">
                {metric}
              </th>
            </tr>
          </thead>
          <tbody>
            {tried.map(({ id, bytes, latency, overload, quality }) => (
              <tr key={id}>
                <th scope="row">{id.replace(/^\S+ /, "")}</th>
                <td className="right">{inBytes(bytes)}</td>
                <td className="right">{overload ? "piles up" : seconds(latency.p95.value)}</td>
                <td className="right">{percent(quality[metric]!.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
