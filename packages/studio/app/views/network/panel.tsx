/** @file What the cut costs: bytes, both sides, the parts of the latency, the verdict; beside the optimum and the candidates. */
import { bytes as inBytes, interval, percent, qualityWords, seconds } from "@split-et-impera/charts";
import { qualityOf, type GraphResult, type Result } from "@split-et-impera/core/design";
import { endsOf } from "@split-et-impera/core/study";
import type { ReactNode } from "react";
import { CheckList } from "../../parts/checks.tsx";
import { DataTable, type DataColumn } from "../../parts/data-table.tsx";
import { latencyText, latencyTitle } from "../../parts/latency.ts";
import { PartsBar } from "../../parts/parts-bar.tsx";
import { asStudied, sidesOf, type CutAnswer, type CutGround, type CutQuestion } from "./cut.ts";
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

/** Where figures come from. */
const [studied, added] = ["as the study has it", "of added times"];

const columns = (name: string, last: string): DataColumn[] => [
  { head: name },
  ...["sent", "p95", last].map((head) => ({ head, right: true })),
];

/** Intervals of times that are added up would say less than how far the sum is off. */
const titleOf = (one: CutAnswer): string | undefined => (one.design === undefined ? undefined : latencyTitle(one));

const figuresOf = (one: CutAnswer): ReactNode[] => [
  inBytes(one.bytes),
  <span title={titleOf(one)}>{latencyText(one)}</span>,
];

const lateOf = (one: CutAnswer): ReactNode => (
  <span title={one.design === undefined ? undefined : interval(one.deadlineMisses, percent)}>
    {percent(one.deadlineMisses.value)}
  </span>
);

export function Panel({ result, graph, ground, cut, others, answers, marks, question, title, onCut }: PanelProps) {
  const answerTo = (one: number): CutAnswer | null | undefined => answers.get(keyOf(question(one)));
  const answer = answerTo(cut);
  const sums = ground && sidesOf(ground, cut);
  const sides = answer?.design === undefined ? sums : answer.parts;
  const { capturing, other } = endsOf(result.study);
  const crossing = graph.cuts[cut]!;
  const names = crossing.tensors.map((at) => graph.tensors[at]!.name).join(",");
  const tried = result.designs.filter(({ kind, segments }) => kind === "SC" && segments[0]!.to.join(",") === names);
  // Where work is not split: the first of each kind is the best.
  const whole = ["LC", "RC"].flatMap((word) => result.designs.find(({ kind }) => kind === word) ?? []);
  const words = qualityWords(result);
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
                  p95 <strong title={titleOf(answer)}>{latencyText(answer)}</strong>, median{" "}
                  <strong>{latencyText(answer, "median")}</strong>
                </>
              )}
              , {lateOf(answer)} late
            </p>
            {answer.overload ? (
              <p className="soft">
                Frames come faster than this cut answers them: how late they are only tells how many came.
              </p>
            ) : (
              <PartsBar parts={answer.parts} longest={Object.values(answer.parts).reduce((sum, one) => sum + one, 0)} />
            )}
            <CheckList checks={answer.checks} />
            <p className="small soft source">
              {answer.design === undefined
                ? "A sum: the study tried no such design, so that times of operators are added up and sent over its link. " +
                  "What sei simulate would say of it once its head and tail are timed is not this to the millisecond."
                : `Figures of the study’s design ${answer.design}: its head and tail were timed by themselves.`}
            </p>
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
        <DataTable
          caption="Beside the optimum and what saliency proposes"
          columns={columns("cut", "late")}
          rows={[
            ...others.map((one) => {
              const found = answerTo(one);
              return {
                key: `${one}`,
                lit: one === cut,
                cells: [
                  <>
                    <button type="button" onClick={() => onCut(one)} aria-pressed={one === cut}>
                      {title(one)}
                    </button>{" "}
                    <small>
                      {[word(one), found && (found.design === undefined ? added : studied)].filter(Boolean).join(" · ")}
                    </small>
                  </>,
                  ...(found ? [...figuresOf(found), lateOf(found)] : ["…", "…", "…"]),
                ],
              };
            }),
            ...whole.map((design) => ({
              key: design.id,
              cells: [
                <>
                  {design.id} <small>{studied}</small>
                </>,
                ...figuresOf(asStudied(design)),
                lateOf(asStudied(design)),
              ],
            })),
          ]}
        />
      )}
      {tried.length > 0 && (
        <DataTable
          caption="What the study itself tried at this cut"
          columns={columns("design", words.word)}
          rows={tried.map((design) => ({
            key: design.id,
            lit: design.id === answer?.design,
            cells: [
              design.id.replace(/^\S+ /, ""),
              ...figuresOf(asStudied(design)),
              <span title={words.full(qualityOf(design.quality))}>{words.show(qualityOf(design.quality).value)}</span>,
            ],
          }))}
        />
      )}
    </section>
  );
}
