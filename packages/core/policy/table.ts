/** @file The best design in every cell of a grid over the link's rate, round trip and loss. */
import {
  checkDesign,
  isSystemMetric,
  mayFit,
  predictQuality,
  transportsOf,
  whatIf,
  type Basis,
  type DesignResult,
  type Result,
  type WhatIf,
  type WhatIfDesign,
} from "../design/index.ts";
import { internal } from "../errors/index.ts";
import { deadlineOf, uplinkOf, type Requirement, type Study } from "../study/index.ts";
import { underCondition, type Axes, type Cell } from "./condition.ts";
import type { Policy, PolicyCell } from "./policy.ts";
import { worthOf } from "./worth.ts";

export interface TableInput {
  /** That keeps its basis. */
  result: Result & { basis: Basis };
  axes: Axes;
  every: number;
  pause: number;
}

/** How far a table has come. */
export interface TableProgress {
  cells: number;
  of: number;
}

/** How much was simulated. */
export interface TableWork {
  /** Designs times cells, those that were simulated, and of the others those whose bound showed that they cannot fit. */
  all: number;
  simulated: number;
  bounded: number;
}

/**
 * The table, in parts of a cell each.
 *
 * A design that misses a requirement whatever the link is like is in no cell. In each cell a design is simulated
 * only if frames that wait for nothing would meet every requirement; of those that fit the match chooses as it
 * does in a study. Where nothing fits it is the design that is worth most, by branch and bound: simulated are only those
 * whose frames would be worth more at their best. Of designs that are as good as the best the one is taken that is so in
 * the most cells, so that a table has few designs.
 */
export function* policyInParts(input: TableInput): Generator<TableProgress, { policy: Policy; work: TableWork }> {
  const { result, axes, every, pause } = input;
  const { study } = result;
  const able = ableDesigns(result);
  const cells = placesOf(axes).map((place) => openCell(input, place));
  const work: TableWork = { all: result.designs.length * cells.length, simulated: 0, bounded: 0 };
  const simulate = simulatorIn(work);
  const progress = { cells: 0, of: 2 * cells.length };
  for (const cell of cells) {
    cell.fits = fittingOf(cell, able, simulate);
    cell.equals = cell.fits.length > 0 ? cell.fits : worthMost(cell, able, study, simulate);
    cell.close();
    progress.cells++;
    yield progress;
  }
  const chosen = chosenOf(cells);
  const designs = chosen.map((id) => result.designs.find((one) => one.id === id)!);
  for (const cell of cells) {
    cell.worth = designs.map((design) => {
      // What is worth nothing at its best is worth nothing.
      const known = cell.found.has(design.id) || bestWorth(cell, design, study) > 0;
      return known ? worthOf(simulate(cell, design), study.frames.count) : 0;
    });
    cell.close();
    progress.cells++;
    yield progress;
  }
  work.bounded = work.all - cells.length * (result.designs.length - able.length) - work.simulated;
  const [from, to] = [uplinkOf(study).from, uplinkOf(study).to];
  let index = 0;
  const policy: Policy = {
    format: 1,
    study: study.name,
    ...(result.model.sha256 !== undefined && { model: result.model.sha256 }),
    link: [from, to],
    frames: { rate: study.frames.rate, deadline: deadlineOf(study) },
    every,
    pause,
    axes,
    designs: designs.map(({ id, kind }) => ({ id, kind })),
    cells: axes.losses.map(() => axes.rtts.map(() => axes.rates.map(() => policyCellOf(cells[index++]!, chosen)))),
  };
  return { policy, work };
}

function policyCellOf({ fits, equals, worth }: OpenCell, chosen: readonly string[]): PolicyCell {
  return {
    best: firstOf(chosen, equals),
    fits: fits.length > 0,
    worth: worth.map((one) => Number(one.toFixed(6))),
  };
}

type Simulate = (cell: OpenCell, design: DesignResult) => WhatIfDesign;

/** Simulates a design in a cell once; what sends nothing once for all cells. */
function simulatorIn(work: TableWork): Simulate {
  const still = new Map<string, WhatIfDesign>();
  return (cell, design) => {
    const known = cell.found.get(design.id) ?? still.get(design.id);
    if (known) return known;
    work.simulated++;
    const found = cell.world().design(design.id);
    if (isStill(design)) still.set(design.id, found);
    else cell.found.set(design.id, found);
    return found;
  };
}

const isStill = ({ crossings, answer }: DesignResult): boolean => crossings.length === 0 && !answer;

