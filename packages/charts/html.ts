/** @file Markup that cannot be broken by what it shows: every value is escaped unless it is markup itself. */
import type { FigureOptions } from "./chart.ts";

/** A piece of HTML that may stand in a page as it is. */
export interface Markup {
  readonly markup: string;
  /** The figures in it, as data, for whoever draws them outside a page. */
  readonly figures?: readonly FigureOptions[];
}

/** What a template takes; `undefined` and `false` show nothing, so that parts can be left out in place. */
export type Child = Markup | string | number | undefined | false | readonly Child[];

/** HTML from a template: `` html`<p>${text}</p>` `` escapes `text`, for text and for quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...values: Child[]): Markup {
  const markup = strings.map((string, i) => string + (i < values.length ? render(values[i]) : "")).join("");
  const figures = values.flatMap(figuresIn);
  return figures.length > 0 ? { markup, figures } : { markup };
}

function figuresIn(child: Child): readonly FigureOptions[] {
  if (typeof child !== "object" || child === null) return [];
  return "markup" in child ? (child.figures ?? []) : child.flatMap(figuresIn);
}

/** Declares that `markup` was made by us and is safe. */
export function trusted(markup: string): Markup {
  return { markup };
}

/** The same on one line, for labels and for a terminal. */
export function oneLine(text: string): string {
  return clean(text.replace(/\s/g, (blank) => (blank === "\u00A0" ? blank : " ")));
}

function render(child: Child): string {
  // JSON writes null for a number that is none.
  if (child === undefined || child === null || child === false) return "";
  if (typeof child === "object") return "markup" in child ? child.markup : child.map(render).join("");
  return escape(String(child));
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escape(text: string): string {
  return clean(text).replace(/[&<>"']/g, (character) => entities[character]!);
}

/**
 * Text without what could act on a reader's screen: control characters (a terminal obeys them), overrides of the
 * writing direction (they make one name look like another) and halves of surrogate pairs become U+FFFD.
 */
export function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.toWellFormed().replace(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g, "\uFFFD");
}
