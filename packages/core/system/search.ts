/** @file The search for the best system: bounds, then few frames, then all frames of the few that are left. */
import { differ, byAim, byTie, slower, type Ranked } from "./order.ts";
import {
  choiceAtBest,
  judgeAtBest,
  latenciesByThen,
  simulateSystem,
  type AtBest,
  type SystemOutcome,
} from "./outcome.ts";
import { prune, type Pruned } from "./prune.ts";
import { chosen, framesOf, type Selection, type System } from "./system.ts";
import { aimsOf, knownValue, loadsByChoice, overfull, type Aim, type Loads } from "./values.ts";

export type { Pruned } from "./prune.ts";

export interface SystemSearch {
  /** The best system that fits; absent where none does. */
  best?: Found;
  /** Systems that fit and that the samples cannot tell from it. */
  ties: Selection[];
  /** Where none fits: of each flow the choice that fails by least alone, together. */
  nearest?: Found;
  /** How many systems there are, and what became of them; they add up to all. */
  counts: {
    all: number;
    /** Ruled out before any simulation, by reason. */
    pruned: Pruned["by"];
    /** Whether there were too many to list. */
    cut?: true;
    /** Simulated for all of the time, and for a part of it only, which showed that they cannot be it. */
    simulated: number;
    partly: number;
    /** Never simulated, since their bounds showed that others are better. */
    untouched: number;
  };
  /** Frames simulated, and those that simulating every system would have taken. */
  frames: { simulated: number; all: number };
  overloaded?: NonNullable<Pruned["overloaded"]>;
}

export interface Found {
  selection: Selection;
  outcome: SystemOutcome;
}

export interface SearchOptions {
  /** Told now and then what is being done; may throw to stop. */
  update?(text: string): void;
}

/** Shares of the time after which a system may be left. */
const STAGES = [0.03, 0.12, 1] as const;

/** A system on its way through the stages. */
interface Contender extends Omit<Ranked, "latency" | "values"> {
  values: Record<Aim, number>;
  /** Known exactly after the last stage; before it bounds that the latency does not go below. */
  latency: Ranked["latency"];
  stage: number;
  /** Whether it cannot fit. */
  out: boolean;
  outcome?: SystemOutcome;
  /** Seconds, guessed from the flows alone, so that likely ones come first. */
  guess: number;
}

/**
 * Searches all combinations of the flows' choices. What it leaves without a whole simulation provably cannot be chosen
 * when every system is simulated: {@link exhaustive} gives the same, or a tie.
 */
export function searchSystem(system: System, { update = () => undefined }: SearchOptions = {}): SystemSearch {
  const atBest = everyAtBest(system);
  const pruned = prune(system, atBest);
  const race = new Race(system, pruned, atBest, update);
  const found = race.run();
  const each = framesPerSystem(system);
  const touched = race.contenders.filter(({ stage }) => stage > 0);
  const simulated = touched.filter(({ stage }) => stage === STAGES.length).length;
  const nearest = found.best ? undefined : nearestOf(system, pruned.loads, atBest);
  return {
    ...found,
    ...(nearest && { nearest }),
    counts: {
      all: pruned.all,
      pruned: pruned.by,
      ...(pruned.cut && { cut: pruned.cut }),
      simulated,
      partly: touched.length - simulated,
      untouched: race.contenders.length - touched.length,
    },
    frames: { simulated: race.frames, all: each * pruned.all },
    ...(pruned.overloaded && { overloaded: pruned.overloaded }),
  };
}

const framesPerSystem = ({ flows, place, seconds }: System): number =>
  flows.reduce((sum, flow) => sum + framesOf(flow, seconds) * place.cameras.get(flow.name)!.length, 0);

class Race {
  readonly contenders: Contender[];
  frames = 0;
  private readonly system: System;
  private readonly aims: readonly Aim[];
  private readonly update: NonNullable<SearchOptions["update"]>;

  constructor(
    system: System,
    { left, loads }: Pruned,
    atBest: readonly (readonly AtBest[])[],
    update: NonNullable<SearchOptions["update"]>,
  ) {
    this.system = system;
    this.update = update;
    this.aims = aimsOf(system.objective);
    this.contenders = left.map((selection, index) => contenderOf(system, selection, index, loads, atBest));
  }

  run(): Pick<SystemSearch, "best" | "ties"> {
    let pool = this.contenders;
    for (const aim of this.aims) {
      const top = aim === "latency" ? this.quickest(pool) : this.first(pool.toSorted(byAim(aim)));
      if (top === undefined) return { ties: [] };
      pool = pool.filter((one) => one === top || (!one.out && this.level(one, top, aim)));
    }
    const winner = this.first(pool.toSorted(byTie(this.aims)));
    if (winner === undefined) return { ties: [] };
    const ties = pool.filter((one) => one !== winner && one.outcome?.fits);
    return {
      best: { selection: winner.selection, outcome: winner.outcome! },
      ties: ties.map(({ selection }) => selection),
    };
  }

  /** The first that fits. */
  private first(order: readonly Contender[]): Contender | undefined {
    return order.find((one) => this.finish(one));
  }

