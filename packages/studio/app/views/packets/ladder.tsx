/** @file Packets as lines between hosts over time: wheel and keys zoom to the microsecond, dragging moves. */
import { seconds } from "@split-et-impera/charts";
import { useEffect, useRef, type KeyboardEvent, type PointerEvent } from "react";
import { useWidth } from "../../parts/use-width.ts";
import type { Journey } from "./packets-worker.ts";

/** ns. */
export interface Span {
  from: number;
  to: number;
}

const left = 84;
const top = 34;
const gap = 150;
const windowHigh = 90;
/** ns: nothing is to be seen closer. */
const closest = 1000;

export function zoomed({ from, to }: Span, factor: number, at: number, all: Span): Span {
  const wide = Math.min(all.to - all.from, Math.max(closest, (to - from) * factor));
  const begin = at - ((at - from) / (to - from)) * wide;
  const start = Math.min(Math.max(all.from, begin), all.to - wide);
  return { from: start, to: start + wide };
}

export function Ladder({
  journey,
  span,
  all,
  usual,
  says,
  onSpan,
}: {
  journey: Journey;
  span: Span;
  /** As far as there is anything. */
  all: Span;
  /** What is shown first. */
  usual: Span;
  says: string;
  onSpan(span: Span, how: "step" | "same"): void;
}) {
  const [place, width] = useWidth<HTMLDivElement>();
  const svg = useRef<SVGSVGElement>(null);
  const grabbed = useRef<{ x: number; span: Span }>(undefined);
  const wide = Math.max(60, width - left - 12);
  const { hosts, links, packets, steps, names, window } = journey;
  const x = (time: number): number => left + ((time - span.from) / (span.to - span.from)) * wide;
  const y = (host: string): number => top + gap * hosts.indexOf(host);
  const bottom = top + gap * (hosts.length - 1);
  const windowTop = bottom + 44;
  const height = windowTop + (window.length > 0 ? windowHigh + 10 : -10);
  const latest = useRef({ span, all, wide });
  latest.current = { span, all, wide };
  useEffect(() => {
    const element = svg.current;
    if (!element) return undefined;
    // React's own wheel handlers are passive: the page would scroll too.
    const turn = (event: WheelEvent): void => {
      const { span: own, all: whole, wide: across } = latest.current;
      event.preventDefault();
      const at =
        own.from + ((event.clientX - element.getBoundingClientRect().left - left) / across) * (own.to - own.from);
      onSpan(zoomed(own, Math.exp(event.deltaY / 300), at, whole), "same");
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  });
  const moved = (by: number): Span => {
    const length = span.to - span.from;
    const from = Math.min(Math.max(all.from, span.from + by), all.to - length);
    return { from, to: from + length };
  };
  const keys = (event: KeyboardEvent): void => {
    const middle = (span.from + span.to) / 2;
    const length = span.to - span.from;
    const next: Record<string, () => Span> = {
      "+": () => zoomed(span, 0.6, middle, all),
      "=": () => zoomed(span, 0.6, middle, all),
      "-": () => zoomed(span, 1 / 0.6, middle, all),
      ArrowLeft: () => moved(-length / 5),
      ArrowRight: () => moved(length / 5),
      Home: () => moved(-Infinity),
      End: () => moved(all.to),
      "0": () => usual,
    };
    const found = next[event.key];
    if (!found) return;
    event.preventDefault();
    onSpan(found(), "same");
  };
  const drag = (event: PointerEvent): void => {
    const from = grabbed.current;
    if (!from) return;
    const by = ((from.x - event.clientX) / wide) * (from.span.to - from.span.from);
    const start = Math.min(Math.max(all.from, from.span.from + by), all.to - (from.span.to - from.span.from));
    onSpan({ from: start, to: start + from.span.to - from.span.from }, "same");
  };
  const paths: Record<"own" | "other" | "control" | "resent" | "queue", string> = {
    own: "",
    other: "",
    control: "",
    resent: "",
    queue: "",
  };
  const lost: { x: number; y: number }[] = [];
  for (const one of packets) {
    const [a, b] = links[one.link]!;
    const [from, to] = one.forward ? [y(a), y(b)] : [y(b), y(a)];
    const end = one.arrived < 0 ? Math.max(one.left, one.entered) : one.arrived;
    if (end < span.from || one.entered > span.to) continue;
    if (one.fate === "lost" || one.fate === "overflowed") {
      lost.push({ x: x(one.entered), y: from + (to - from) * 0.12 });
      continue;
    }
    if (one.left > one.entered) paths.queue += `M${x(one.entered).toFixed(1)} ${from}H${x(one.left).toFixed(1)}`;
    if (one.arrived < 0) continue;
    const kind = one.kind === "control" ? "control" : one.resent ? "resent" : one.own ? "own" : "other";
    paths[kind] += `M${x(one.left).toFixed(1)} ${from}L${x(one.arrived).toFixed(1)} ${to}`;
  }
  const { captured } = journey;
  const ticks = ticksOf(span, captured, Math.max(2, Math.floor(wide / 110)));
  const most = Math.max(1, ...window.map(({ segments }) => segments));
  const high = (segments: number): number => windowTop + windowHigh - (segments / most) * windowHigh;
  const clip = { x: left, y: 0, width: wide, height };
  return (
    <div ref={place}>
      {width > 0 && (
        <div
          className="ladder"
          role="group"
          tabIndex={0}
          aria-label="Packets over time: + and - zoom, arrow keys move, 0 shows the frame"
          onKeyDown={keys}
        >
          <svg
            ref={svg}
            width={width}
            height={height}
            role="img"
            aria-label={says}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              grabbed.current = { x: event.clientX, span };
            }}
            onPointerMove={drag}
            onPointerUp={() => (grabbed.current = undefined)}
          >
            <clipPath id="ladder-clip">
              <rect {...clip} />
            </clipPath>
            {ticks.map((at) => (
              <g key={at}>
                <line className="grid" x1={x(at)} x2={x(at)} y1={18} y2={height} />
                <text x={x(at)} y={12} textAnchor="middle">
                  {tickText(at - captured, span)}
                </text>
              </g>
            ))}
            {hosts.map((host) => (
              <g key={host}>
                <text x={0} y={y(host) + 4}>
                  {host.length > 12 ? `${host.slice(0, 11)}…` : host}
                  <title>{host}</title>
                </text>
                <line className="host" x1={left} x2={left + wide} y1={y(host)} y2={y(host)} />
              </g>
            ))}
            <g clipPath="url(#ladder-clip)">
              {(["queue", "control", "other", "own", "resent"] as const).map((kind) => (
                <path key={kind} className={kind} d={paths[kind]} />
              ))}
              {lost.map((one, i) => (
                <path key={i} className="lost" d={`M${one.x - 4} ${one.y - 4}l8 8m0 -8l-8 8`} />
              ))}
              {steps.map(({ step, served, end }, i) => {
                const name = names[step]!;
                if (name.kind !== "compute" || end < 0) return null;
                return (
                  <rect
                    key={i}
                    x={x(served)}
                    width={Math.max(1, x(end) - x(served))}
                    y={y(name.at) - 8}
                    height={16}
                    style={{ fill: `var(--part-${name.part})` }}
                  >
                    <title>{`${name.what}, ${seconds((end - served) / 1e9)}`}</title>
                  </rect>
                );
              })}
              {window.length > 0 && <path className="window" d={windowPath(journey, x, high, all.to)} />}
            </g>
            {window.length > 0 && (
              <>
                <text x={0} y={windowTop + 12}>
                  window
                </text>
                <text x={left - 6} y={windowTop + 8} textAnchor="end">
                  {most}
                </text>
                <text x={left - 6} y={windowTop + windowHigh} textAnchor="end">
                  0
                </text>
                <line
                  className="host"
                  x1={left}
                  x2={left + wide}
                  y1={windowTop + windowHigh}
                  y2={windowTop + windowHigh}
                />
              </>
            )}
          </svg>
        </div>
      )}
    </div>
  );
}

/** Of the connection that carries most; as steps. */
function windowPath(
  { window }: Journey,
  x: (time: number) => number,
  high: (segments: number) => number,
  end: number,
): string {
  const step = window[0]!.step;
  const own = window.filter((one) => one.step === step);
  return `${own.map((one, i) => `${i === 0 ? "M" : "H"}${x(one.time).toFixed(1)} ${i === 0 ? high(one.segments).toFixed(1) : `V${high(one.segments).toFixed(1)}`}`).join("")}H${x(end).toFixed(1)}`;
}

function ticksOf({ from, to }: Span, zero: number, most: number): number[] {
  const rough = (to - from) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough)!;
  const ticks: number[] = [];
  for (let at = zero + Math.ceil((from - zero) / step) * step; at <= to; at += step) ticks.push(at);
  return ticks;
}

/** ns since capture, as fine as the span needs. */
function tickText(ns: number, { from, to }: Span): string {
  const wide = to - from;
  if (wide < 100e3) return `${(ns / 1e3).toFixed(1)} µs`;
  return `${(ns / 1e6).toFixed(wide < 2e6 ? 3 : wide < 50e6 ? 1 : 0)} ms`;
}
