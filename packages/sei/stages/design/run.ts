/** @file A study from beginning to end. */
import {
  designsAtCut,
  match,
  paretoSet,
  placementName,
  remoteDesign,
  sends,
  type DesignResult,
  type Result,
  type SaliencyResult,
} from "@split-et-impera/core/design";
import { deadlineOf, uplinkOf } from "@split-et-impera/core/study";
import type { DoubtfulTimes, Profile } from "@split-et-impera/core/cost";
import { wilson } from "@split-et-impera/core/statistics";
import type { BaselineWarning } from "@split-et-impera/core/task";
import type { BottleneckOptions, Study } from "@split-et-impera/core/study";
import type { LossMapResult, Verdict } from "@split-et-impera/core/design";
import { basename } from "node:path";
import type { Cache } from "../../store/index.ts";
import type { Progress } from "../context.ts";
import { thisMachine } from "../measure/index.ts";
import { version } from "../../version.ts";
import { connectionOf } from "./connection.ts";
import { evaluate, pairedAccuracy, type Evaluated } from "./evaluate.ts";
import { pricedCuts, pricedModel, timeHeads } from "./heads.ts";
import { lossMapOf, type Known } from "./lossmap.ts";
import { solveOptimum, type Optimum } from "./optimum.ts";
import { withDesigns } from "./optimum-words.ts";
import { makePieces } from "./pieces.ts";
import { baselineCorrect, baselineDoubts, type Prepared } from "./prepared.ts";
import { chooseCuts, saliencyStage } from "./saliency.ts";
import { prepareSplit } from "./split-design.ts";
import { prepareLocal, prepareRemote, timeWhole } from "./whole.ts";
import { endsOfModel, openWorkbench, type Workbench } from "./workbench.ts";

export interface Run {
  bench: Workbench;
  result: Result;
  /** By name of the design, without its transport. */
  prepared: Map<string, Prepared>;
  /** What was measured on this machine; saved, it freezes the times of later runs. */
  profile: Profile;
}

/**
 * Runs every stage of a study. Everything that does not depend on what changed comes from the cache.
 * @param onDoubts told what is doubtful in the hosts' profiles, before work starts, and then in all times; may throw
 */
export async function runStudy(
  study: Study,
  cache: Cache,
  progress: Progress,
  signal: AbortSignal,
  onDoubts: (doubts: readonly DoubtfulTimes[]) => void = () => undefined,
): Promise<Run> {
  const bench = await openWorkbench(study, cache, progress, signal);
  onDoubts(bench.doubts());
  const { baseline, warnings } = await bench.stage("accuracy of the whole model", async (update) => {
    const right = await baselineCorrect(bench, update);
    const doubts = await baselineDoubts(bench, right.value);
    return { value: { baseline: right.value, warnings: doubts.value }, cached: right.cached && doubts.cached };
  });
  const prepared = await prepareAll(bench, baseline, onDoubts);
  const evaluated = await evaluateAll(bench, prepared, baseline);
  const lossMap = await lossMapStage(bench, baseline, evaluated);
  const machine = thisMachine();
  return {
    bench,
    prepared: new Map(prepared.ready.map((one) => [one.name, one])),
    result: assemble(bench, { baseline, warnings }, prepared, evaluated, lossMap),
    profile: { format: 2, source: `sei ${version}`, machine, model: bench.modelHash, works: bench.timings },
  };
}

interface Preparations {
  ready: Prepared[];
  saliency?: SaliencyResult;
  optimum?: Optimum;
  /** Whether the optimum was made ready though the study does not try it. */
  added: boolean;
}

