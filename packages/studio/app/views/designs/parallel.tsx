/** @file A line per design over several scales; a stretch drawn on a scale is a range. */
import { axisFor } from "@split-et-impera/charts";
import type { DesignResult } from "@split-et-impera/core/design";
import { useState, type PointerEvent } from "react";
import { colourOf } from "../../parts/kind.tsx";
import { useWidth } from "../../parts/use-width.ts";
import type { Column } from "./columns.ts";
import { setRanges, type Ranges } from "./ranges.ts";

const height = 330;
const margin = { top: 40, bottom: 26, side: 52 };

export interface ParallelProps {
  columns: readonly Column[];
  designs: readonly DesignResult[];
  within: ReadonlySet<string>;
  named: ReadonlyMap<string, string>;
  ranges: Ranges;
  hover: string | undefined;
  onHover(id: string | undefined): void;
  onChoose(id: string): void;
}

export function Parallel({ columns, designs, within, named, ranges, hover, onHover, onChoose }: ParallelProps) {
  const [place, width] = useWidth<HTMLDivElement>();
  const [drag, setDrag] = useState<{ key: string; from: number; to: number }>();
  const high = height - margin.top - margin.bottom;
  const side = width < 620 ? 30 : margin.side;
  const scales = columns.map((column, i) => {
    const axis = axisFor(designs.map(column.value).filter(Number.isFinite));
    // What is better is up, on every scale.
    const place = (value: number): number => {
      const share = Math.min(1, Math.max(0, Number.isFinite(value) ? axis.place(value) : 1));
      return margin.top + (column.more ? 1 - share : share) * high;
    };
    const value = (pixel: number): number => {
      const share = Math.min(1, Math.max(0, (pixel - margin.top) / high));
      return axis.value(column.more ? 1 - share : share);
    };
    const x = side + (i * (width - 2 * side)) / Math.max(1, columns.length - 1);
    return { column, axis, place, value, x };
  });
  const level = (event: PointerEvent): number => {
    const box = event.currentTarget.closest("svg")!.getBoundingClientRect();
    return Math.min(height - margin.bottom, Math.max(margin.top, event.clientY - box.top));
  };
  const order = [...designs].sort((a, b) => weight(a) - weight(b));
  function weight({ id }: DesignResult): number {
    return id === hover ? 3 : named.has(id) ? 2 : within.has(id) ? 1 : 0;
  }
  return (
    <div ref={place}>
      <svg
        className="chart"
        width={width}
        height={height}
        role="img"
        aria-label={`Parallel coordinates of ${designs.length} designs over ${columns.map(({ title }) => title).join(", ")}; better is up. The table below has the numbers.`}
      >
        {order.map((one) => {
          const strong = one.id === hover || named.has(one.id);
          const d = scales
            .map(({ column, place, x }, i) => `${i === 0 ? "M" : "L"}${x},${place(column.value(one))}`)
            .join("");
          return (
            <g
              key={one.id}
              onPointerEnter={() => onHover(one.id)}
              onPointerLeave={() => onHover(undefined)}
              onClick={() => onChoose(one.id)}
              style={{ cursor: "pointer" }}
            >
              <path d={d} fill="none" stroke="transparent" strokeWidth={9} />
              <path
                d={d}
                fill="none"
                stroke={colourOf[one.kind]}
                strokeWidth={strong ? 2.6 : 1.2}
                opacity={strong ? 1 : within.has(one.id) ? 0.7 : 0.1}
              />
            </g>
          );
        })}
        {scales.map(({ column, place, value, x }) => {
          const range = ranges.get(column.key);
          const own = drag?.key === column.key ? drag : undefined;
          const edges = own
            ? [own.from, own.to]
            : range && [
                place(range.from === -Infinity ? lowest(column) : range.from),
                place(range.to === Infinity ? highest(column) : range.to),
              ];
          const [upper, lower] = edges ? [Math.min(...edges), Math.max(...edges)] : [0, 0];
          const finite = designs.map(column.value).filter(Number.isFinite);
          const [best, worst] = column.more
            ? [Math.max(...finite), Math.min(...finite)]
            : [Math.min(...finite), Math.max(...finite)];
          return (
            <g key={column.key}>
              <line x1={x} x2={x} y1={margin.top} y2={height - margin.bottom} stroke="var(--control)" />
              <text className="strong" x={x} y={12} textAnchor="middle">
                {width < 620 ? (column.short ?? column.title) : column.title}
              </text>
              <text x={x} y={28} textAnchor="middle">
                {column.show(best)}
              </text>
              <text x={x} y={height - 8} textAnchor="middle">
                {column.show(worst)}
              </text>
              {edges && <rect className="brush" x={x - 8} y={upper} width={16} height={lower - upper} />}
              <rect
                x={x - 14}
                y={margin.top}
                width={28}
                height={high}
                fill="transparent"
                style={{ cursor: "row-resize", touchAction: "none" }}
                onPointerDown={(event) => {
                  event.currentTarget.setPointerCapture(event.pointerId);
                  const at = level(event);
                  setDrag({ key: column.key, from: at, to: at });
                }}
                onPointerMove={(event) => {
                  const to = level(event);
                  setDrag((from) => from && { ...from, to });
                }}
                onPointerUp={() => {
                  if (!drag) return;
                  setDrag(undefined);
                  const ends = [value(drag.from), value(drag.to)].sort((a, b) => a - b) as [number, number];
                  const short = Math.abs(drag.from - drag.to) < 4;
                  setRanges({ [column.key]: short ? undefined : { from: ends[0], to: ends[1] } });
                }}
              />
            </g>
          );
        })}
      </svg>
    </div>
  );
  function lowest(column: Column): number {
    return Math.min(...designs.map(column.value).filter(Number.isFinite));
  }
  function highest(column: Column): number {
    return Math.max(...designs.map(column.value).filter(Number.isFinite));
  }
}
