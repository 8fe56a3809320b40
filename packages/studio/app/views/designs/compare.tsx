/** @file Two designs side by side: figures, where the time goes, and the images that only one of them answers rightly. */
import { qualityWords, sampleNoun, percent, type Context } from "@split-et-impera/charts";
import { differingImages, qualityOf, type DesignResult } from "@split-et-impera/core/design";
import { CheckList } from "../../parts/checks.tsx";
import { DesignName } from "../../parts/kind.tsx";
import { PartsBar, partList } from "../../parts/parts-bar.tsx";
import { lossCurve } from "./loss-curve.ts";
import type { Column } from "./columns.ts";

export interface CompareProps {
  context: Context;
  columns: readonly Column[];
  a: DesignResult;
  b: DesignResult;
  onClose(): void;
}

export function Compare({ context, columns, a, b, onClose }: CompareProps) {
  const { result } = context;
  const words = qualityWords(result);
  const noun = sampleNoun(result);
  const differing = result.basis && differingImages(result.basis, a, b);
  const longest = Math.max(...[a, b].map(({ parts }) => partList.reduce((sum, part) => sum + parts[part], 0)));
  return (
    <section className="card compare" aria-labelledby="compare">
      <div className="head">
        <h2 id="compare">Side by side</h2>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
      <div className="scroll" tabIndex={0} role="region" aria-label="Two designs side by side">
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span className="hidden">Quantity</span>
              </th>
              {[a, b].map(({ id }, i) => (
                <th key={id} scope="col">
                  <b>{"AB"[i]}</b> <DesignName context={context} id={id} />
                </th>
              ))}
              <th scope="col">B less A</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{words.Word}</th>
              {[a, b].map(({ id, quality }) => (
                <td key={id} title={words.full(qualityOf(quality))}>
                  {words.show(qualityOf(quality).value)} <span className="soft">{words.give(qualityOf(quality))}</span>
                </td>
              ))}
              <td>{difference(columns[0]!, a, b)}</td>
            </tr>
            {columns.slice(1).map((column) => (
              <tr key={column.key}>
                <th scope="row">{column.title}</th>
                {[a, b].map((one) => (
                  <td key={one.id} title={column.full?.(one)}>
                    {Number.isFinite(column.value(one)) ? column.show(column.value(one)) : "none"}
                  </td>
                ))}
                <td>{difference(column, a, b)}</td>
              </tr>
            ))}
            {lossCurve(result, [a.id, b.id]).map(({ loss, values }) => (
              <tr key={`loss ${loss}`}>
                <th scope="row">
                  {words.Word} at {percent(loss)} loss
                </th>
                {values.map((value, i) => (
                  <td key={i}>{value === undefined ? "–" : words.show(value)}</td>
                ))}
                <td>
                  {values[0] !== undefined && values[1] !== undefined && signed(values[1] - values[0], columns[0]!)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="pair">
        {[a, b].map((one, i) => (
          <div key={one.id}>
            <h3>
              {"AB"[i]} · {context.names.label(one.id)}
            </h3>
            <PartsBar parts={one.parts} longest={longest} />
            <CheckList checks={one.checks} />
          </div>
        ))}
      </div>
      <h3>Answers that differ</h3>
      {differing ? (
        <Differing noun={noun} first={differing.first} second={differing.second} of={result.basis!.images} />
      ) : (
        <p className="soft">This result does not say which answers of its samples differ.</p>
      )}
    </section>
  );
}

function Differing({ noun, first, second, of }: { noun: string; first: number[]; second: number[]; of: number }) {
  const list = (numbers: number[]): string =>
    numbers.length === 0 ? "none" : `${numbers.slice(0, 40).join(", ")}${numbers.length > 40 ? ", …" : ""}`;
  return (
    <>
      <p>
        Without loss the two differ on {first.length + second.length} of {of} {noun}s.
      </p>
      <dl className="differing">
        <div>
          <dt>
            Only A right: <b>{first.length}</b>
          </dt>
          <dd className="mono">{list(first)}</dd>
        </div>
        <div>
          <dt>
            Only B right: <b>{second.length}</b>
          </dt>
          <dd className="mono">{list(second)}</dd>
        </div>
      </dl>
    </>
  );
}

function difference(column: Column, a: DesignResult, b: DesignResult): string {
  const value = column.value(b) - column.value(a);
  return Number.isFinite(value) ? signed(value, column) : "–";
}

function signed(value: number, { show }: Pick<Column, "show">): string {
  if (value === 0) return "0";
  return `${value > 0 ? "+" : "−"}${show(Math.abs(value))}`;
}
