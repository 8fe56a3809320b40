/** @file A study of several flows from beginning to end: each flow alone, then all of them together. */
import { resourceName, type DesignResult } from "@split-et-impera/core/design";
import { deadlineOf, type Study, type StudyFlow } from "@split-et-impera/core/study";
import {
  bitsOnLinks,
  brokenOf,
  busySecond,
  chosen,
  expand,
  scenarioOfSystem,
  searchSystem,
  simulateSystem,
  timeIntervals,
  type Choice,
  type Selection,
  type System,
  type SystemFlow,
  type SystemResult,
  type SystemSearch,
} from "@split-et-impera/core/system";
import { InputError, internal } from "@split-et-impera/core/errors";
import { pooled } from "@split-et-impera/ort";
import { version } from "../../version.ts";
import { inWordsOf } from "../answers/index.ts";
import type { Progress } from "../context.ts";
import { contextOf } from "../default-context.ts";
import { pairedClean } from "./paired.ts";
import { runStudy, type Run, type RunDesign, type RunOptions } from "./run.ts";

export interface SystemRun {
  result: SystemResult;
  /** Each flow by itself, with one camera and nobody beside it, by name. */
  flows: ReadonlyMap<string, Run>;
  notes: readonly string[];
  system: System;
  /** By flow, the place of the chosen design. */
  selection: Selection;
  /** By flow, its chosen design. */
  designs: ReadonlyMap<string, RunDesign>;
}

/** The flows of any study: one without `flows` and `copies` is one flow of one camera. */
export function asSystem(study: Study): Study & Required<Pick<Study, "system">> {
  if (study.system) return { ...study, system: study.system };
  const { count, rate, host } = study.frames;
  const flows: StudyFlow[] = [{ name: host, study, phase: "spread" }];
  return { ...study, system: { flows, copies: {}, requirements: [], seconds: count / rate } };
}

/**
 * Measures every flow alone, then searches the designs of all of them together.
 * @throws InputError as `runStudy` does
 */
export async function runSystem(study: Study, options: RunOptions = {}): Promise<SystemRun> {
  const whole = asSystem(study);
  const given = contextOf(options);
  await using engine = pooled(given.engine);
  const flows = new Map<string, Run>();
  const stages: SystemResult["stages"] = [];
  for (const flow of whole.system.flows) {
    const several = whole.system.flows.length > 1;
    const run = await runStudy(flow.study, { ...options, engine, progress: named(flow.name, given.progress) }).catch(
      (error: unknown) => {
        throw several && error instanceof InputError ? ofFlow(flow.name, error) : error;
      },
    );
    flows.set(flow.name, run);
    stages.push(...run.result.stages.map((one) => ({ ...one, name: `${flow.name}: ${one.name}` })));
  }
  const system = systemOf(whole, flows);
  const started = performance.now();
  const search = await given.progress.task("all flows together", async (update) =>
    searchSystem(system, {
      update(text) {
        given.signal.throwIfAborted();
        update(text);
      },
    }),
  );
  stages.push({ name: "all flows together", seconds: (performance.now() - started) / 1000, cached: false });
  const found = search.best ?? search.nearest;
  if (!found) throw internal("a search that found no system at all");
  const { selection } = found;
  const designs = system.flows.map(({ name }, i) => [name, flows.get(name)!.designs[selection[i]!]!] as const);
  const notes = [...flows].flatMap(([name, { notes: said }]) => said.map((note) => `${name}: ${note}`));
  return {
    result: resultOf(whole, system, search, stages),
    flows,
    notes,
    system,
    selection,
    designs: new Map(designs),
  };
}

const named = (name: string, progress: Progress): Progress => ({
  task: (title, work) => progress.task(`${name}: ${title}`, work),
});

/** The system that flows make, measured alone. */
function systemOf(
  study: Study & Required<Pick<Study, "system">>,
  runs: ReadonlyMap<string, Pick<Run, "designs" | "exam">>,
): System {
  const { requirements, seconds, flows } = study.system;
  return {
    place: expand(study),
    flows: flows.map((flow) => flowOf(flow, runs.get(flow.name)!)),
    requirements,
    objective: study.objective,
    seconds,
  };
}