async function prepareAll(
  bench: Workbench,
  baseline: Uint8Array,
  onDoubts: (doubts: readonly DoubtfulTimes[]) => void,
): Promise<Preparations> {
  const { study } = bench;
  const { scenarios, candidates } = study.explore;
  const wanted = scenarios.includes("SC") && candidates.from === "saliency";
  const saliency = wanted ? await bench.stage("saliency", (update) => saliencyStage(bench, update)) : undefined;
  const cuts = scenarios.includes("SC") ? chooseCuts(bench, saliency) : [];
  const ready: Prepared[] = [];
  await bench.stage("baselines (LC, RC)", async (update) => {
    await timeWhole(bench);
    if (scenarios.includes("LC")) ready.push(prepareLocal(bench, baseline));
    for (const input of scenarios.includes("RC") ? study.explore.inputs : []) {
      ready.push(await prepareRemote(bench, remoteDesign(study, endsOfModel(bench), input), input, baseline));
      update(ready.at(-1)!.name);
    }
    return { value: undefined, cached: false };
  });
  const prepareCut = async (cut: string, options: BottleneckOptions | undefined): Promise<void> => {
    const title = options ? `bottleneck ${options.compression}x at ${cut}` : `split at ${cut}`;
    const ones = await bench.stage(title, async (update) => {
      const { pieces, cached } = await makePieces(bench, cut, options, update);
      const value: Prepared[] = [];
      for (const design of designsAtCut(study, endsOfModel(bench), [cut], options)) {
        value.push(await prepareSplit(bench, design, pieces));
      }
      return { value, cached };
    });
    ready.push(...ones);
  };
  for (const cut of cuts) {
    const { plain, bottlenecks } = study.explore;
    for (const options of [...(plain ? [undefined] : []), ...bottlenecks]) await prepareCut(cut, options);
  }
  const priced = scenarios.includes("SC") ? pricedCuts(bench, cuts) : [];
  await bench.stage("time of every segment", (update) => timeHeads(bench, priced, update));
  onDoubts(bench.doubts());
  const optimum = scenarios.includes("SC") ? solveOptimum(pricedModel(bench, priced, cuts)) : undefined;
  const added = optimum !== undefined && addsDesign(optimum, ready);
  if (added) {
    await prepareCut(optimum.best.cut!, undefined);
    await bench.stage("time of the optimum's segments", (update) => bench.timeAll(update));
  }
  return { ready, added, ...(saliency && { saliency }), ...(optimum && { optimum }) };
}

/** A share of the optimum that timing hardly tells apart: a cut that is better by less needs no design of its own. */
const worthTrying = 0.01;

/** Whether the optimum is a split that no design tries, nor one as good within what timing tells apart. */
function addsDesign({ best, value, placements }: Optimum, ready: readonly Prepared[]): boolean {
  const tried = new Set(ready.map(({ name }) => name));
  const rivals = placements.filter((one) => one.over <= worthTrying * value);
  return best.kind === "SC" && !rivals.some((one) => tried.has(placementName(one)));
}

/** A design at one loss, with what it was made of. */
type Judged = Evaluated & Pick<Known, "prepared" | "transport">;