  /** The one with the least latency that fits; those that the others' bounds show to be slower are left where they are. */
  private quickest(pool: readonly Contender[]): Contender | undefined {
    let top: Contender | undefined;
    for (const one of pool.toSorted((a, b) => a.guess - b.guess || a.index - b.index)) {
      this.advanceWhile(one, top);
      if (one.out || one.stage < STAGES.length) continue;
      if (!top || byAim("latency")(one, top) < 0) top = one;
    }
    return top;
  }

  /** Simulates more of it while it can fit and can be quicker than the best so far. */
  private advanceWhile(one: Contender, top: Contender | undefined): void {
    const quickest = top?.latency.value ?? Infinity;
    while (!one.out && one.stage < STAGES.length && one.latency.value <= quickest) this.advance(one);
  }

  /** Whether the samples cannot tell it from the top; it is simulated as far as that takes. */
  private level(one: Contender, top: Contender, aim: Aim): boolean {
    if (aim !== "latency") return !differ(this.system, one, top, aim);
    while (!one.out && !slower(one.latency, top.latency)) {
      if (one.stage === STAGES.length) return true;
      this.advance(one);
    }
    return false;
  }

  /** Simulates all of it, unless it falls out before; whether it fits. */
  private finish(one: Contender): boolean {
    while (!one.out && one.stage < STAGES.length) this.advance(one);
    return !one.out;
  }

  private advance(one: Contender): void {
    const { system } = this;
    const { selection } = one;
    const share = STAGES[one.stage++]!;
    this.update(`${this.frames} frames simulated`);
    if (share === 1) {
      const { traces: _, streams: __, ...outcome } = simulateSystem(system, selection);
      this.frames += outcome.frames;
      one.outcome = outcome;
      one.latency = outcome.latency;
      one.out = !outcome.fits;
    } else {
      const { bounds, frames, streams } = latenciesByThen(system, selection, share);
      this.frames += frames;
      const atBest = judgeAtBest(system, selection, bounds, streams);
      one.latency = atBest.latency;
      one.out = !atBest.fits;
    }
    one.values.latency = one.latency.value;
  }
}

/** By flow and choice. */
const everyAtBest = (system: System): AtBest[][] =>
  system.flows.map(({ choices }, flow) => choices.map((_, choice) => choiceAtBest(system, flow, choice)));

function contenderOf(
  system: System,
  selection: Selection,
  index: number,
  loads: Loads,
  atBest: readonly (readonly AtBest[])[],
): Contender {
  const bounds = selection.map((choice, flow) => atBest[flow]![choice]!.latency);
  const most = (name: keyof Ranked["latency"]): number => Math.max(...bounds.map((one) => one[name]));
  const latency = { value: most("value"), lo: most("lo"), hi: most("hi") };
  const known = (aim: Exclude<Aim, "latency">): number => knownValue(system, selection, aim, loads);
  const load = known("load");
  const alone = Math.max(...chosen(system, selection).map((one) => one.alone.latency.p95.value));
  return {
    selection,
    index,
    latency,
    values: { latency: latency.value, quality: known("quality"), bytes: known("bytes"), memory: known("memory"), load },
    stage: 0,
    out: false,
    // As one server with random arrivals keeps its customers: 1 / (1 - load).
    guess: alone / Math.max(0.01, 1 - load),
  };
}

/** The choices that miss by least alone, simulated together. */
function nearestOf(system: System, loads: Loads, atBest: readonly (readonly AtBest[])[]): Found {
  const selection = system.flows.map(({ choices }, flow) => {
    const miss = (choice: number): number =>
      atBest[flow]![choice]!.checks.reduce(
        (most, { margin, state }) => Math.max(most, state === "met" ? 0 : -margin),
        0,
      );
    const heavy = (choice: number): number => Math.max(...loads.of[flow]![choice]!);
    return choices.map((_, i) => i).toSorted((a, b) => miss(a) - miss(b) || heavy(a) - heavy(b) || a - b)[0]!;
  });
  const { traces: _, streams: __, ...outcome } = simulateSystem(system, selection);
  return { selection, outcome };
}

/** The same by simulating every system for all of the time: what the search is held against. */
export function exhaustive(system: System): { best?: Found; ties: Selection[]; frames: number } {
  const loads = loadsByChoice(system);
  const atBest = everyAtBest(system);
  const all = system.flows.reduce<Selection[]>(
    (left, { choices }) => left.flatMap((one) => choices.map((_, i) => [...one, i])),
    [[]],
  );
  let frames = 0;
  const fitting = all.flatMap((selection, index): Contender[] => {
    const { traces: _, streams: __, ...outcome } = simulateSystem(system, selection);
    frames += outcome.frames;
    if (!outcome.fits || overfull(system, selection)) return [];
    const one = contenderOf(system, selection, index, loads, atBest);
    return [{ ...one, outcome, latency: outcome.latency, values: { ...one.values, latency: outcome.latency.value } }];
  });
  let pool = fitting;
  const aims = aimsOf(system.objective);
  for (const aim of aims) {
    const [top] = pool.toSorted(byAim(aim));
    pool = pool.filter((one) => one === top || !differ(system, one, top!, aim));
  }
  const [winner, ...ties] = pool.toSorted(byTie(aims));
  return {
    ...(winner && { best: { selection: winner.selection, outcome: winner.outcome! } }),
    ties: ties.map(({ selection }) => selection),
    frames,
  };
}
