/** @file The network as a list of blocks in the order in which they run, with the line at which it is cut. */
import { bytes as inBytes, seconds } from "@split-et-impera/charts";
import { useMemo } from "react";
import { PictureButtons } from "../../parts/chart-frame.tsx";
import "../../parts/parts.css";
import { save } from "../../parts/picture.ts";
import { Empty } from "../../shell/state.tsx";
import type { OpenResult } from "../../store/results.ts";
import { change, usePlace } from "../../store/url.ts";
import { Board } from "./board.tsx";
import { groundOf, studiedAnswer, type CutQuestion } from "./cut.ts";
import { nodeData, svgOf } from "./export.ts";
import "./network.css";
import { Panel } from "./panel.tsx";
import { firstOpen, places, rowsOf } from "./rows.ts";
import { keyOf, useCuts } from "./use-cuts.ts";

export default function Network({ result, context }: OpenResult) {
  if (!result.graph)
    return (
      <Empty title="This result does not hold its model’s graph">
        <p>
          It was written by an older version, or its model has more operators than a result holds. Run its study again:
          what has not changed comes from the cache.
        </p>
      </Empty>
    );
  return <Drawn result={result} context={context} graph={result.graph} />;
}

type Graph = NonNullable<OpenResult["result"]["graph"]>;

function Drawn({ result, context, graph }: Pick<OpenResult, "result" | "context"> & { graph: Graph }) {
  const { query } = usePlace();
  const nameOf = (cut: number): string => graph.cuts[cut]!.tensors.map((at) => graph.tensors[at]!.name).join(",");
  const short = (name: string): string =>
    name
      .split(",")
      .map((one) => context.names.tensor(one))
      .join(" + ");
  const along = useMemo(() => places(graph), [graph]);
  const best = result.optimum?.best.cut;
  const candidates = (result.saliency?.points ?? []).filter(({ candidate }) => candidate).map(({ tensor }) => tensor);
  const recommended = result.designs.find(({ id }) => id === result.verdict.recommended)?.segments;
  const usual =
    (recommended && recommended.length > 1 ? recommended[0]!.to.join(",") : undefined) ?? best ?? candidates[0];
  const named = useMemo(() => new Map(graph.cuts.map((_, i) => [nameOf(i), i])), [graph]);
  const cut =
    named.get(query.get("cut") ?? "") ?? named.get(usual ?? "") ?? along[Math.floor(along.length / 2)]?.cut ?? 0;
  const codec =
    result.study.explore.codecs.find((one) => one === query.get("codec")) ?? result.study.explore.codecs.at(-1)!;
  const transport = query.get("transport") === "udp" ? "udp" : "tcp";
  const opened = query.get("open");
  const open = useMemo(() => new Set(opened === null ? firstOpen(graph) : opened.split(" ")), [graph, opened]);
  const rows = useMemo(() => rowsOf(graph, open), [graph, open]);
  const ground = useMemo(() => groundOf(result), [result]);
  const others = [...new Set([best, ...candidates])].flatMap((name) => named.get(name ?? "") ?? []);
  const question = (one: number): CutQuestion => ({ cut: one, codec, transport });
  const questions = [cut, ...others].map(question);
  const studied = new Map(
    questions.flatMap((one) => {
      const answer = studiedAnswer({ ...result, graph }, one);
      return answer ? [[keyOf(one), answer] as const] : [];
    }),
  );
  const simulated = useCuts(
    ground,
    questions.filter((one) => !studied.has(keyOf(one))),
  );
  const answers = new Map([...simulated, ...studied]);
  const toggle = (id: string): void => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    change({ open: [...next].join(" ") || " " });
  };
  const marks = new Map<number, { optimum: boolean; candidate: boolean }>();
  for (const one of others)
    marks.set(one, { optimum: nameOf(one) === best, candidate: candidates.includes(nameOf(one)) });
  if (along.length === 0 && graph.cuts.length === 0)
    return (
      <Empty title="This model cannot be cut">
        <p>No set of tensors between its operators separates what is fed from what is answered.</p>
      </Empty>
    );
  const several = graph.cuts.flatMap(({ tensors }, i) => (tensors.length > 1 ? [i] : []));
  return (
    <div className="view-network">
      <div className="head">
        <h1>Network</h1>
        <p>
          {result.model.file}: {graph.operators.length} operators in {graph.blocks.length} blocks, {along.length} places
          where one tensor can be cut{several.length > 0 && `, ${several.length} sets of several`}
        </p>
      </div>
      <div className="controls" role="group" aria-label="What crosses the cut">
        <label>
          Codec{" "}
          <select value={codec} onChange={(event) => change({ codec: event.target.value })}>
            {result.study.explore.codecs.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          Transport{" "}
          <select value={transport} onChange={(event) => change({ transport: event.target.value })}>
            <option>tcp</option>
            <option>udp</option>
          </select>
        </label>
        {several.length > 0 && (
          <label>
            Set of tensors{" "}
            <select
              value={graph.cuts[cut]!.tensors.length > 1 ? nameOf(cut) : ""}
              onChange={(event) => event.target.value !== "" && change({ cut: event.target.value })}
            >
              <option value="">one tensor</option>
              {several.map((one) => (
                <option key={one} value={nameOf(one)}>
                  {graph.cuts[one]!.tensors.length} tensors, {inBytes(graph.cuts[one]!.bytes)}:{" "}
                  {short(nameOf(one)).slice(0, 60)}
                </option>
              ))}
            </select>
          </label>
        )}
        <PictureButtons name="Network" of={() => svgOf(graph, rows, cut)} />
        <button
          type="button"
          onClick={() => save("node-data.json", new Blob([nodeData(result, graph)], { type: "application/json" }))}
        >
          Save node data
        </button>
      </div>
      <div className="two">
        <Board
          {...{ graph, rows, cut, along, marks, toggle, short }}
          saliency={result.saliency}
          onCut={(next, how) => change({ cut: nameOf(next) }, how)}
          nameOf={nameOf}
        />
        <Panel
          {...{ result, graph, ground, cut, others, answers, marks, question }}
          title={(one) => short(nameOf(one))}
          onCut={(next) => change({ cut: nameOf(next) })}
        />
      </div>
      <p className="small soft">
        Drag the line, or focus it and use the arrow keys. Where the study tried the cut, with this codec and transport
        and no bottleneck, its own figures are shown. Elsewhere the times by which the optimum adds up
        {graph.times && ` (${seconds(graph.times[0]!.whole)} for the whole on ${graph.times[0]!.host})`} are simulated
        here over the study’s link; of the answers’ quality nothing is known there.
      </p>
    </div>
  );
}
