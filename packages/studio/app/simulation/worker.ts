/** @file A worker that simulates designs of a result: the same code that `sei design` runs. */
import { canSimulate, whatIf, type Result, type WhatIf } from "@split-et-impera/core/design";
import type { Circumstances, Order, Reply } from "./messages.ts";

let result: Result | undefined;
/** Circumstances by number, opened when they are first asked for; the latest few. */
const open = new Map<number, { circumstances: Circumstances; whatIf?: WhatIf }>();
const mostOpen = 16;

function whatIfOf(number: number): WhatIf {
  const known = open.get(number);
  if (!known || !result || !canSimulate(result)) throw new Error("this result does not keep what a simulation needs");
  known.whatIf ??= whatIf(result, known.circumstances.study, known.circumstances);
  return known.whatIf;
}

function obey(order: Order): Reply | undefined {
  if (order.kind === "open") {
    ({ result } = order);
    open.clear();
    return undefined;
  }
  if (order.kind === "circumstances") {
    open.set(order.number, { circumstances: order.circumstances });
    for (const old of [...open.keys()].slice(0, -mostOpen)) open.delete(old);
    return undefined;
  }
  const { ticket, kind } = order;
  const asked = whatIfOf(order.number);
  return kind === "design"
    ? { kind, ticket, design: asked.design(order.id) }
    : { kind, ticket, verdict: asked.verdict(order.designs) };
}

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  try {
    const reply = obey(data);
    if (reply) postMessage(reply);
  } catch (error) {
    if ("ticket" in data)
      postMessage({ kind: "failed", ticket: data.ticket, why: (error as Error).message } satisfies Reply);
  }
});
