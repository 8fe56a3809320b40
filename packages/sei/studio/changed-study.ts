/** @file A study's text with some values changed: everything else stays as its author wrote it, to the last blank. */
import { InputError } from "@split-et-impera/core/errors";
import type { StudyChange } from "@split-et-impera/studio";
import {
  Document,
  isMap,
  isNode,
  isPair,
  isSeq,
  LineCounter,
  parseDocument,
  type Node,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";

/**
 * The text with the values in it: in place of those that stand there, else behind the last field of what they belong to.
 * @throws InputError `ERR_STUDIO` where a value would stand in something that holds no fields
 */
export function changedText(text: string, changes: readonly StudyChange[]): string {
  return changes.reduce((now, { path, value }) => withValue(now, path, value), text);
}

function withValue(text: string, path: StudyChange["path"], value: unknown): string {
  const lines = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter: lines });
  let node: unknown = contents;
  for (const [depth, key] of path.entries()) {
    const inner = isMap(node) || isSeq(node) ? node.get(key, true) : undefined;
    if (!isNode(inner) || !inner.range) {
      // What lies between is made too.
      const rest = path.slice(depth + 1).reduceRight<unknown>((held, name) => ({ [name]: held }), value);
      return withField(text, node, key, rest, lines);
    }
    node = inner;
  }
  const [from, to] = (node as Node).range!;
  return text.slice(0, from) + flowText(value) + text.slice(to);
}

/** Behind the last field of a map. */
function withField(text: string, map: unknown, key: string | number, value: unknown, lines: LineCounter): string {
  if (!isMap(map) || typeof key !== "string" || !map.range)
    throw new InputError("ERR_STUDIO", `expected fields where "${key}" is to stand, got a study without`);
  const field = `${key}: ${flowText(value)}`;
  const last = lastOf(map);
  if (map.flow) {
    const end = last ?? map.range[0] + 1;
    return `${text.slice(0, end)}${last === undefined ? ` ${field} ` : `, ${field}`}${text.slice(end)}`;
  }
  const first = map.items[0]?.key;
  const column = isNode(first) && first.range ? lines.linePos(first.range[0]).col - 1 : 0;
  const end = text.indexOf("\n", last ?? map.range[0]);
  const at = end < 0 ? text.length : end;
  return `${text.slice(0, at)}\n${" ".repeat(column)}${field}${text.slice(at)}`;
}

/** Where a map's last value ends. */
function lastOf(map: YAMLMap | YAMLSeq): number | undefined {
  const last: unknown = map.items.at(-1);
  const node = isPair(last) ? (last.value ?? last.key) : last;
  if (!isNode(node) || !node.range) return undefined;
  return (isMap(node) || isSeq(node)) && !node.flow ? lastOf(node) : node.range[1];
}

/** A value on one line, as studies write it: `{ rate: 2 %, burst: 3 }`, `[xor 4]`. */
function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${key}: ${flowText(inner)}`)
      .join(", ")} }`;
  // A list makes the writer quote what would mean something else within brackets.
  const list = new Document([value]).createNode([value]) as YAMLSeq;
  list.flow = true;
  return new Document(list).toString({ lineWidth: 0, flowCollectionPadding: false }).trim().slice(1, -1);
}
