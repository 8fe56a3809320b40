/** @file The hosts of a study as boxes and its links between them: who runs which part of a design, and how busy each is. */
import { cutName, exitCut, kindOf, type Closely, type Design, type DesignResult } from "@split-et-impera/core/design";
import { linkName, pathBetween, type LinkOptions, type Study } from "@split-et-impera/core/study";
import { figure, textWidth, widths, type Size } from "./chart.ts";
import type { Context } from "./context.ts";
import { percent, rate, seconds, trim } from "./format.ts";
import { html, trusted, type Markup } from "./html.ts";
import { ellipsis } from "./names.ts";

const lineHeight = 17;
const padding = 12;

/** A host's box, in pixels. */
interface Box {
  host: string;
  x: number;
  y: number;
  width: number;
  height: number;
  lines: string[];
  /** Share of the time that it is busy; undefined: not known. */
  busy?: number;
  runs: boolean;
}

export function topologyFigure(context: Context, design: DesignResult, closely: Closely | undefined): Markup {
  const { study } = context.result;
  const idle = Object.keys(study.hosts).filter((host) => roleOf(context, design, host).idle);
  return figure({
    id: "topology-chart",
    title: "Hosts and links",
    caption: html`What runs where in ${context.names.label(design.id)}.
    ${closely && `Bars and shares say how much of the time a host, or a direction of a link, is busy, what TCP sends again and acknowledges included. `}${idle.length > 0 && `${listed(idle)} ${idle.length === 1 ? "has" : "have"} nothing to do with this design. `}Links
    have the study's rate, delay and loss${study.links.some(({ back }) => back) && ", away from the camera"}.`,
    draw: (size) => [drawing(context, design, closely, size)],
  });
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** What a host does in a design, a line each. */
function roleOf(
  { result: { study }, names }: Context,
  design: Design,
  host: string,
): { lines: string[]; runs: boolean; idle: boolean } {
  const { segments, exits = [] } = design;
  const last = segments.length - 1;
  const part = (k: number): string => {
    const { from, to } = segments[k]!;
    const [start, end] = [from, to].map((cut) => names.brief(cutName(cut)));
    if (last === 0 || (k === last && cutName(from) === cutName(segments[0]!.from))) return "the whole network";
    if (k === 0) return `head up to ${end}`;
    return k === last ? `tail from ${start}` : `${start} to ${end}`;
  };
  const captures = host === study.frames.host;
  const runs = segments.flatMap((segment, k) => (segment.host === host ? [k] : []));
  // Behind an exit the capturing host runs the rest too, as one part behind the other.
  const own = runs.map((k) => {
    const exit = exits.find(({ after }) => after === k);
    return exit ? `${part(k)}, exit at ${names.brief(cutName(exitCut(design, exit)))}` : part(k);
  });
  const passes = hostsCrossed(study, design).has(host) && runs.length === 0 && !captures;
  const answered = host === study.frames.answer.host && !captures;
  const lines = [
    ...(captures ? [runs.length === 0 ? "captures and sends" : "captures"] : []),
    ...own,
    ...(passes ? ["passes packets on"] : []),
    ...(answered ? ["is answered"] : []),
  ];
  return { lines: lines.length > 0 ? lines : ["idle"], runs: runs.length > 0, idle: lines.length === 0 };
}

/** Hosts that messages of a design come by. */
function hostsCrossed(study: Study, { crossings, answer, segments }: Design): Set<string> {
  const used = new Set([...crossings.flatMap(({ links }) => links), ...(answer?.links ?? [])]);
  // What an exit answers goes the shortest way.
  const at = segments.at(-1)!.host;
  if (!answer && at !== study.frames.answer.host)
    for (const { name } of pathBetween(study, at, study.frames.answer.host)) used.add(name);
  return new Set(study.links.flatMap((link, i) => (used.has(linkName(study, i)) ? link.between : [])));
}

/** Hosts by how many links they are from the one that captures. */
function layersOf(study: Study): string[][] {
  const layers: string[][] = [];
  for (const host of Object.keys(study.hosts)) {
    const distance = pathBetween(study, study.frames.host, host).length;
    (layers[distance] ??= []).push(host);
  }
  return layers.filter(Boolean);
}

function boxesOf(
  context: Context,
  design: DesignResult,
  closely: Closely | undefined,
  size: Size,
): { boxes: Box[]; height: number } {
  const { study } = context.result;
  const layers = layersOf(study);
  const across = size === "wide";
  const most = Math.max(...layers.map(({ length }) => length));
  const gap = across ? (layers.length > 4 ? 96 : 150) : 58;
  const width = across
    ? Math.min(260, (widths.wide - 8 - gap * (layers.length - 1)) / layers.length)
    : Math.min(230, (widths.narrow - 8 - 14 * (most - 1)) / most);
  const texts = new Map(
    layers.flat().map((host) => {
      const { speed, memory } = study.hosts[host]!;
      const { lines, runs } = roleOf(context, design, host);
      const used = design.memory[host] ?? 0;
      const room = memory === undefined ? "" : `, ${percent(used / memory, 0)} of memory`;
      const fit = (text: string): string => ellipsis(text, Math.floor((width - 2 * padding) / 6.6));
      return [host, { lines: [...lines, `speed ${Number(speed.toPrecision(3))}${room}`].map(fit), runs }] as const;
    }),
  );
  const heightOf = (host: string): number => 2 * padding + (texts.get(host)!.lines.length + 1) * lineHeight + 14;
  const tallest = Math.max(...layers.flat().map(heightOf));
  const step = tallest + 22;
  const boxes = layers.flatMap((hosts, layer) =>
    hosts.map((host, row): Box => {
      const busy = closely?.loads.find(({ resource }) => resource.kind === "host" && resource.host === host);
      const offset = (most - hosts.length) / 2 + row;
      const [x, y] = across
        ? [4 + layer * (width + gap), 4 + offset * step]
        : [
            4 + (widths.narrow - 8 - hosts.length * (width + 14) + 14) / 2 + row * (width + 14),
            4 + layer * (tallest + gap),
          ];
      const { lines, runs } = texts.get(host)!;
      return { host, x, y, width, height: tallest, lines, runs, ...(closely && { busy: busy?.utilisation ?? 0 }) };
    }),
  );
  const height = 8 + (across ? most * step - 22 : layers.length * (tallest + gap) - gap);
  return { boxes, height };
}

function drawing(context: Context, design: DesignResult, closely: Closely | undefined, size: Size): Markup {
  const { study } = context.result;
  const { boxes, height } = boxesOf(context, design, closely, size);
  const used = new Set([...design.crossings.flatMap(({ links }) => links), ...(design.answer?.links ?? [])]);
  const byHost = new Map(boxes.map((box) => [box.host, box]));
  const links = study.links.map((link, i) => {
    const [a, b] = link.between.map((host) => byHost.get(host)!) as [Box, Box];
    return linkMarkup(linkName(study, i), link, [a, b], closely, used.has(linkName(study, i)), size);
  });
  const width = widths[size];
  const svg = html`<svg
    width="${width}"
    height="${height}"
    viewBox="0 0 ${width} ${height}"
    class="plot"
    role="img"
    aria-label="The study's hosts as boxes and its links as lines between them"
    font-size="12"
    fill="var(--ink)"
  >
    ${links.map(({ line }) => line)}${boxes.map((box) => boxMarkup(box, kindOf(design)))}${links.map(({ text }) => text)}
  </svg>`;
  // On one line: blanks between tags say nothing, and whoever draws it outside a page finds its size.
  return trusted(svg.markup.replace(/\s*\n\s*/g, " "));
}

function boxMarkup({ host, x, y, width, height, lines, busy, runs }: Box, kind: string): Markup {
  const stroke = runs ? `var(--${kind.toLowerCase()})` : "var(--line)";
  const text = (line: string, row: number): Markup =>
    html`<text
      x="${x + padding}"
      y="${y + padding + lineHeight * (row + 1) - 5}"
      fill="${row === 0 ? "var(--ink)" : "var(--muted)"}"
      font-weight="${row === 0 ? 650 : 400}"
      >${line}</text
    >`;
  const bar = width - 2 * padding - 44;
  const at = y + height - padding - 8;
  const share = Math.min(1, busy ?? 0);
  const colour = busy !== undefined && busy > 1 ? "var(--missed)" : "var(--part-head)";
  return html`<g
    ><title>${[host, ...lines].join("\n")}</title
    ><rect
      x="${x}"
      y="${y}"
      width="${width}"
      height="${height}"
      rx="10"
      fill="var(--sunk)"
      stroke="${stroke}"
      stroke-width="${runs ? 2 : 1}"
    />${[ellipsis(host, Math.floor((width - 2 * padding) / 7.4)), ...lines].map(text)}${
      busy !== undefined &&
      html`<rect x="${x + padding}" y="${at}" width="${bar}" height="6" rx="3" fill="var(--line)" /><rect
          x="${x + padding}"
          y="${at}"
          width="${(bar * share).toFixed(1)}"
          height="6"
          rx="3"
          fill="${colour}"
        /><text x="${x + width - padding}" y="${at + 7}" text-anchor="end" font-size="11">${busyText(busy)}</text>`
    }</g
  >`;
}

const busyText = (share: number): string => (share > 0 && share < 0.005 ? "< 1 %" : percent(share, 0));

function linkMarkup(
  name: string,
  link: LinkOptions,
  [a, b]: [Box, Box],
  closely: Closely | undefined,
  used: boolean,
  size: Size,
): { line: Markup; text: Markup } {
  const [from, to] = [edge(a, b), edge(b, a)];
  const forward = a.x < b.x || (a.x === b.x && a.y <= b.y);
  const busyOf = (host: string): number | undefined => {
    const found = closely?.loads.find(({ resource }) =>
      resource.kind === "link"
        ? resource.link === name && resource.from === host
        : resource.kind === "medium" && (resource.name === name || resource.name === link.medium?.name),
    );
    return closely && (found?.utilisation ?? 0);
  };
  const [there, back] = forward ? [busyOf(a.host), busyOf(b.host)] : [busyOf(b.host), busyOf(a.host)];
  const loss = link.loss.rate > 0 ? `${Number((100 * link.loss.rate).toPrecision(3))} % loss` : "";
  const arrows = size === "wide" ? ["→", "←"] : ["↓", "↑"];
  const says = [
    [trim(rate(link.rate)), trim(seconds(link.delay))].join(", "),
    ...(loss === "" ? [] : [loss]),
    ...(there === undefined || back === undefined
      ? []
      : [`${arrows[0]} ${busyText(there)}  ${arrows[1]} ${busyText(back)}`]),
  ];
  const [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
  const colour = used ? "var(--part-wire)" : "var(--line)";
  const wide = Math.max(...says.map((line) => textWidth(line, 11)));
  // Beside a link that goes down, above and below one that goes across.
  const beside = size === "narrow" && Math.abs(from.x - to.x) < 20;
  const shift = beside ? 10 : -wide / 2;
  const rows = says.map((line, i) => {
    const row = beside ? (i - (says.length - 1) / 2) * 14 + 4 : i === 0 ? -8 : 2 + i * 14;
    const anchor = beside ? "start" : "middle";
    return html`<text
      x="${(x + (beside ? shift : 0)).toFixed(1)}"
      y="${(y + row).toFixed(1)}"
      text-anchor="${anchor}"
      font-size="11"
      fill="var(--muted)"
      stroke="var(--surface)"
      stroke-width="4"
      paint-order="stroke"
      >${line}</text
    >`;
  });
  return {
    line: html`<path
      d="M${from.x.toFixed(1)},${from.y.toFixed(1)}L${to.x.toFixed(1)},${to.y.toFixed(1)}"
      stroke="${colour}"
      stroke-width="${used ? 3 : 1.5}"
      fill="none"
      ><title>${[link.between.join(" - "), ...says].join("\n")}</title></path
    >`,
    text: html`<g>${rows}</g>`,
  };
}

/** Where the line to another box's middle leaves a box. */
function edge(box: Box, towards: Box): { x: number; y: number } {
  const [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2];
  const [dx, dy] = [towards.x + towards.width / 2 - cx, towards.y + towards.height / 2 - cy];
  const scale = Math.min(
    dx === 0 ? Infinity : box.width / 2 / Math.abs(dx),
    dy === 0 ? Infinity : box.height / 2 / Math.abs(dy),
  );
  return { x: cx + dx * scale, y: cy + dy * scale };
}