/** Every design at every loss rate; the link's own first. */
async function evaluateAll(
  bench: Workbench,
  { ready }: Preparations,
  baseline: Uint8Array,
): Promise<{ loss: number; designs: Judged[] }[]> {
  const { study, signal } = bench;
  const own = uplinkOf(study).link.loss.rate;
  const losses = [own, ...study.explore.losses.filter((loss) => loss !== own)];
  const deadline = deadlineOf(study);
  return bench.stage("simulation", async (update) => {
    const value: { loss: number; designs: Judged[] }[] = [];
    for (const loss of losses) {
      const designs: Judged[] = [];
      for (const one of ready) {
        for (const transport of sends(one.design) ? study.explore.transports : [undefined]) {
          signal.throwIfAborted();
          const judged = await evaluate(bench, one, transport, { baseline, deadline, loss });
          designs.push({ ...judged, prepared: one, transport });
          update(`loss ${100 * loss} %, ${designs.at(-1)!.result.id}`);
          // The simulation itself does not wait for anything; Ctrl-C needs a turn.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      value.push({ loss, designs });
    }
    return { value, cached: false };
  });
}

function verdictOf({ study, hosts }: Workbench, designs: readonly Evaluated[]): Verdict {
  const byId = new Map(designs.map((one) => [one.result.id, one]));
  return match(
    designs.map(({ result }) => result),
    study.requirements,
    study.objective,
    { pairedAccuracy: pairedAccuracy(byId), hosts },
  );
}

function lossMapStage(
  bench: Workbench,
  baseline: Uint8Array,
  evaluated: readonly { loss: number; designs: Judged[] }[],
): Promise<LossMapResult> {
  const designs = evaluated[0]!.designs.map(({ prepared, transport }, i): Known => ({
    prepared,
    transport,
    at: new Map(evaluated.map(({ loss, designs }) => [loss, designs[i]!])),
  }));
  const losses = evaluated.map(({ loss }) => loss).sort((a, b) => a - b);
  const options = { baseline, deadline: deadlineOf(bench.study) };
  return bench.stage("other rates and losses", async (update) => {
    const verdict = (found: readonly Evaluated[]): Verdict => verdictOf(bench, found);
    return { value: await lossMapOf({ bench, designs, losses, options, match: verdict, update }), cached: false };
  });
}

function assemble(
  bench: Workbench,
  { baseline, warnings }: { baseline: Uint8Array; warnings: BaselineWarning[] },
  { saliency, optimum, added }: Preparations,
  evaluated: { loss: number; designs: Evaluated[] }[],
  lossMap: LossMapResult,
): Result {
  const { study, inspection, test, train } = bench;
  const doubts = bench.doubts();
  const notes = [...new Set([...test.notes, ...train.notes])];
  const [own] = evaluated;
  const pareto = paretoSet(own!.designs.map(({ result }) => result));
  const verdict = verdictOf(bench, own!.designs);
  const designs = own!.designs.map(({ result }): DesignResult =>
    Object.assign(result, { pareto: pareto.has(result.id) }),
  );
  const rank = (id: string): number => (verdict.fitting.includes(id) ? verdict.fitting.indexOf(id) : Infinity);
  const order = (a: DesignResult, b: DesignResult): number => {
    const [first, second] = [rank(a.id), rank(b.id)];
    return first === second ? 0 : first - second;
  };
  const chosen = verdict.recommended ?? verdict.nearest?.id;
  const connection = connectionOf(
    study,
    designs.find(({ id }) => id === chosen),
  );
  return {
    format: 1,
    version,
    study,
    model: {
      file: basename(study.model),
      bytes: bench.modelBytes,
      parameters: inspection.parameters,
      macs: inspection.macs,
      operators: inspection.index.nodes.length,
      input: { name: inspection.input.name, shape: inspection.input.shape },
      output: inspection.output,
    },
    data: {
      name: test.name,
      classes: test.classes,
      testImages: test.count,
      trainImages: train.count,
      ...(notes.length > 0 && { notes }),
    },
    ...(warnings.length > 0 && { baselineWarnings: warnings }),
    baseline: wilson(
      baseline.reduce((sum, one) => sum + one, 0),
      baseline.length,
    ),
    ...(saliency && { saliency }),
    designs: designs.toSorted(order),
    verdict,
    ...(optimum && { optimum: withDesigns(optimum, designs, added, bench.hosts) }),
    lossMap,
    ...(connection && { connection }),
    sweep: evaluated
      .toSorted((a, b) => a.loss - b.loss)
      .map(({ loss, designs }) => ({
        loss,
        verdict: verdictOf(bench, designs),
        designs: designs.map(({ result }) => ({
          id: result.id,
          accuracy: result.accuracy.delivered,
          median: result.latency.median.value,
          p95: result.latency.p95.value,
          deadlineMisses: result.deadlineMisses.value,
          framesLost: result.framesLost,
        })),
      })),
    ...(doubts.length > 0 && { doubts }),
    stages: bench.stages,
    machine: thisMachine(),
  };
}