/** Designs that fit, and of which none is better. */
function fittingOf(cell: OpenCell, able: readonly DesignResult[], simulate: Simulate): string[] {
  const hopeful = able.filter((design) => mayFit(design, cell.world().atBest(design.id).checks));
  const fitting = hopeful.map((design) => simulate(cell, design)).filter(fits);
  const { recommended, ties } = cell.world().verdict(fitting);
  return recommended === undefined ? [] : [recommended, ...ties];
}

/** Worths that differ by less are alike. */
const ALIKE = 0.005;

function worthMost(cell: OpenCell, able: readonly DesignResult[], study: Study, simulate: Simulate): string[] {
  const bounds = able
    .map((design) => ({ design, bound: bestWorth(cell, design, study) }))
    .sort((a, b) => b.bound - a.bound);
  const found: { id: string; worth: number }[] = [];
  let best = 0;
  for (const { design, bound } of bounds) {
    if (found.length > 0 && bound <= best) break;
    const worth = worthOf(simulate(cell, design), study.frames.count);
    best = Math.max(best, worth);
    found.push({ id: design.id, worth });
  }
  return found.filter(({ worth }) => worth >= best - ALIKE).map(({ id }) => id);
}

/** What a design's worth does not exceed; of answers to datagrams it is told from measured ones, which by chance are better than those that lose nothing. */
function bestWorth(cell: OpenCell, design: DesignResult, { frames }: Study): number {
  const atBest = cell.world().atBest(design.id);
  return transportsOf(design).includes("udp") ? 1 - atBest.deadlineMisses.value : worthOf(atBest, frames.count);
}

interface OpenCell {
  /** Designs under its condition; opened when asked for, since it holds times of all frames. */
  world(): WhatIf;
  close(): void;
  found: Map<string, WhatIfDesign>;
  /** Designs that fit, and of which none is better. */
  fits: string[];
  /** Those, or where nothing fits the designs that are worth most. */
  equals: string[];
  worth: number[];
}

function placesOf({ losses, rtts, rates }: Axes): Cell[] {
  return losses.flatMap((_, loss) => rtts.flatMap((__, rtt) => rates.map((___, rate) => ({ loss, rtt, rate }))));
}

function openCell({ result, axes }: TableInput, place: Cell): OpenCell {
  let open: WhatIf | undefined;
  return {
    world: () => (open ??= whatIf(result, underCondition(result.study, conditionAt(axes, place)))),
    close: () => void (open = undefined),
    found: new Map(),
    fits: [],
    equals: [],
    worth: [],
  };
}

const conditionAt = ({ rates, rtts, losses }: Axes, { rate, rtt, loss }: Cell) => ({
  rate: rates[rate]!,
  rtt: rtts[rtt]!,
  loss: losses[loss]!,
});

const fits = ({ checks }: Pick<DesignResult, "checks">): boolean => checks.every(({ state }) => state === "met");

/** Designs that may stand in a table: that miss no requirement whatever the link is like; all, where each of them does. */
export function ableDesigns(result: Result): DesignResult[] {
  const able = result.designs.filter((design) => !everMisses(result, design, result.study.requirements));
  return able.length > 0 ? able : result.designs;
}

/** Whether a requirement of memory, or of answers of which nothing is lost, is missed: no link mends that. */
function everMisses(result: Result, design: DesignResult, requirements: readonly Requirement[]): boolean {
  const lasting = requirements.filter(({ metric }) => metric === "memory" || !isSystemMetric(metric));
  const { quality, drop } = predictQuality(result, design, { fallback: 0 });
  return checkDesign({ ...design, quality, drop }, lasting).some(({ state }) => state === "missed");
}

/** Designs of the table: of those that are equals in a cell the one that is so in the most cells, which comes first. */
function chosenOf(cells: readonly OpenCell[]): string[] {
  const often = new Map<string, number>();
  for (const { equals } of cells) for (const id of equals) often.set(id, (often.get(id) ?? 0) + 1);
  const order = [...often].sort(([, a], [, b]) => b - a).map(([id]) => id);
  const chosen = new Set(cells.map(({ equals }) => order[firstOf(order, equals)]!));
  return order.filter((id) => chosen.has(id));
}

/** Place of the first of a list that is among some. */
function firstOf(list: readonly string[], some: readonly string[]): number {
  const found = list.findIndex((id) => some.includes(id));
  if (found < 0) throw internal("a cell whose design is not in the table");
  return found;
}
