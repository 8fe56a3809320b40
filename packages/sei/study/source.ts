/** @file A study file as text: read with bounds, parsed as YAML (so as JSON too), every value with its line and column. */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Pair,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { readText } from "../files/index.ts";

export type Path = readonly (string | number)[];

export interface Place {
  line: number;
  column: number;
}

export interface Source {
  /** As plain data. */
  value: unknown;
  /** Where a value stands; where it is missing, its nearest parent. With `key`, where the key of the path's end stands. */
  locate(path: Path, what?: "value" | "key"): Place;
  /** Syntax errors; where there are any, `value` is undefined. */
  errors: { place: Place; message: string }[];
}

/** A study is a page or two; what is much larger is something else. */
const mostBytes = 256 * 1024;
const deepest = 32;
const mostValues = 20_000;

/** The text of a study file, of at most {@link mostBytes}. */
export const readStudyText = (file: string): Promise<string> =>
  readText(file, { code: "ERR_STUDY_FILE", what: "a study file", most: mostBytes });

export function parseSource(text: string): Source {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const broken = (place: Place, message: string): Source => ({
    value: undefined,
    locate: () => place,
    errors: [{ place, message }],
  });
  const start = { line: 1, column: 1 };
  if (nesting(text) > deepest) return broken(start, `expected at most ${deepest} levels of nesting, got more`);
  if (separators(text) > mostValues) return broken(start, tooMany);
  // The parser compares every key with every other; `repeatedKeys` looks each up.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
    merge: true,
  });
  const faults = [...document.errors, ...document.warnings];
  const errors =
    faults.length > 0
      ? faults.map(({ message, code, pos }) => ({ place: at(pos[0]), message: syntax(code, message) }))
      : repeatedKeys(document).map((offset) => ({ place: at(offset), message: repeated }));
  if (errors.length > 0) return { value: undefined, locate: () => start, errors };
  let value: unknown;
  try {
    // 100 aliases at most: a few lines of nested aliases would otherwise grow without end.
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return broken(start, `expected YAML aliases that can be resolved: ${(error as Error).message}`);
  }
  const fault = unfit(value);
  return fault === undefined ? { value, locate: locator(document, at), errors: [] } : broken(start, fault);
}

const tooMany = `expected at most ${mostValues} values, got more`;
const repeated = "expected every key once, got the same key again";

/** Where keys stand that their map has already. */
function repeatedKeys(document: Document): number[] {
  const found: number[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items as Pair<Scalar | null>[]) {
        const name = key === null ? "" : nameOf(key);
        if (seen.has(name)) found.push(key?.range?.[0] ?? 0);
        seen.add(name);
      }
    },
  });
  return found;
}

/** A key's name; the parser makes a symbol of a merge key. */
const nameOf = ({ value }: Scalar): string => (typeof value === "symbol" ? (value.description ?? "") : String(value));

/** A bound of the values that a text can hold, found before it is parsed: each but the first follows one of these. */
function separators(text: string): number {
  let count = 0;
  for (const character of text) if (character === "," || character === ":" || character === "\n") count++;
  return count;
}

/** What makes plain data unfit to be walked by others: cycles and other endless nesting, and keys that are no data. */
function unfit(root: unknown): string | undefined {
  let values = 0;
  const visit = (value: unknown, depth: number): string | undefined => {
    if (typeof value !== "object" || value === null) return undefined;
    if (depth > deepest) return `expected at most ${deepest} levels of nesting, got more`;
    for (const [key, inner] of Object.entries(value)) {
      if (++values > mostValues) return tooMany;
      if (key === "__proto__") return `expected names as keys, got "__proto__"`;
      const fault = visit(inner, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
  return visit(root, 0);
}

function syntax(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") return "expected a single document, got another one after `---`";
  return `not valid YAML: ${message.replaceAll(/\s+/g, " ")}`;
}

/**
 * An upper bound of the nesting that a line can cause (`[[[[`, `- - - -`), found without recursion. Nesting by
 * indentation costs a longer line for every level, so the size of the file bounds it.
 */
function nesting(text: string): number {
  let most = 0;
  let brackets = 0;
  for (const line of text.split("\n")) {
    const markers = /^(?:[-?:]?\s+)*/.exec(line)![0].replaceAll(/\s/g, "");
    most = Math.max(most, markers.length);
    for (const character of line) {
      if (character === "[" || character === "{") most = Math.max(most, ++brackets);
      else if (character === "]" || character === "}") brackets = Math.max(0, brackets - 1);
    }
  }
  return most;
}

function locator(document: Document, at: (offset: number) => Place): Source["locate"] {
  const begin = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
  const target = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const indexes = new Map<unknown, Map<string, Pair>>();
  const keysOf = (map: YAMLMap): Map<string, Pair> => {
    const known = indexes.get(map);
    if (known) return known;
    const keys = new Map<string, Pair>();
    for (const pair of map.items) if (isScalar(pair.key)) keys.set(nameOf(pair.key), pair);
    indexes.set(map, keys);
    return keys;
  };
  const step = (node: unknown, name: string | number, depth = 0): { key?: unknown; value?: unknown } | undefined => {
    const parent = target(node);
    if (isSeq(parent))
      return typeof name === "number" && name in parent.items ? { value: parent.items[name] } : undefined;
    if (!isMap(parent)) return undefined;
    const keys = keysOf(parent);
    const direct = keys.get(String(name));
    // What is merged in stands where it was written.
    const merged = depth > deepest ? undefined : keys.get("<<")?.value;
    if (direct || merged === undefined) return direct;
    const list = target(merged);
    for (const source of isSeq(list) ? list.items : [merged]) {
      const found = step(source, name, depth + 1);
      if (found) return found;
    }
    return undefined;
  };
  return (path, what = "value") => {
    let node: unknown = document.contents;
    let offset = begin(node) ?? 0;
    for (const [index, name] of path.entries()) {
      const found = step(node, name);
      if (!found) break;
      const key = begin(found.key);
      const last = index === path.length - 1;
      offset = (last && what === "key" ? key : undefined) ?? begin(found.value) ?? key ?? offset;
      node = found.value;
    }
    return at(offset);
  };
}