function flowOf({ name, study: asked }: StudyFlow, { designs, exam }: Pick<Run, "designs" | "exam">): SystemFlow {
  // Each flow's task has a name of its own for `quality`.
  const study = inWordsOf(exam.task, asked);
  const metric = exam.task.metrics[0]!;
  // Shares of different tasks can be added up; numbers only as parts of what the unchanged model has.
  const scale = (one: DesignResult): number =>
    metric.unit === "share" ? 1 : Math.max(1e-12, Math.abs(one.quality[metric.name]!.value));
  const byId = new Map(designs.map((one) => [one.result.id, one]));
  const choices = designs.map(({ result, steps }): Choice => {
    const { id, crossings, drop } = result;
    const worse = drop[metric.name]!.value / scale(result);
    return { id, alone: result, worse, steps: steps(study), crossings };
  });
  return {
    name,
    rate: study.frames.rate,
    deadline: deadlineOf(study),
    requirements: study.requirements,
    choices,
    paired(a, b) {
      const [first, second] = [byId.get(a.id)!, byId.get(b.id)!];
      const value = b.worse - a.worse;
      const clean = ({ result }: RunDesign): boolean =>
        result.quality[metric.name]!.value === result.clean[metric.name]!.value;
      if (clean(first) && clean(second)) {
        const found = pairedClean(exam.task, metric, first.clean, second.clean);
        const by = scale(first.result);
        return { value: found.value / by, lo: found.lo / by, hi: found.hi / by };
      }
      // Of answers to what came with losses only the drops are kept, which have intervals of their own.
      const half = Math.hypot(...[first, second].map(({ result }) => width(result, metric.name) / scale(result)));
      return { value, lo: value - half, hi: value + half };
    },
  };
}

const width = ({ drop }: DesignResult, metric: string): number => (drop[metric]!.hi - drop[metric]!.lo) / 2;

function resultOf(
  study: Study & Required<Pick<Study, "system">>,
  system: System,
  search: SystemSearch,
  stages: SystemResult["stages"],
): SystemResult {
  const { selection, outcome } = (search.best ?? search.nearest)!;
  const picked = chosen(system, selection);
  const { scenario } = scenarioOfSystem(system, selection);
  const { traces, streams } = simulateSystem(system, selection);
  const names = (one: Selection): Record<string, string> =>
    Object.fromEntries(chosen(system, one).map(({ id }, i) => [system.flows[i]!.name, id]));
  return {
    kind: "system",
    format: 1,
    version,
    date: new Date().toISOString(),
    name: study.name,
    seed: study.seed,
    seconds: system.seconds,
    fits: search.best !== undefined,
    broken: brokenOf(system, outcome),
    flows: system.flows.map(({ name, rate, deadline, choices }, i) => {
      const { alone, id } = picked[i]!;
      const { cameras, checks } = outcome.flows[i]!;
      return {
        name,
        camera: study.system.flows[i]!.study.frames.host,
        rate,
        deadline,
        design: id,
        designs: choices.length,
        quality: alone.quality,
        drop: alone.drop,
        bytes: alone.bytes,
        alone: alone.latency.p95.value,
        checks,
        cameras: cameras.map(({ latency, deadlineMisses, framesLost }, camera) => ({
          host: system.place.cameras.get(name)![camera]!.host,
          median: latency.median.value,
          p95: latency.p95.value,
          p99: latency.p99.value,
          misses: deadlineMisses.value,
          lost: framesLost,
          intervals: timeIntervals({ latency, deadlineMisses }),
        })),
      };
    }),
    loads: outcome.loads.map(({ resource, utilisation }) => ({
      name: resourceName(resource),
      kind: resource.kind,
      ...(resource.kind === "link" && { from: resource.from }),
      utilisation,
    })),
    bits: Object.fromEntries(bitsOnLinks(scenario)),
    whole: outcome.whole.map(({ requirement, state, value }) => ({ text: requirement.text, state, value })),
    search: { counts: search.counts, frames: search.frames, ties: search.ties.slice(0, 20).map(names) },
    ...(search.overloaded && { overloaded: search.overloaded }),
    busy: busySecond(streams, traces, system.seconds),
    stages,
  };
}

/** What stands against one of several flows: each problem names it, as `sei check` does. */
function ofFlow(name: string, error: InputError): InputError {
  const message = error.message.replaceAll(/^/gm, `flow ${name}: `);
  return new InputError(error.code, message, { cause: error });
}
