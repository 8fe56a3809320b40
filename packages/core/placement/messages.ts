/** @file The messages of a placement: what goes from which host to which, by which links. */
import { internal } from "../errors/index.ts";
import type { Message } from "./costs.ts";
import type { Prices } from "./prices.ts";
import { hasPorts, isChain, type Problem } from "./problem.ts";
import { chainOf } from "./solvers/chain/form.ts";
import { hostGraphOf } from "./solvers/hosts/form.ts";
import { waysOf } from "./solvers/chain/ways.ts";
import { standardRoutes } from "./solvers/hosts/index.ts";

/**
 * What crosses under an assignment. Along a chain every message takes the way that is cheapest for its bytes; in any
 * other graph there is one route between two hosts, the cheapest for a tensor of mean size, as routing tables have it.
 * With ports nothing is listed: everything goes through the one network.
 */
export function messagesOf(problem: Problem, prices: Prices, assignment: readonly number[]): Message[] {
  if (hasPorts(problem)) return [];
  const chain = isChain(problem);
  const way = chain ? cheapestWays(problem, prices) : fixedRoutes(problem, prices);
  const messages: Message[] = [];
  const send = (tensor: number | null, bytes: number, from: number, readers: readonly number[]): void => {
    const to = [...new Set(readers)].filter((host) => host !== from);
    if (to.length === 0) return;
    const links = new Map<string, Message["links"][number]>();
    for (const host of to) for (const one of way(bytes, from, host)) links.set(`${one.link},${one.back}`, one);
    messages.push({ tensor, bytes, from, to, links: [...links.values()] });
  };
  problem.tensors.forEach(({ producer, consumers, bytes }, t) => {
    const from = producer === null ? problem.source : assignment[producer]!;
    send(
      t,
      bytes,
      from,
      consumers.map((v) => assignment[v]!),
    );
  });
  const { answer } = problem;
  for (const { node, bytes } of answer.outputs) send(null, bytes, assignment[node]!, [answer.host]);
  return messages;
}

type WayOf = (bytes: number, from: number, to: number) => Message["links"];

function cheapestWays(problem: Problem, prices: Prices): WayOf {
  const { chain, prices: own } = chainOf(problem, prices);
  const ways = waysOf(chain, own);
  const size = (bytes: number): number => {
    for (let i = 0; i <= chain.pieces.length; i++)
      if ((chain.pieces[i]?.reads ?? chain.answer.bytes) === bytes) return i;
    throw internal(`no message has ${bytes} bytes`);
  };
  return (bytes, from, to) => {
    let at = from;
    return ways.links(size(bytes), from, to).map((link) => {
      const [a, b] = problem.links[link]!.between;
      const back = at === b;
      at = back ? a : b;
      return { link, back };
    });
  };
}

function fixedRoutes(problem: Problem, prices: Prices): WayOf {
  const { graph, directions } = hostGraphOf(problem, prices);
  const routes = standardRoutes(graph);
  return (_, from, to) => directions.filter((_, i) => (routes.links(from, to) >>> i) & 1);
}
