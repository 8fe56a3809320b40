/** @file Where the answer changes: break-even points in words, and maps over rate and speed, rate and loss. */
import type { OptimumMap, OptimumResult, OptimumStretch, PlacementName } from "@split-et-impera/core/design";
import { axisFor, figure, type Axis } from "./chart.ts";
import { designName, kindName, type Context } from "./context.ts";
import { plural, rate, seconds, trim } from "./format.ts";
import { html, type Child, type Markup } from "./html.ts";
import { mapLegend, mapPlot, type Answer, type MapChart, type Patch } from "./map.ts";
import { lossText } from "./verdict.ts";

export function whereSection(context: Context): Markup {
  const { optimum } = context.result;
  return html`<section id="where">
    <h2>Where the answer changes</h2>
    ${
      optimum &&
      html`<p class="lead">
        Of the placements of the model itself, by adding up: compute, bytes at the link's rate and delay, without loss,
        waiting or bottlenecks. One number varies at a time; the study's own stands in brackets. The last row is
        simulated and asks the requirements, of all designs.
      </p>`
    }
    ${breakEvenList(context)} ${optimum && speedMap(context, optimum)} ${lossMap(context)}
    <p class="notes">
      ${optimum && `The first map adds up, exactly. `}The ${optimum ? "second" : "map"} simulates
      ${plural(context.result.lossMap.frames, "frame")} per design in every cell, with bottlenecks, codecs, TCP and
      queues, and asks the study's requirements; designs whose frames would come too late even whole and undisturbed are
      left out there.
    </p>
  </section> `;
}

/** `LC`, `RC`, `SC@features.23`, as short as they come. */
export function placementLabel({ names }: Context, { kind, cut }: PlacementName): string {
  return cut === undefined ? kind : `SC@${names.brief(cut)}`;
}

/** As studies write them: `1/20` of this machine, `3` of it. */
function speed(value: number): string {
  return value < 0.4 ? `1/${Number((1 / value).toPrecision(2))}` : String(Number(value.toPrecision(2)));
}

/** What is varied with its own value, and the answers in the order of their ranges: the facts of the section in words. */
export function changesOf(
  context: Context,
): { what: string; own: string; stretches: { range: string; answer: string }[] }[] {
  const { study, optimum, lossMap } = context.result;
  const link = study.links[0]!;
  const shortRate = (value: number): string => trim(rate(value));
  const shortTime = (value: number): string => trim(seconds(value));
  const priced = (what: string, own: number, list: readonly OptimumStretch[], show: (value: number) => string) => ({
    what,
    own: show(own),
    stretches: list.map((one, i) => ({
      range: rangeWords(one, i === 0, i === list.length - 1, show),
      answer: placementLabel(context, one),
    })),
  });
  const row = lossMap.recommended[lossMap.losses.indexOf(link.loss.rate)] ?? [];
  return [
    ...(optimum
      ? [
          priced("link rate", link.rate, optimum.breakEvens.rate, shortRate),
          priced("link delay", link.delay, optimum.breakEvens.delay, shortTime),
          ...Object.entries(optimum.breakEvens.speed).map(([host, list]) =>
            priced(`speed of ${host}`, study.hosts[host]!.speed, list, speed),
          ),
        ]
      : []),
    {
      what: `link rate, simulated at ${lossText(link.loss.rate)} loss`,
      own: shortRate(link.rate),
      stretches: runsOf(row).map(({ value, from, to }) => ({
        range:
          from === to
            ? `at ${shortRate(lossMap.rates[from]!)}`
            : [from, to].map((i) => shortRate(lossMap.rates[i]!)).join(" to "),
        answer: value === null ? "nothing fits" : context.names.label(value),
      })),
    },
  ].filter(({ stretches }) => stretches.length > 0);
}

function rangeWords(
  { from, to }: OptimumStretch,
  first: boolean,
  last: boolean,
  show: (value: number) => string,
): string {
  if (first) return last ? "always" : `below ${show(to)}`;
  return last ? `above ${show(from)}` : `${show(from)} to ${show(to)}`;
}

