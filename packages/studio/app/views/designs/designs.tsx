/** @file All designs of a result: as points, as lines, as a table; ranges brushed in one choose in all; two side by side. */
import { stateOf } from "@split-et-impera/charts";
import { useMemo, useState } from "react";
import { ChartFrame } from "../../parts/chart-frame.tsx";
import { KindLegend } from "../../parts/kind.tsx";
import "../../parts/parts.css";
import type { OpenResult } from "../../store/results.ts";
import { change, usePlace } from "../../store/url.ts";
import { columnsOf } from "./columns.ts";
import { Compare } from "./compare.tsx";
import "./designs.css";
import { Parallel } from "./parallel.tsx";
import { isWithin, rangesIn } from "./ranges.ts";
import { RangeFields } from "./ranges-fields.tsx";
import { Scatter } from "./scatter.tsx";
import { DesignTable } from "./table.tsx";

const lines = ["quality", "p95", "bytes", "memory", "misses"];

export default function Designs({ result, context }: OpenResult) {
  const { query } = usePlace();
  const [hover, setHover] = useState<string>();
  const { designs, verdict } = result;
  const columns = useMemo(() => columnsOf(context), [context]);
  const ranges = rangesIn(query, columns);
  const paretoOnly = query.get("pareto") === "1";
  const shown = designs.filter((one) => isWithin(one, ranges, columns) && (!paretoOnly || one.pareto));
  const within = new Set(shown.map(({ id }) => id));
  const fits = useMemo(() => new Set(designs.filter((one) => stateOf(one) === "met").map(({ id }) => id)), [designs]);
  const chosen = [query.get("a"), query.get("b")].filter((id): id is string => id !== null && context.designs.has(id));
  const named = new Map<string, string>();
  if (verdict.recommended !== undefined) named.set(verdict.recommended, "");
  chosen.forEach((id, i) => named.set(id, "AB"[i]!));
  const choose = (id: string): void => {
    const next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(-2);
    change({ a: next[0], b: next[1] });
  };
  const x = columns.find(({ key }) => key === query.get("x")) ?? columns.find(({ key }) => key === "p95")!;
  const sorted = query.get("sort");
  const sort = sorted === null ? undefined : { key: sorted.replace(/^-/, ""), down: sorted.startsWith("-") };
  const shared = { hover, onHover: setHover, onChoose: choose };
  const [a, b] = chosen.map((id) => context.designs.get(id)!);
  return (
    <div className="view-designs">
      <div className="head">
        <h1>Designs</h1>
        <p role="status">
          {shown.length === designs.length
            ? `${designs.length} designs`
            : `${shown.length} of ${designs.length} designs`}
          , {shown.filter(({ id }) => fits.has(id)).length} meet every requirement,{" "}
          {shown.filter(({ pareto }) => pareto).length} on the Pareto front ({result.front.join(", ")})
        </p>
      </div>
      <div className="charts">
        <section className="card" aria-labelledby="points">
          <div className="head">
            <h2 id="points">{columns[0]!.title} by</h2>
            <select aria-label="Across" value={x.key} onChange={(event) => change({ x: event.target.value })}>
              {columns.slice(1).map(({ key, title }) => (
                <option key={key} value={key}>
                  {title}
                </option>
              ))}
            </select>
            <label className="small">
              <input
                type="checkbox"
                checked={paretoOnly}
                onChange={(event) => change({ pareto: event.target.checked ? "1" : undefined })}
              />{" "}
              Pareto front only
            </label>
          </div>
          <ChartFrame name={`${columns[0]!.title} by ${x.title}`}>
            <Scatter
              context={context}
              x={x}
              y={columns[0]!}
              designs={designs}
              {...{ within, ranges, fits, named }}
              {...shared}
            />
          </ChartFrame>
          <KindLegend designs={designs} />
          <p className="small soft">
            Drag to choose a range, click to let go of it. A click on a design takes it into the comparison.
          </p>
        </section>
        <section className="card" aria-labelledby="lines">
          <h2 id="lines">All at once: better is up</h2>
          <ChartFrame name="Designs as lines">
            <Parallel
              columns={columns.filter(({ key }) => lines.includes(key))}
              designs={designs}
              {...{ within, named, ranges }}
              {...shared}
            />
          </ChartFrame>
          <RangeFields
            columns={columns.filter(({ key }) => ["quality", "p95", "bytes"].includes(key))}
            ranges={ranges}
          />
        </section>
      </div>
      {a && b && (
        <Compare
          context={context}
          columns={columns}
          a={a}
          b={b}
          onClose={() => change({ a: undefined, b: undefined })}
        />
      )}
      <section className="card" aria-label="Table">
        {chosen.length === 1 && <p className="small soft">Choose a second design to compare it with A.</p>}
        {shown.length === 0 ? (
          <p className="soft">No design lies within these ranges.</p>
        ) : (
          <DesignTable
            context={context}
            columns={columns}
            designs={shown}
            fits={fits}
            sort={sort}
            chosen={chosen}
            {...shared}
          />
        )}
      </section>
    </div>
  );
}
