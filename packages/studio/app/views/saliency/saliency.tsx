/** @file The CS curve with its candidates, and where the model looks at each of them. */
import { bytes as inBytes } from "@split-et-impera/charts";
import type { SaliencyPoint, SaliencyResult } from "@split-et-impera/core/design";
import { ChartFrame } from "../../parts/chart-frame.tsx";
import { ScrolledTable } from "../../parts/data-table.tsx";
import "../../parts/parts.css";
import { useWidth } from "../../parts/use-width.ts";
import { Link } from "../../shell/link.tsx";
import { Empty } from "../../shell/state.tsx";
import type { OpenResult } from "../../store/results.ts";
import { addressOf, change, usePlace } from "../../store/url.ts";
import { AnyImage } from "./any-image.tsx";
import { HowFar } from "./how-far.tsx";
import { Overlay } from "./overlay.tsx";
import "./saliency.css";
import { useAnew, useStudyNamed } from "./use-anew.ts";

export default function Saliency({ result, context }: OpenResult) {
  if (!result.saliency)
    return (
      <Empty title="This result has no saliency">
        <p>Its study names its cuts itself, splits nothing, or its model has no layer that Grad-CAM can look at.</p>
      </Empty>
    );
  return <Shown result={result} context={context} own={result.saliency} />;
}

function Shown({ result, context, own }: Pick<OpenResult, "result" | "context"> & { own: SaliencyResult }) {
  const { query } = usePlace();
  const study = useStudyNamed(result.study.name);
  const known = result.byClass?.classes ?? [];
  const chosen = classesIn(query.get("classes"), known);
  const anew = useAnew(study, chosen.length > 0 ? { classes: chosen } : undefined);
  const saliency = anew?.state === "ready" ? anew.value : own;
  const { points, examples, notes = [] } = saliency;
  const asked = points.find(({ tensor }) => tensor === query.get("layer"));
  const layer = asked ?? points.find(({ candidate }) => candidate) ?? points[0]!;
  const choose = (point: SaliencyPoint): void => change({ layer: point.tensor });
  const candidates = points.filter(({ candidate }) => candidate);
  const short = (tensor: string): string => context.names.tensor(tensor);
  const says =
    `Cumulative Saliency of ${points.length} layers over ${saliency.images} images; ` +
    (candidates.length > 0
      ? `candidates: ${candidates.map(({ tensor }) => short(tensor)).join(", ")}.`
      : "no layer stands out as a candidate.");
  const mapped = new Set(examples.flatMap(({ maps }) => maps.map(({ tensor }) => tensor)));
  return (
    <div className="view-saliency">
      <div className="head">
        <h1>Saliency</h1>
        <p>{says}</p>
      </div>
      {notes.map((note) => (
        <p key={note} className="soft">
          {note}
        </p>
      ))}
      {study && known.length > 0 && (
        <fieldset className="card classes">
          <legend className="hidden">Classes</legend>
          <p className="small soft">Only images of</p>
          {known.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={chosen.includes(one)}
              onClick={() => {
                const next = chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one];
                change({ classes: next.length > 0 ? JSON.stringify(next) : undefined });
              }}
            >
              {one}
            </button>
          ))}
          <HowFar of="curve" anew={anew} meanwhile="The curve below is that of the study.">
            {anew?.state === "ready"
              ? `computed anew over ${anew.value.images} images`
              : "all classes, as in the study"}
          </HowFar>
        </fieldset>
      )}
      <section className="card" aria-labelledby="curve">
        <h2 id="curve">Cumulative Saliency, layer by layer</h2>
        <ChartFrame name="Cumulative Saliency">
          <Curve {...{ points, layer, says, choose, short }} />
        </ChartFrame>
        <p>
          <strong>{short(layer.tensor)}</strong>: CS {layer.cs.toExponential(2)} ({layer.lo.toExponential(2)} to{" "}
          {layer.hi.toExponential(2)}), {layer.shape.join("×")}, {inBytes(layer.bytes)},{" "}
          {layer.legal ? (
            <Link href={addressOf("network", { cut: layer.tensor })}>cut here in the network</Link>
          ) : (
            "no cut by itself"
          )}
        </p>
      </section>
      <section className="card" aria-labelledby="looks">
        <h2 id="looks">Where it looks</h2>
        {mapped.has(layer.tensor) ? (
          <ul className="overlays">
            {examples.map((example, i) => {
              const map = example.maps.find(({ tensor }) => tensor === layer.tensor);
              return (
                map && (
                  <li key={i}>
                    <Overlay example={example} map={map} />
                    <span className="small">
                      {example.label}
                      {example.predicted !== example.label && `, taken for ${example.predicted}`}
                    </span>
                  </li>
                )
              );
            })}
          </ul>
        ) : (
          <p className="soft">
            A result keeps the maps of its candidates alone:{" "}
            {points
              .filter(({ tensor }) => mapped.has(tensor))
              .map((point) => (
                <button key={point.tensor} type="button" onClick={() => choose(point)}>
                  {short(point.tensor)}
                </button>
              ))}
          </p>
        )}
        {study ? (
          <AnyImage study={study} layer={layer.tensor} />
        ) : (
          <p className="small soft">
            Any image at any layer, and the curve of some classes, need the study of “{result.study.name}” to be open
            too.
          </p>
        )}
      </section>
      <section className="card">
        <ScrolledTable
          label="Layers"
          caption="All layers, in the order in which they are made"
          columns={[
            ...["layer", "operator", "shape"].map((head) => ({ head })),
            ...["bytes", "CS"].map((head) => ({ head, right: true })),
            { head: "cut" },
          ]}
          rows={points.map((point) => ({
            key: point.tensor,
            lit: point === layer,
            cells: [
              <button type="button" className="plain" aria-pressed={point === layer} onClick={() => choose(point)}>
                {short(point.tensor)}
              </button>,
              point.operator,
              point.shape.join("×"),
              inBytes(point.bytes),
              point.cs.toExponential(2),
              point.candidate ? "▲ candidate" : point.legal ? "legal" : "–",
            ],
          }))}
        />
      </section>
    </div>
  );
}

