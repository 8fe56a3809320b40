/**
 * @file The cheapest placement on hosts joined in any way: passes over the nodes with states, exact where these are few.
 * Where memory limits bind, a price per byte on each host (Lagrange multipliers) first gives a bound, and then tells the
 * pass which states are worth keeping.
 */
import { InputError } from "../../../errors/index.ts";
import { improve, onOneHost, type Known } from "./improve.ts";
import { pass, type PassOptions, type PassResult } from "./pass.ts";
import { checkHosts, hostCosts, type HostGraph } from "./problem.ts";
import { fitsHosts, prepare, usedBy, type Setup } from "./setup.ts";

export interface HostOptions {
  /** States kept per node (default 20,000). */
  states?: number;
  /** Asked per node; true keeps only few states from there on. */
  stop?: () => boolean;
}

export interface HostPlacement {
  /** Host per node. */
  hosts: number[];
  value: number;
  /** No placement costs less. */
  bound: number;
  gap: number;
  /** The most states that were alive at once. */
  states: number;
}

/** Where memory binds: passes to find multipliers, states in each, and after how many an answer is made to fit. */
const lagrange = { passes: 30, states: 50, repair: 6 };
/** States with which limits are tried before multipliers are looked for. */
const few = 1000;

/**
 * The cheapest placement. Exact when no more than `states` states were alive at once; else `bound` is the least that the
 * states given up could have led to.
 *
 * @throws InputError when the problem is malformed, or nothing fits.
 */
export function placeHosts(graph: HostGraph, options: HostOptions = {}): HostPlacement {
  checkHosts(graph);
  const setup = prepare(graph);
  const states = options.states ?? 20_000;
  const search = searcher(setup, options.stop);
  // On large graphs states find better placements sooner than moves do.
  for (const hosts of onOneHost(setup)) search.offer(hosts, graph.nodes.length <= 200);
  const none = setup.limits.map(() => 0);
  search.run({ multipliers: none, limited: false, states });
  if (setup.limits.some((limit) => limit < Infinity) && !search.proved()) {
    const { full } = search.run({ multipliers: none, limited: true, states: Math.min(few, states) });
    if (full && !search.proved()) search.run({ multipliers: priceBytes(setup, search), limited: true, states });
  }
  const { best, bound, peak } = search.answer();
  if (!best) {
    throw bound < Infinity
      ? new InputError("ERR_PLACEMENT_SEARCH", `no placement was found with ${states} states per node; allow more`)
      : new InputError(
          "ERR_PLACEMENT_HOST",
          "no placement fits: memory, pins and links leave no host for some node within reach of what it reads",
        );
  }
  return { ...best, bound, gap: best.value > 0 ? (best.value - bound) / best.value : 0, states: peak };
}

/** The best placement and the best bound of all passes so far. */
interface Searcher {
  run(options: Pick<PassOptions, "multipliers" | "limited" | "states">): PassResult;
  /** Considers a placement, made better (and to fit) by moves if asked. */
  offer(hosts: readonly number[], moves: boolean): void;
  proved(): boolean;
  answer(): { best: Known | undefined; bound: number; peak: number };
}

function searcher(setup: Setup, stop: (() => boolean) | undefined): Searcher {
  const { graph, routes, limits } = setup;
  let best: Known | undefined;
  let [bound, peak] = [-Infinity, 0];
  const keep = (known: Known | undefined): void => {
    if (known && known.value < (best?.value ?? Infinity)) best = known;
  };
  const offer = (hosts: readonly number[], moves: boolean): void => {
    if (moves) keep(improve(setup, hosts));
    else if (fitsHosts(setup, hosts)) keep({ hosts: [...hosts], value: hostCosts(graph, hosts, routes) });
  };
  return {
    run(options) {
      // What fits uses no more than its limits: its cost with multipliers is at most this much higher.
      const paid = limits.reduce((sum, limit, h) => sum + (limit < Infinity ? options.multipliers[h]! * limit : 0), 0);
      const result = pass(setup, { ...options, below: (best?.value ?? Infinity) + paid, stop });
      peak = Math.max(peak, result.peak);
      for (const hosts of result.found) offer(hosts, false);
      bound = Math.max(bound, result.bound - paid);
      return result;
    },
    offer,
    proved: () => best !== undefined && bound >= best.value * (1 - 1e-11),
    answer: () => ({ best, bound: Math.min(bound, best?.value ?? Infinity), peak }),
  };
}

/** Multipliers by subgradients (Held and Karp 1971, steps by Polyak): what is full gets dearer. The bounds stay with the search. */
function priceBytes(setup: Setup, search: Searcher): number[] {
  const { limits } = setup;
  let multipliers = limits.map(() => 0);
  let [kept, highest, pace] = [multipliers, -Infinity, 1];
  for (let n = 0; n < lagrange.passes && !search.proved(); n++) {
    const { found, bound } = search.run({ multipliers, limited: false, states: lagrange.states });
    const paid = limits.reduce((sum, limit, h) => sum + (limit < Infinity ? multipliers[h]! * limit : 0), 0);
    const value = bound - paid;
    if (value > highest) [kept, highest] = [multipliers, value];
    else pace *= 0.85;
    const [hosts] = found;
    if (!hosts) break;
    if (n % lagrange.repair === 0) search.offer(hosts, true);
    const over = usedBy(setup, hosts).map((used, h) => (limits[h] === Infinity ? 0 : used - limits[h]!));
    const norm = over.reduce((sum, x, h) => (x > 0 || multipliers[h]! > 0 ? sum + x * x : sum), 0);
    if (norm === 0) break;
    const { best } = search.answer();
    const length = (pace * Math.max((best?.value ?? 1.1 * value) - value, 1e-3 * Math.abs(value))) / norm;
    multipliers = multipliers.map((price, h) => Math.max(0, price + length * over[h]!));
  }
  return kept;
}