/** Runs of equal values, with their first and last index. */
function runsOf<T>(values: readonly T[]): { value: T; from: number; to: number }[] {
  const runs: { value: T; from: number; to: number }[] = [];
  values.forEach((value, i) => {
    const last = runs.at(-1);
    if (last && last.value === value) last.to = i;
    else runs.push({ value, from: i, to: i });
  });
  return runs;
}

function breakEvenList(context: Context): Markup {
  return html`<dl class="evens">
    ${changesOf(context).map(
      ({ what, own, stretches }) =>
        html`<dt>${what} <span class="soft">(${own})</span></dt>
          <dd>${stretches.map(({ range, answer }) => html`<span>${range}: <b>${answer}</b></span> `)}</dd> `,
    )}
  </dl>`;
}

function placementAnswer(context: Context, found: PlacementName): Answer {
  const { kind, cut } = found;
  const short = placementLabel(context, found);
  const long = cut === undefined ? kindName[kind] : short;
  return { key: short, kind, names: cut === undefined ? [long, short] : [short, short.slice(3)] };
}

function speedMap(context: Context, { map }: OptimumResult): Markup {
  const { study } = context.result;
  const own = { x: study.links[0]!.rate, y: study.hosts[map.host]!.speed };
  const y = exactly(map.speed);
  const patches = map.regions.map((region): Patch => ({
    answer: placementAnswer(context, region),
    outline: outlineOf(region.corners),
  }));
  const at = (r: number, s: number): Answer => placementAnswer(context, bestAt(map, r, s));
  const ticks = y.ticks(6);
  const chart: MapChart = {
    label: `The best placement over the link's rate and the speed of ${map.host}; the same as a table below`,
    x: exactly(map.rate),
    y,
    yTicks: (typeof ticks === "number" ? [] : ticks).map((value) => ({ value, text: speed(value) })),
    yLabel: `speed of ${map.host}, of this machine's`,
    patches,
    borders: patches.map(({ outline }) => [...outline, outline[0]!]),
    at,
    own,
  };
  const rates = steps(map.rate, 7);
  const codec = map.regions.find(({ kind }) => kind === "SC")?.codec;
  return figure({
    id: "speed-map",
    title: `The best placement over link rate and speed of ${map.host}`,
    legend: mapLegend(patches),
    caption: html`Exact for costs that add
    up${!map.exact && " (the search ended early: a small region may be missing)"}: the lines are where two placements
    take equally long.${codec !== undefined && ` Cuts send their tensor in ${codec}.`}`,
    draw: (size) => [mapPlot(chart, size)],
    below: grid(
      `Best placement by speed of ${map.host} and link rate`,
      "speed",
      rates.map((r) => trim(rate(r))),
      steps(map.speed, 5)
        .toReversed()
        .map((s) => ({ head: speed(s), cells: rates.map((r) => placementLabel(context, bestAt(map, r, s))) })),
    ),
  });
}

/** A logarithmic axis from end to end, without the room that others leave. */
const exactly = ([from, to]: [number, number]): Axis => axisFor([from * 1.25, to / 1.25], { log: true });

/** The cheapest region at a rate and a speed. */
export function bestAt({ regions }: OptimumMap, r: number, s: number): OptimumMap["regions"][number] {
  const cost = ({ fixed, bits, work }: OptimumMap["regions"][number]): number => fixed + bits / r + work / s;
  return regions.reduce((least, one) => (cost(one) < cost(least) ? one : least));
}

/** Corners with points between: what is straight over 1/rate and 1/speed is bent over their logarithms. */
function outlineOf(corners: readonly [number, number][]): { x: number; y: number }[] {
  const between = 24;
  return corners.flatMap(([x1, y1], i) => {
    const [x2, y2] = corners[(i + 1) % corners.length]!;
    const [a1, b1, a2, b2] = [1 / x1, 1 / y1, 1 / x2, 1 / y2];
    const byRate = Math.abs(Math.log(x2 / x1)) > Math.abs(Math.log(y2 / y1));
    return Array.from({ length: between }, (_, k) => {
      const share = k / between;
      const t = byRate
        ? (a1 * (a2 / a1) ** share - a1) / (a2 - a1 || 1)
        : (b1 * (b2 / b1) ** share - b1) / (b2 - b1 || 1);
      return { x: 1 / (a1 + t * (a2 - a1)), y: 1 / (b1 + t * (b2 - b1)) };
    });
  });
}

