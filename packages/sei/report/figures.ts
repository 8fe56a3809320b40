/** @file The report's charts as files of their own: SVG with its colours, legend and fonts in it. */
import {
  clean,
  contextOf,
  html,
  textWidth,
  widths,
  type FigureOptions,
  type LegendEntry,
} from "@split-et-impera/charts";
import type { Result } from "@split-et-impera/core/design";
import { internal } from "@split-et-impera/core/errors";
import { chartSections } from "./report.ts";
import { style } from "./style.ts";

/** A chart that needs nothing else. */
export interface FigureFile {
  /** The figure's id in the page, and the file's name without `.svg`. */
  id: string;
  title: string;
  svg: string;
}

/** Every chart of the page in its wide form and light colours, in the page's order. */
export function figureFiles(result: Result): FigureFile[] {
  const figures = chartSections(contextOf(result)).flatMap((section) => section.figures ?? []);
  return figures.map((figure) => ({ id: figure.id, title: figure.title, svg: standalone(figure) }));
}

const fonts = `Inter, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif`;
const fontSize = 13;
const padding = 12;
const rowHeight = 22;

/** A chart as a file of its own. */
export function standalone({ title, caption, legend, draw }: FigureOptions): string {
  const width = widths.wide;
  const rows = legend ? legendRows(legend.entries, width) : [];
  let y = padding + rows.length * rowHeight;
  const charts = draw("wide").map(({ markup }) => {
    const placed = markup.replace(/^<svg /, `<svg x="${padding}" y="${y}" overflow="visible" `);
    y += heightOf(markup) + padding;
    return placed;
  });
  const [w, h] = [width + 2 * padding, y];
  const keys = rows.map((row, i) => `<g transform="translate(${padding},${padding + i * rowHeight})">${row}</g>`);
  const words = html`<title>${title}</title> <desc>${plain(html`${caption}`.markup)}</desc>`.markup;
  const root = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" color="var(--ink)" fill="var(--ink)" font-size="${fontSize}" style="white-space:pre" ${html`font-family="${fonts}"`.markup}>`;
  const whole = `${root}\n${words}\n<rect width="${w}" height="${h}" fill="var(--surface)"/>\n${keys.join("\n")}\n${charts.join("\n")}\n</svg>\n`;
  const coloured = whole.replace(/var\(--([\w-]+)\)/g, (_, name: string) => colour(name));
  return asXml(coloured.replace(mixture, (_, one: string, share: string, other: string) => mixed(one, +share, other)));
}

function heightOf(svg: string): number {
  const height = Number(/^<svg [^>]*\bheight="([\d.]+)"/.exec(svg)?.[1]);
  if (!(height > 0)) throw internal("a chart without a height");
  return height;
}

/** The page's colours in its light scheme. */
const light = new Map(
  Array.from(style.matchAll(/--([\w-]+): light-dark\((#[\da-f]+),/g), ([, name, hex]) => [name, hex]),
);

function colour(name: string): string {
  const hex = light.get(name);
  if (hex === undefined) throw internal(`no colour is called --${name}`);
  return hex;
}

/** Only browsers know this function; Inkscape and librsvg take its place for black. */
const mixture = /color-mix\(in srgb, (#[\da-f]{6}) ([\d.]+)%, (#[\da-f]{6})\)/g;

function mixed(one: string, percent: number, other: string): string {
  const part = (hex: string, i: number): number => Number.parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16);
  const share = percent / 100;
  const channels = [0, 1, 2].map((i) => Math.round(part(one, i) * share + part(other, i) * (1 - share)));
  return `#${channels.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** What HTML takes and XML does not: names of entities, and characters that no XML may hold. */
function asXml(markup: string): string {
  return markup.replaceAll("&nbsp;", "&#160;").replace(/[\uFFFE\uFFFF]/g, "\uFFFD");
}

/** A caption's text; its markup is ours and holds no `<` but of tags. */
function plain(markup: string): string {
  const text = markup
    .replace(/<[^>]*>/g, "")
    .replace(/\s+/g, " ")
    .trim();
  const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return clean(text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name]!));
}

/** The keys, side by side, in as many rows as they need. */
function legendRows(entries: readonly LegendEntry[], width: number): string[] {
  const rows: string[] = [];
  let row = "";
  let x = 0;
  for (const [text, colour, shape] of entries) {
    const takes = 20 + textWidth(text, fontSize) + 18;
    if (x > 0 && x + takes > width) {
      rows.push(row);
      [row, x] = ["", 0];
    }
    const long = shape === "line" || shape === "dash" || shape === "dots";
    const label = `<text x="${long ? 26 : 18}" y="12" fill="var(--muted)">${html`${text}`.markup}</text>`;
    row += `<g transform="translate(${x},0)">${key(shape ?? "box", colour)}${label}</g>`;
    x += takes + (long ? 8 : 0);
  }
  return row === "" ? rows : [...rows, row];
}

/** The shapes of the page's legends. */
function key(shape: string, colour: string): string {
  const solid = html`fill="${colour}" stroke="${colour}" stroke-width="1.6"`.markup;
  const hollow = html`fill="none" stroke="${colour}" stroke-width="1.6"`.markup;
  switch (shape) {
    case "dot":
      return `<circle cx="6" cy="8" r="4.5" ${solid}/>`;
    case "ring":
      return `<circle cx="6" cy="8" r="4.5" ${hollow}/>`;
    case "line":
      return `<path d="M0,8H19" ${hollow}/>`;
    case "dash":
      return `<path d="M0,8H19" stroke-dasharray="5,3" ${hollow}/>`;
    case "dots":
      return `<path d="M0,8H19" stroke-dasharray="2,3" ${hollow}/>`;
    case "star":
      return `<path d="M6,2L7.3,6.2L11.7,6.2L8.2,8.8L9.5,13L6,10.4L2.5,13L3.8,8.8L0.3,6.2L4.7,6.2Z" ${solid}/>`;
    case "diamond":
      return `<path d="M6,2.5L11.5,8L6,13.5L0.5,8Z" ${solid}/>`;
    default:
      return `<rect x="1.5" y="3.5" width="9" height="9" rx="${shape === "square" ? 0 : 1.5}" ${solid}/>`;
  }
}