/** Those of the classes that an address names, as JSON. */
function classesIn(text: string | null, known: readonly string[]): string[] {
  try {
    const named: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(named) ? known.filter((one) => named.includes(one)) : [];
  } catch {
    return [];
  }
}

const high = 230;
const margin = { top: 14, right: 14, bottom: 14, left: 54 };

interface CurveProps {
  points: readonly SaliencyPoint[];
  layer: SaliencyPoint;
  says: string;
  choose(point: SaliencyPoint): void;
  short(tensor: string): string;
}

function Curve({ points, layer, says, choose, short }: CurveProps) {
  const [place, width] = useWidth<HTMLDivElement>();
  const positive = points.filter(({ cs }) => cs > 0).map(({ cs }) => Math.log10(cs));
  const [low, top] = [
    Math.floor(Math.min(-1, ...positive)),
    positive.length > 0 ? Math.ceil(Math.max(...positive)) : 0,
  ];
  const wide = Math.max(60, width - margin.left - margin.right);
  const x = (i: number): number => margin.left + (points.length > 1 ? (i / (points.length - 1)) * wide : wide / 2);
  const y = (value: number): number => {
    const log = value > 0 ? Math.log10(value) : low;
    return margin.top + ((top - Math.max(low, log)) / Math.max(1, top - low)) * (high - margin.top - margin.bottom);
  };
  const at = points.indexOf(layer);
  const line = points.map((one, i) => `${i === 0 ? "M" : "L"}${x(i).toFixed(1)} ${y(one.cs).toFixed(1)}`).join("");
  const band =
    points.map((one, i) => `${i === 0 ? "M" : "L"}${x(i).toFixed(1)} ${y(one.hi).toFixed(1)}`).join("") +
    points
      .map((one, i) => `L${x(i).toFixed(1)} ${y(one.lo).toFixed(1)}`)
      .toReversed()
      .join("") +
    "Z";
  const near = (clientX: number, element: Element): SaliencyPoint => {
    const share = (clientX - element.getBoundingClientRect().left - margin.left) / wide;
    return points[Math.min(points.length - 1, Math.max(0, Math.round(share * (points.length - 1))))]!;
  };
  return (
    <div ref={place}>
      {width > 0 && (
        <div
          className="curve"
          role="slider"
          tabIndex={0}
          aria-label="Layer"
          aria-valuemin={0}
          aria-valuemax={points.length - 1}
          aria-valuenow={at}
          aria-valuetext={`${short(layer.tensor)}, CS ${layer.cs.toExponential(2)}`}
          onKeyDown={(event) => {
            const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
            const next = points[at + (step ?? 0)];
            if (step === undefined || !next) return;
            event.preventDefault();
            choose(next);
          }}
        >
          <svg
            width={width}
            height={high}
            role="img"
            aria-label={says}
            onClick={(event) => choose(near(event.clientX, event.currentTarget))}
          >
            {Array.from({ length: top - low + 1 }, (_, i) => low + i).map((power) => (
              <g key={power}>
                <line
                  className="grid"
                  x1={margin.left}
                  x2={margin.left + wide}
                  y1={y(10 ** power)}
                  y2={y(10 ** power)}
                />
                <text x={margin.left - 8} y={y(10 ** power) + 4} textAnchor="end">
                  1e{power}
                </text>
              </g>
            ))}
            <path className="band" d={band} />
            <path className="cs" d={line} />
            <line className="now" x1={x(at)} x2={x(at)} y1={margin.top} y2={high - margin.bottom} />
            {points.map((one, i) =>
              one.candidate ? (
                <path key={one.tensor} className="candidate" d={`M${x(i)} ${y(one.cs) - 7}l6 11h-12Z`} />
              ) : (
                <circle key={one.tensor} className={one.legal ? "legal" : "other"} cx={x(i)} cy={y(one.cs)} r={3} />
              ),
            )}
          </svg>
        </div>
      )}
    </div>
  );
}