/** Values with the same ratio between neighbours, both ends included. */
function steps([from, to]: [number, number], count: number): number[] {
  return Array.from({ length: count }, (_, i) => from * (to / from) ** (i / (count - 1)));
}

function lossMap(context: Context): Markup {
  const { lossMap, study, sweep } = context.result;
  const { rates, losses, recommended } = lossMap;
  const half = rates.length > 1 ? Math.sqrt(rates[1]! / rates[0]!) : 2;
  const answer = (id: string | null | undefined): Answer | undefined => {
    const design = id === null || id === undefined ? undefined : context.designs.get(id);
    if (!design) return undefined;
    const [label, tiny] = [context.names.label(design.id), context.names.tiny(design.id)];
    const broken = (name: string): string[] => [name.replace(" ", "\n"), name.replaceAll(" ", "\n")];
    return { key: design.id, kind: design.kind, names: [label, ...broken(label), tiny, ...broken(tiny)] };
  };
  const [left, right] = [rates.map((r) => r / half), rates.map((r) => r * half)];
  const patches = losses.flatMap((_, row) =>
    rates.map((_, i): Patch => {
      const found = answer(recommended[row]![i]);
      const [low, high] = [row - 0.5, row + 0.5];
      const corners = [
        [left[i]!, low],
        [right[i]!, low],
        [right[i]!, high],
        [left[i]!, high],
      ] as const;
      return { ...(found && { answer: found }), outline: corners.map(([x, y]) => ({ x, y })) };
    }),
  );
  const borders = losses.flatMap((_, row) =>
    rates.flatMap((_, i) => {
      const id = recommended[row]![i];
      const beside = i + 1 < rates.length && recommended[row]![i + 1] !== id;
      const above = row + 1 < losses.length && recommended[row + 1]![i] !== id;
      return [
        ...(beside ? [[0.5, -0.5].map((up) => ({ x: right[i]!, y: row + up }))] : []),
        ...(above ? [[left[i]!, right[i]!].map((x) => ({ x, y: row + 0.5 }))] : []),
      ];
    }),
  );
  const column = (x: number): number => right.findIndex((edge) => x <= edge);
  const link = study.links[0]!;
  const chart: MapChart = {
    label: "The recommended design over the link's rate and loss; the same as a table below",
    x: exactly([left[0]!, right.at(-1)!]),
    y: {
      type: "linear",
      domain: [-0.5, losses.length - 0.5],
      ticks: () => losses.map((_, i) => i),
      place: (value) => (value + 0.5) / losses.length,
      value: (place) => place * losses.length - 0.5,
    },
    yTicks: losses.map((loss, value) => ({ value, text: lossText(loss) })),
    yLabel: "packet loss",
    patches,
    borders,
    at: (x, y) => answer(recommended[Math.round(Math.min(losses.length - 1, Math.max(0, y)))]?.[column(x)]),
    own: { x: link.rate, y: losses.indexOf(link.loss.rate) },
  };
  return figure({
    id: "loss-map",
    title: "The recommended design over link rate and packet loss",
    legend: mapLegend(patches),
    caption: html`Simulated at ${plural(rates.length, "rate")}, three to a decade, and at the
    ${plural(sweep.length, "loss rate")} of the study: a cell stands for its middle, nothing between is interpolated.`,
    draw: (size) => [mapPlot(chart, size)],
    below: grid(
      "Recommended design by packet loss and link rate",
      "loss",
      rates.map((r) => trim(rate(r))),
      losses
        .map((loss, row) => ({
          head: lossText(loss),
          cells: recommended[row]!.map((id) =>
            id === null ? html`<span class="soft">none</span>` : designName(context, id),
          ),
        }))
        .toReversed(),
    ),
  });
}

function grid(
  label: string,
  corner: string,
  columns: readonly string[],
  rows: readonly { head: string; cells: readonly Child[] }[],
): Markup {
  return html`<details>
    <summary>Numbers</summary>
    <div class="scroll" role="region" aria-label="${label}" tabindex="0">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">${corner}</th>
            ${columns.map((column) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ head, cells }) =>
              html`<tr>
                <th scope="row">${head}</th>
                ${cells.map((cell) => html`<td>${cell}</td>`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
