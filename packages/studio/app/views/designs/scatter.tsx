/** @file Designs by quality and another quantity: a rectangle drawn over them chooses both ranges, a click a design. */
import { axisFor, boundOnQuality, placeLabels, type Context } from "@split-et-impera/charts";
import type { DesignResult } from "@split-et-impera/core/design";
import { useRef, useState, type PointerEvent } from "react";
import { Mark } from "../../parts/kind.tsx";
import { niceTicks } from "../../parts/ticks.ts";
import { useWidth } from "../../parts/use-width.ts";
import type { Column } from "./columns.ts";
import { setRanges, type Ranges } from "./ranges.ts";

/** px around the marks that are named. */
const ring = 9.5;
const height = 330;
const margin = { top: 14, right: 18, bottom: 34, left: 52 };

export interface ScatterProps {
  context: Context;
  x: Column;
  y: Column;
  designs: readonly DesignResult[];
  within: ReadonlySet<string>;
  ranges: Ranges;
  fits: ReadonlySet<string>;
  /** Designs that are named in the chart. */
  named: ReadonlyMap<string, string>;
  hover: string | undefined;
  onHover(id: string | undefined): void;
  onChoose(id: string): void;
}

export function Scatter(props: ScatterProps) {
  const { context, x, y, designs, within, ranges, fits, named, hover, onHover, onChoose } = props;
  const [place, width] = useWidth<HTMLDivElement>();
  const [drag, setDrag] = useState<{ x0: number; y0: number; x1: number; y1: number }>();
  const svg = useRef<SVGSVGElement>(null);
  const known = designs.filter((one) => Number.isFinite(x.value(one)) && Number.isFinite(y.value(one)));
  const off = designs.length - known.length;
  const across = axisFor(known.map(x.value));
  const up = axisFor(known.map(y.value), { log: false, ...(y.unit.name === "%" && { most: 1.005 }) });
  const wide = Math.max(60, width - margin.left - margin.right);
  const high = height - margin.top - margin.bottom;
  const left = (value: number): number => margin.left + across.place(value) * wide;
  const top = (value: number): number => margin.top + (1 - up.place(value)) * high;
  const at = (event: PointerEvent): { x: number; y: number } => {
    const box = svg.current!.getBoundingClientRect();
    return {
      x: Math.min(width - margin.right, Math.max(margin.left, event.clientX - box.left)),
      y: Math.min(height - margin.bottom, Math.max(margin.top, event.clientY - box.top)),
    };
  };
  const begin = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const from = at(event);
    (event.target as Element).setPointerCapture(event.pointerId);
    setDrag({ x0: from.x, y0: from.y, x1: from.x, y1: from.y });
  };
  const end = (): void => {
    if (!drag) return;
    setDrag(undefined);
    const { x0, x1, y0, y1 } = drag;
    if (Math.abs(x1 - x0) < 4 && Math.abs(y1 - y0) < 4) {
      setRanges({ [x.key]: undefined, [y.key]: undefined });
      return;
    }
    const value = (pixel: number): number => across.value((pixel - margin.left) / wide);
    const level = (pixel: number): number => up.value(1 - (pixel - margin.top) / high);
    setRanges({
      [x.key]: { from: value(Math.min(x0, x1)), to: value(Math.max(x0, x1)) },
      [y.key]: { from: level(Math.max(y0, y1)), to: level(Math.min(y0, y1)) },
    });
  };
  const brushed = boxOf();
  function boxOf(): { x: number; y: number; width: number; height: number } | undefined {
    if (drag) {
      const { x0, x1, y0, y1 } = drag;
      return { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
    }
    const [a, b] = [ranges.get(x.key), ranges.get(y.key)];
    if (!a && !b) return undefined;
    const clamp = (value: number, lo: number, hi: number): number => Math.min(hi, Math.max(lo, value));
    const x0 = a && Number.isFinite(a.from) ? clamp(left(a.from), margin.left, margin.left + wide) : margin.left;
    const x1 = a && Number.isFinite(a.to) ? clamp(left(a.to), margin.left, margin.left + wide) : margin.left + wide;
    const y0 = b && Number.isFinite(b.to) ? clamp(top(b.to), margin.top, margin.top + high) : margin.top;
    const y1 = b && Number.isFinite(b.from) ? clamp(top(b.from), margin.top, margin.top + high) : margin.top + high;
    return { x: x0, y: y0, width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0) };
  }
  const least = boundOnQuality(context.result)?.value;
  const most = context.result.study.requirements.find(
    ({ metric, statistic, operator }) => metric === "latency" && statistic === x.key && operator === "<=",
  )?.value;
  const inView = (value: number | undefined, [lo, hi]: [number, number]): value is number =>
    value !== undefined && value >= lo && value <= hi;
  const ticksOf = (axis: typeof across, about: number): number[] => {
    const found = axis.ticks(about);
    return typeof found === "number" ? niceTicks(axis.domain, found) : found;
  };
  const nameOf = (id: string): string => {
    const [name, label] = [named.get(id), width < 460 ? context.names.tiny(id) : context.names.label(id)];
    return name ? `${name} · ${label}` : label;
  };
  const labels = placeLabels(
    known.map((one) => {
      const place = { x: left(x.value(one)), y: top(y.value(one)) };
      return named.has(one.id) || one.id === hover
        ? { ...place, text: nameOf(one.id), rank: 0 }
        : { ...place, text: "", rank: 9 };
    }),
    {
      width,
      height,
      marginTop: margin.top,
      marginRight: margin.right,
      marginBottom: margin.bottom,
      marginLeft: margin.left,
    },
    12,
    ring,
  );
  return (
    <div ref={place}>
      <svg
        ref={svg}
        className="chart"
        width={width}
        height={height}
        role="img"
        aria-label={`${y.title} by ${x.title} of ${known.length} designs; the table below has their numbers.`}
        onPointerMove={(event) => {
          const to = at(event);
          setDrag((from) => from && { ...from, x1: to.x, y1: to.y });
        }}
        onPointerUp={end}
      >
        {ticksOf(up, 5).map((value) => (
          <g key={value} transform={`translate(0,${top(value)})`}>
            <line className="rule" x1={margin.left} x2={width - margin.right} />
            <text x={margin.left - 8} dy="0.32em" textAnchor="end">
              {y.show(value)}
            </text>
          </g>
        ))}
        {ticksOf(across, width < 460 ? 4 : 6).map((value) => (
          <g key={value} transform={`translate(${left(value)},${height - margin.bottom})`}>
            <line className="rule" y2={5} />
            <text y={17} textAnchor="middle">
              {x.show(value)}
            </text>
          </g>
        ))}
        <text x={width - margin.right} y={height - 3} textAnchor="end">
          {x.title} →
        </text>
        <text x={margin.left} y={9}>
          ↑ {y.title}
        </text>
        {y.key === "quality" && inView(least, up.domain) && (
          <line className="bound" x1={margin.left} x2={width - margin.right} y1={top(least)} y2={top(least)} />
        )}
        {inView(most, across.domain) && (
          <line className="bound" x1={left(most)} x2={left(most)} y1={margin.top} y2={height - margin.bottom} />
        )}
        <rect
          className="field"
          x={margin.left}
          y={margin.top}
          width={wide}
          height={high}
          fill="transparent"
          style={{ cursor: "crosshair", touchAction: "pan-y" }}
          onPointerDown={begin}
        />
        {brushed && <rect className="brush" {...brushed} pointerEvents="none" />}
        {known.map((one) => (
          <g
            key={one.id}
            transform={`translate(${left(x.value(one))},${top(y.value(one))})`}
            opacity={within.has(one.id) ? 1 : 0.22}
            style={{ cursor: "pointer" }}
            onPointerEnter={() => onHover(one.id)}
            onPointerLeave={() => onHover(undefined)}
            onClick={() => onChoose(one.id)}
          >
            <circle r={11} fill="transparent" />
            {(named.has(one.id) || hover === one.id) && <circle r={ring} fill="none" stroke="var(--ink)" />}
            <Mark kind={one.kind} hollow={!fits.has(one.id)} />
          </g>
        ))}
        {labels.map(({ text, x: across, y: down, side, anchor, tie, far }) => (
          <g key={`${anchor.x} ${anchor.y} ${text}`} pointerEvents="none">
            {far && <line className="rule" x1={anchor.x} y1={anchor.y} x2={tie.x} y2={tie.y} />}
            <text className="strong halo" x={across} y={down} dy="0.32em" textAnchor={side}>
              {text}
            </text>
          </g>
        ))}
      </svg>
      {off > 0 && (
        <p className="small soft">
          {off} {off === 1 ? "design has" : "designs have"} no {x.title.toLowerCase()}: more frames come than are
          answered, or answers never come.
        </p>
      )}
    </div>
  );
}
