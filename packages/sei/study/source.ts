/** @file A study file as text: read with bounds, parsed as YAML (so as JSON too), every value with its line and column. */
import { InputError } from "@split-et-impera/core/errors";
import { open } from "node:fs/promises";
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document, type Pair } from "yaml";

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

/** Reads at most {@link mostBytes} of UTF-8 text. */
export async function readText(file: string): Promise<string> {
  const fail = (message: string, cause?: unknown): InputError => new InputError("ERR_STUDY_FILE", message, { cause });
  try {
    await using handle = await open(file);
    if ((await handle.stat()).isDirectory()) throw fail(`${file}: expected a study file, got a folder`);
    // Read and then judged: pipes and growing files have no size to trust.
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(mostBytes + 1), 0, mostBytes + 1, null);
    if (bytesRead > mostBytes)
      throw fail(`${file}: expected a study file of at most ${mostBytes / 1024} KiB, got more`);
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof TypeError) throw fail(`${file}: expected UTF-8 text, got other bytes`, error);
    const { code } = error as NodeJS.ErrnoException;
    throw fail(
      code === "ENOENT" ? `${file}: there is no such file` : `${file}: cannot be read (${code ?? String(error)})`,
      error,
    );
  }
}

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
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    return {
      value: undefined,
      locate: () => start,
      errors: faults.map(({ code, message, pos }) => ({ place: at(pos[0]), message: syntax(code, message) })),
    };
  }
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

/** What makes plain data unfit to be walked by others: cycles and other endless nesting, and keys that are no data. */
function unfit(root: unknown): string | undefined {
  let values = 0;
  const visit = (value: unknown, depth: number): string | undefined => {
    if (typeof value !== "object" || value === null) return undefined;
    if (depth > deepest) return `expected at most ${deepest} levels of nesting, got more`;
    for (const [key, inner] of Object.entries(value)) {
      if (++values > mostValues) return `expected at most ${mostValues} values, got more`;
      if (key === "__proto__") return `expected names as keys, got "__proto__"`;
      const fault = visit(inner, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
  return visit(root, 0);
}

function syntax(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "expected every key once, got the same key again";
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
  const step = (node: unknown, name: string | number): { key?: unknown; value?: unknown } | undefined => {
    const parent = target(node);
    if (isSeq(parent))
      return typeof name === "number" && name in parent.items ? { value: parent.items[name] } : undefined;
    if (!isMap(parent)) return undefined;
    return parent.items.find(({ key }: Pair) => isScalar(key) && String(key.value) === String(name));
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
