/** @file Text for terminals and pipes: what stands in files may hold anything, and a terminal must not obey it. */
import { styleText } from "node:util";

/** The styles of ours, each with two characters that Unicode keeps for use inside programs: its beginning and its end. */
const formats = ["dim", "bold", "red", "green", "yellow", "cyan"] as const;
export type Format = (typeof formats)[number];
const firstMark = 0xfdd0;
const markOf = (i: number): string => String.fromCharCode(firstMark + i);

/**
 * Text in a style, by marks that {@link shownText} turns into what a terminal understands. So a text may be put together
 * of styled and of foreign parts, and no foreign part can give orders.
 */
export function style(format: Format | readonly Format[], text: string): string {
  return [format].flat().reduce((inner, one) => {
    const i = formats.indexOf(one);
    return `${markOf(2 * i)}${inner}${markOf(2 * i + 1)}`;
  }, text);
}

/**
 * With U+FFFD for every control character (line breaks too, unless `lines`), and for what turns the direction of writing
 * around. Names from models, data and studies pass through here before they are printed.
 */
export function printable(text: string, lines = false): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, (found) =>
    lines && found === "\n" ? found : "\uFFFD",
  );
}

/** A text made ready for a stream: printable, line by line, with its styles where the stream bears them. */
export function shownText(text: string, stream: NodeJS.WritableStream): string {
  return printable(text, true).replaceAll(/[\uFDD0-\uFDEF]/g, (mark) => {
    const i = mark.charCodeAt(0) - firstMark;
    const format = formats[i >> 1];
    return format === undefined ? "" : (styleText(format, "\n", { stream }).split("\n")[i % 2] ?? "");
  });
}

/** JSON for people and programs: control characters that JSON allows in texts are escaped, since a terminal obeys them. */
export const jsonText = (value: unknown): string => escaped(JSON.stringify(value, null, 2));

/** The same in one line. */
export const jsonLine = (value: unknown): string => escaped(JSON.stringify(value));

const escaped = (json: string): string =>
  json.replaceAll(
    /[\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
