/** @file The list itself: only the rows in sight are there, so that thousands of operators move as easily as ten. */
import { bytes as inBytes } from "@split-et-impera/charts";
import type { SaliencyResult } from "@split-et-impera/core/design";
import type { ModelGraph } from "@split-et-impera/core/onnx";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { arcsOf, isBefore, type Row } from "./rows.ts";

const high = 30;
/** Rows beyond those in sight. */
const spare = 8;
const lane = 7;

export interface BoardProps {
  graph: ModelGraph;
  rows: readonly Row[];
  cut: number;
  along: readonly { cut: number; after: number }[];
  marks: ReadonlyMap<number, { optimum: boolean; candidate: boolean }>;
  saliency: SaliencyResult | undefined;
  short(name: string): string;
  nameOf(cut: number): string;
  toggle(id: string): void;
  onCut(cut: number, how: "step" | "same"): void;
}

export function Board(props: BoardProps) {
  const { graph, rows, cut, along, marks, saliency, short, nameOf, toggle, onCut } = props;
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 800 });
  const arcs = useMemo(() => arcsOf(graph, rows), [graph, rows]);
  const gutter = 14 + lane * (1 + Math.max(-1, ...arcs.map((one) => one.lane)));
  const largest = useMemo(() => Math.max(1, ...graph.cuts.map(({ bytes }) => bytes)), [graph]);
  const cs = useMemo(() => new Map(saliency?.points.map((point) => [point.tensor, point])), [saliency]);
  const highest = Math.max(1e-300, ...(saliency?.points ?? []).map((point) => point.cs));
  const measure = (): void => {
    const element = place.current;
    if (element) setSeen({ top: element.scrollTop, height: element.clientHeight });
  };
  useEffect(measure, []);
  const chosen = graph.cuts[cut]!;
  const after = along.find((one) => one.cut === cut)?.after;
  const lineAt = (operators: number): number => {
    let y = 0;
    for (const [i, { block, open }] of rows.entries()) {
      if (open) continue;
      if (operators >= block.to) y = (i + 1) * high;
      else if (operators > block.from) y = (i + (operators - block.from) / (block.to - block.from)) * high;
    }
    return y;
  };
  const lines = useMemo(() => along.map((one) => ({ ...one, y: lineAt(one.after) })), [along, rows]);
  const y = after === undefined ? undefined : lineAt(after);
  useEffect(() => {
    const element = place.current;
    if (!element || y === undefined) return;
    if (y < element.scrollTop + high || y > element.scrollTop + element.clientHeight - high)
      element.scrollTop = Math.max(0, y - element.clientHeight / 2);
  }, [cut]);
  const nearest = (event: PointerEvent): number => {
    const element = place.current!;
    const at = event.clientY - element.getBoundingClientRect().top + element.scrollTop;
    return lines.reduce((best, one) => (Math.abs(one.y - at) < Math.abs(best.y - at) ? one : best)).cut;
  };
  const drag = (event: PointerEvent<HTMLDivElement>): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const next = nearest(event);
    if (next !== cut) onCut(next, "same");
  };
  const keys = (event: KeyboardEvent): void => {
    const at = along.findIndex((one) => one.cut === cut);
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowRight: at + 1,
      ArrowUp: at - 1,
      ArrowLeft: at - 1,
      PageDown: at + 5,
      PageUp: at - 5,
      Home: 0,
      End: along.length - 1,
    };
    const next = steps[event.key];
    if (next === undefined || along.length === 0) return;
    event.preventDefault();
    onCut(along[Math.min(along.length - 1, Math.max(0, next))]!.cut, event.repeat ? "same" : "step");
  };
  const first = Math.max(0, Math.floor(seen.top / high) - spare);
  const last = Math.min(rows.length, Math.ceil((seen.top + seen.height) / high) + spare);
  const inSight = lines.filter((one) => one.y >= first * high && one.y <= last * high);
  const center = (row: number): number => row * high + high / 2;
  return (
    <section className="card board" aria-label="Operators in the order in which they run">
      <div className="row titles" aria-hidden="true">
        <span style={{ width: gutter }} />
        <span className="what">block or operator</span>
        <span className="shape">makes</span>
        <span className="size">bytes</span>
        <span className="cs">CS</span>
      </div>
      <div className="list" ref={place} onScroll={measure} tabIndex={-1}>
        <div style={{ height: rows.length * high, position: "relative" }}>
          <svg
            className="arcs"
            width={gutter}
            height={(last - first) * high}
            style={{ top: first * high }}
            aria-hidden="true"
          >
            {arcs.map(({ from, to, lane: at }) => {
              if (to < first || from > last) return null;
              const [a, b] = [center(from) - first * high, center(to) - first * high];
              const x = gutter - 10 - lane * at;
              return (
                <path
                  key={`${from} ${to}`}
                  d={`M${gutter - 2} ${a}H${x + 4}Q${x} ${a} ${x} ${a + 4}V${b - 4}Q${x} ${b} ${x + 4} ${b}H${gutter - 2}`}
                />
              );
            })}
          </svg>
          {rows.slice(first, last).map((row, i) => {
            const { block, depth, id, open, makes } = row;
            const operator = graph.operators[block.from]!;
            const [head, tail] = [isBefore(chosen, block.from), !isBefore(chosen, block.to - 1)];
            const [tensor] = makes.map((at) => graph.tensors[at]!);
            const point = tensor && cs.get(tensor.name);
            const side = head === tail ? "both" : head ? "head" : "tail";
            return (
              <div key={id} className={`row in-${side} ${open ? "open" : ""}`} style={{ top: (first + i) * high }}>
                <span style={{ width: gutter }} />
                <span className="what" style={{ paddingLeft: 6 + 14 * depth }}>
                  {block.blocks ? (
                    <button type="button" aria-expanded={open} onClick={() => toggle(id)}>
                      <i aria-hidden="true">{open ? "▾" : "▸"}</i> {block.label} <small>{block.to - block.from}</small>
                    </button>
                  ) : (
                    <span title={operator.name}>
                      {operator.type}
                      {block.label !== operator.type && <small> {block.label}</small>}
                    </span>
                  )}
                </span>
                <span className="shape" title={tensor?.name}>
                  {open || !tensor ? "" : (tensor.shape?.join("×") ?? "")}
                  {!open && makes.length > 1 && <small> +{makes.length - 1}</small>}
                </span>
                <span className="size">
                  {!open && tensor?.bytes !== undefined && (
                    <>
                      <i style={{ width: `${Math.max(1, (40 * tensor.bytes) / largest)}px` }} aria-hidden="true" />
                      {inBytes(tensor.bytes)}
                    </>
                  )}
                </span>
                <span className="cs">
                  {!open && point && (
                    <>
                      <i style={{ width: `${Math.max(1, (36 * point.cs) / highest)}px` }} aria-hidden="true" />
                      {point.cs.toExponential(0)}
                    </>
                  )}
                </span>
              </div>
            );
          })}
          {inSight.map(({ cut: one, y: at }) => {
            const mark = marks.get(one);
            return (
              <span
                key={one}
                className="tick"
                style={{ top: at }}
                title={`legal cut ${short(nameOf(one))}`}
                aria-hidden="true"
              >
                {mark?.optimum ? "★" : ""}
                {mark?.candidate ? "▲" : ""}
              </span>
            );
          })}
          {y !== undefined && (
            <div
              className="line"
              role="slider"
              tabIndex={0}
              aria-orientation="vertical"
              aria-label="Cut"
              aria-valuemin={0}
              aria-valuemax={along.length - 1}
              aria-valuenow={along.findIndex((one) => one.cut === cut)}
              aria-valuetext={`behind ${short(nameOf(cut))}, ${inBytes(chosen.bytes)}`}
              style={{ top: y }}
              onKeyDown={keys}
              onPointerDown={(event) => {
                event.currentTarget.setPointerCapture(event.pointerId);
                onCut(nearest(event), "step");
              }}
              onPointerMove={drag}
            >
              <span>✂ {inBytes(chosen.bytes)}</span>
            </div>
          )}
        </div>
      </div>
    </section>
  );
}
