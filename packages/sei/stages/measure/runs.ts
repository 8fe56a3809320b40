/** @file Timing work on this machine: many short runs of all work by turns, disturbed ones set apart. */
import { costOf, fewestRuns, perItem, type Cost, type Round } from "@split-et-impera/core/cost";
import { setTimeout } from "node:timers/promises";
import { disturbed, machineTimes, readCounters, watch } from "./disturbance.ts";

/** Something to time, run after run. */
export interface Work {
  run(): unknown;
  /**
   * The same for `times` items by one call, where a library's call takes longer than an item: what an item and what the
   * call takes is found from both.
   */
  many?: { run(): unknown; times: number };
  /** What the call itself does, by a name that works may share: it is timed too, and kept apart in the work's cost. */
  call?: { name: string; run(): unknown };
}

/**
 * Turns that every work gets, and more for those whose location is not sure yet; the least of them whatever the time allows:
 * below that there is no telling how sure a location is.
 */
const rounds = { least: 3, usual: 12, most: 24 };
/** An interval whose end is at most so many times its begin is sure enough. */
const sure = 1.1;
/** Per turn: seconds and runs; at least one run counts. */
const turn = { seconds: 0.008, most: 20 };
/** Before the first round, so that what compiles itself has done so; of long work one run is enough. */
const warmUp = { seconds: 0.02, most: 200, long: 0.25 };
/** Runs of each turn that do not count. */
const fresh = 2;
/** Work without a wait that is shorter than this is run several times in one timing, in seconds. */
const shortest = 1e-4;
/** Milliseconds between rounds: disturbances that last longer than a turn do not meet the same work again. */
const pause = 50;
/** Share of the processors' time that others take on a machine that counts as idle. */
const idle = 0.05;

interface Timed {
  name: string;
  run(): unknown;
  /** Runs per timing. */
  repeats: number;
  /** Seconds that a run takes, roughly. */
  about: number;
  rounds: Round[];
}

/**
 * Times works by turns, a few milliseconds of each per round. What else the machine does slows all work alike, and some
 * rounds not at all; core/cost says what becomes of the runs.
 * @param update told the round
 * @param seconds wall time after which no further round begins, however unsure the locations are; the first few come in any
 * case. What then rests on few runs is doubtful (core/cost). Default: no limit
 */
export async function timeWorks(
  works: ReadonlyMap<string, Work>,
  signal?: AbortSignal,
  update?: (status: string) => void,
  seconds = Infinity,
): Promise<Record<string, Cost>> {
  const timed = timedOf(works);
  const machine = watch();
  if (timed.length === 0) return {};
  const end = performance.now() + 1000 * seconds;
  for (const one of timed) {
    signal?.throwIfAborted();
    await prepare(one);
  }
  for (let round = 0; round < rounds.most; round++) {
    const late = round >= rounds.usual;
    const due = late ? timed.filter((one) => isUnsure(one, machine.others())) : timed;
    if (due.length === 0) break;
    if (round >= rounds.least && performance.now() >= end) {
      update?.(`${round} rounds, which took all the time for it`);
      break;
    }
    for (const one of due) {
      signal?.throwIfAborted();
      one.rounds.push(await takeTurn(one));
    }
    update?.(
      late ? `round ${round + 1}, ${due.length} works are not sure yet` : `round ${round + 1} of ${rounds.usual}`,
    );
    await setTimeout(pause);
  }
  const busy = (machine.others() ?? shareDisturbed(timed)) > idle;
  return costsOf(works, new Map(timed.map(({ name, rounds: runs }) => [name, costOf(runs, busy)])));
}

/** Times one piece of work. */
export async function timeWork(work: Work): Promise<Cost> {
  return (await timeWorks(new Map([["work", work]])))["work"]!;
}

/** Whether more turns may make a location surer. */
function isUnsure({ rounds: taken }: Timed, others: number | undefined): boolean {
  const { lo, hi, n } = costOf(taken, (others ?? 0) > idle);
  return hi > sure * lo || n < fewestRuns;
}

function shareDisturbed(timed: readonly Timed[]): number {
  const all = timed.flatMap(({ rounds: taken }) => taken);
  const sum = (of: (round: Round) => number): number => all.reduce((total, round) => total + of(round), 0);
  return (
    sum(({ disturbed: others }) => others.length) / sum(({ quiet, disturbed: others }) => quiet.length + others.length)
  );
}

const manyName = (name: string): string => `many of ${name}`;

function timedOf(works: ReadonlyMap<string, Work>): Timed[] {
  const runs = new Map<string, Work["run"]>();
  for (const [name, work] of works) {
    runs.set(name, () => work.run());
    const { many, call } = work;
    if (many) runs.set(manyName(name), () => many.run());
    if (call) runs.set(call.name, () => call.run());
  }
  return [...runs].map(([name, run]) => ({ name, run, repeats: 1, about: 0, rounds: [] }));
}

function costsOf(works: ReadonlyMap<string, Work>, costs: ReadonlyMap<string, Cost>): Record<string, Cost> {
  const result: Record<string, Cost> = {};
  for (const [name, { many, call }] of works) {
    let cost = costs.get(name)!;
    if (many) cost = perItem(cost, costs.get(manyName(name))!, many.times);
    if (call) cost = { ...cost, call: Math.min(cost.seconds, costs.get(call.name)!.seconds) };
    result[name] = cost;
  }
  return result;
}

/** Warms up, and finds how long a run takes and how many runs one timing needs. */
async function prepare(one: Timed): Promise<void> {
  let spent = 0;
  let waits = false;
  for (let i = 0; i < warmUp.most && spent < warmUp.long && (i < fresh || spent < warmUp.seconds); i++) {
    const start = performance.now();
    const result = one.run();
    waits = result instanceof Promise;
    if (waits) await result;
    one.about = (performance.now() - start) / 1000;
    spent += one.about;
  }
  if (!waits) one.repeats = Math.max(1, Math.min(1000, Math.ceil(shortest / Math.max(one.about, 1e-7))));
}

async function once(run: () => unknown, repeats: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - start) / 1000;
}

async function takeTurn({ run, repeats, about }: Timed): Promise<Round> {
  // Other work had the caches meanwhile; to long work that makes no difference.
  for (let i = 0; i < fresh && about < turn.seconds; i++) await once(run, 1);
  const before = machineTimes()?.stolen;
  const quiet: number[] = [];
  const others: number[] = [];
  let spent = 0;
  while (spent === 0 || (spent < turn.seconds && quiet.length + others.length < turn.most)) {
    const counters = readCounters();
    const took = await once(run, repeats);
    (disturbed(counters, readCounters(), took) ? others : quiet).push(took / repeats);
    spent += took;
  }
  const after = machineTimes()?.stolen;
  const robbed = before !== undefined && after !== undefined && after > before;
  return robbed ? { quiet: [], disturbed: [...quiet, ...others] } : { quiet, disturbed: others };
}
