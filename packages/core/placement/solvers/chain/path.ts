/** @file The shortest path through (piece, host): the cheapest placement where room is no matter. */
import type { Chain, ChainPrices } from "./problem.ts";
import type { Ways } from "./ways.ts";

/** Dynamic programming from the first piece on: the least cost with piece i on host h, and where the one before ran. */
export function shortest(
  { pieces, hosts, source, answer }: Chain,
  { compute, enter }: ChainPrices,
  ways: Ways,
  open: readonly (readonly number[])[],
): { hosts: number[]; least: number } | undefined {
  const count = hosts.length;
  const from = pieces.map(() => new Int32Array(count));
  let reached = new Float64Array(count).fill(Infinity);
  reached[source] = 0;
  // What differs by rounding only is a tie.
  const better = (cost: number, than: number): boolean => cost < than - 1e-13 * Math.min(than, 1e300);
  const cheapest = (message: number, to: number): { host: number; cost: number } => {
    let [host, cost] = [-1, Infinity];
    for (let h = 0; h < count; h++) {
      if (reached[h] === Infinity) continue;
      const entered = message > 0 && message < pieces.length && h !== to ? (enter?.[to] ?? 0) : 0;
      const total = reached[h]! + ways.cost(message, h, to) + entered;
      if (better(total, cost)) [host, cost] = [h, total];
    }
    return { host, cost };
  };
  pieces.forEach((_, i) => {
    const next = new Float64Array(count).fill(Infinity);
    for (const to of open[i]!) {
      const { host, cost } = cheapest(i, to);
      from[i]![to] = host;
      next[to] = cost + compute[i]![to]!;
    }
    reached = next;
  });
  const { host: last, cost: least } = cheapest(pieces.length, answer.host);
  if (last < 0) return undefined;
  const chosen = [last];
  for (let i = pieces.length - 1; i > 0; i--) chosen.unshift(from[i]![chosen[0]!]!);
  return { hosts: chosen, least };
}

/** What hosts for all pieces cost. */
export function costOfHosts(
  { pieces, source, answer }: Chain,
  { compute, enter }: ChainPrices,
  ways: Ways,
  hosts: readonly number[],
): number {
  let total = ways.cost(pieces.length, hosts.at(-1)!, answer.host);
  hosts.forEach((host, i) => {
    const before = i === 0 ? source : hosts[i - 1]!;
    const entered = i > 0 && before !== host ? (enter?.[host] ?? 0) : 0;
    total += compute[i]![host]! + ways.cost(i, before, host) + entered;
  });
  return total;
}
