/** @file Where an operator stands in the program that a model was exported from: exporters write it into its name. */
import type { GraphIndex } from "./graph.ts";
import type { NodeProto } from "./proto.ts";

/** Parts of a scope at most; names come from strangers. */
const deepest = 12;

/** Operators at most among which the next one is chosen. */
const looked = 256;

/**
 * The parts of `/layer1/layer1.0/conv1/Conv` but the last, without what a part repeats of the one before it: `layer1`, `0`,
 * `conv1`. Of an operator without such a name that of what it makes counts.
 */
export function scopeOf({ name, output }: NodeProto): string[] {
  const path = [name, output[0] ?? ""].find((one) => one.includes("/")) ?? "";
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .slice(0, -1);
  return parts
    .slice(0, deepest)
    .map((part, i) => (i > 0 && part.startsWith(`${parts[i - 1]}.`) ? part.slice(parts[i - 1]!.length + 1) : part));
}

/**
 * An order in which operators can run that leaves a scope only where it has to: parts of it that follow each other in this
 * order depend on nothing between them.
 * @param shown the operators to be ordered; others are taken for done
 */
export function orderByScope(index: GraphIndex, shown: readonly number[], scopes: readonly string[][]): number[] {
  const among = new Set(shown);
  const waiting = new Map<number, number>();
  const readers = new Map<number, number[]>();
  for (const i of shown) {
    const makers = new Set(index.reads[i]!.map((name) => index.producer.get(name)).filter((at) => among.has(at!)));
    waiting.set(i, makers.size);
    for (const maker of makers) {
      const list = readers.get(maker!);
      if (list) list.push(i);
      else readers.set(maker!, [i]);
    }
  }
  const ready = shown.filter((i) => waiting.get(i) === 0);
  const order: number[] = [];
  let last: readonly string[] = [];
  while (ready.length > 0) {
    let best = 0;
    let shared = -1;
    for (let at = 0; at < Math.min(ready.length, looked); at++) {
      const common = commonPrefix(scopes[ready[at]!]!, last);
      if (common > shared || (common === shared && ready[at]! < ready[best]!)) [best, shared] = [at, common];
    }
    const [next] = ready.splice(best, 1);
    order.push(next!);
    last = scopes[next!]!;
    for (const reader of readers.get(next!) ?? []) {
      const left = waiting.get(reader)! - 1;
      waiting.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  return order;
}

function commonPrefix(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
