/** @file What every stage of a study works with: the study, the model, the images, the cache. */
import { costTable, wholeWork, type Cost, type CostTable, type DoubtfulTimes } from "@split-et-impera/core/cost";
import type { ModelEnds, Result } from "@split-et-impera/core/design";
import type { Study } from "@split-et-impera/core/study";
import { inspectModel, type Inspection } from "@split-et-impera/core/onnx";
import { logitsTensor } from "@split-et-impera/core/saliency";
import type { Cache } from "../../store/index.ts";
import type { Progress } from "../context.ts";
import {
  emptyCalls,
  measuredDoubts,
  openProfiles,
  thisMachine,
  timeWorks,
  type EmptyCalls,
  type Work,
} from "../measure/index.ts";
import { fingerprint, forModel, openData, type Dataset, type Split } from "../../data/index.ts";
import { engine } from "@split-et-impera/ort";
import { readModelFile } from "../../model/index.ts";
import { checkFits, modelLabels, relabelled } from "../answers/index.ts";

export interface Workbench {
  study: Study;
  inspection: Inspection;
  /** Size of the model's file, and SHA-256 of its bytes. */
  modelBytes: number;
  modelHash: string;
  test: Dataset;
  train: Dataset;
  /** Digests of the images, labels and normalisation, for keys. */
  testKey: string;
  trainKey: string;
  hosts: { capturing: string; other: string };
  cache: Cache;
  signal: AbortSignal;
  stages: Result["stages"];
  /** What is said of the hosts' profiles. */
  notes: readonly string[];
  /** What is doubtful in the hosts' profiles and, once timed, in what was measured here. */
  doubts(): DoubtfulTimes[];
  /** Empty calls of the engine, to time beside real ones. */
  calls: EmptyCalls;
  /** Times measured so far on this machine, by work. */
  timings: Record<string, Cost>;
  /** Runs a stage under its name: progress on the terminal, its wall time in the result. */
  stage<T>(
    name: string,
    work: (update: (status: string) => void) => Promise<{ value: T; cached: boolean }>,
  ): Promise<T>;
  /** Has work timed by `timeAll`, once per machine, model and key. */
  time(work: string, key: unknown, run: Work): void;
  /** Times what `time` was told, all by turns, but for what the cache or every host's profile knows. */
  timeAll(update: (status: string) => void): Promise<{ value: undefined; cached: boolean }>;
  /** What timed work costs on the study's hosts. */
  costs: CostTable;
  /** Seconds that timed work takes on a host. */
  seconds(host: string, work: string): number;
  /** Nanoseconds that it takes for each frame of the study; the same whenever it is asked. */
  frames(host: string, work: string): Float64Array;
}

/** The tensors that the workbench's model takes and answers with. */
export function endsOfModel({ inspection: { input, output } }: Pick<Workbench, "inspection">): ModelEnds {
  return { inputs: [input.name], outputs: [output.name] };
}

export async function openWorkbench(
  study: Study,
  cache: Cache,
  progress: Progress,
  signal: AbortSignal,
): Promise<Workbench> {
  const stages: Result["stages"] = [];
  const timings: Record<string, Cost> = {};
  const stage: Workbench["stage"] = async (name, work) => {
    signal.throwIfAborted();
    const started = performance.now();
    const { value, cached } = await progress.task(name, async (update) => {
      const done = await work(update);
      if (done.cached) update("from the cache");
      return done;
    });
    stages.push({ name, seconds: (performance.now() - started) / 1000, cached });
    return value;
  };
  const opened = await stage("open model and data", async () => {
    const { model, bytes, sha256 } = await readModelFile(study.model);
    const options = forModel(study.data, model);
    const agreement = study.task?.kind === "agreement";
    const open = (split: Split): Promise<Dataset> => openData(options, split, { unlabelled: agreement });
    let [test, train] = await Promise.all([open("test"), open("train")]);
    const inspection = await inspectModel(model, engine, { proposed: test.batch([0]).dims.slice(1) });
    // Throws where the output is not class scores: no accuracy could be told.
    logitsTensor(inspection);
    for (const data of [test, train]) checkFits(data, data.batch([0]).dims, inspection);
    if (agreement) {
      const agreeing = async (data: Dataset): Promise<Dataset> => {
        const key = [sha256, fingerprint(data, study.data), inspection.output.name];
        const { value } = await cache.get("agreement", key, () => modelLabels(inspection, data, signal));
        return relabelled(data, value.labels, value.classes);
      };
      [test, train] = [await agreeing(test), await agreeing(train)];
    }
    return { value: { inspection, modelBytes: bytes, modelHash: sha256, test, train }, cached: false };
  });
  const capturing = study.frames.host;
  const other = Object.keys(study.hosts).find((name) => name !== capturing)!;
  const { speeds, doubts, notes } = await openProfiles(study.hosts, opened.modelHash);
  const costs = costTable(speeds, timings);
  const drawn = new Map<string, Float64Array>();
  const untimed = new Map<string, { key: unknown; run: Work }>();
  const machine = thisMachine();
  const calls = emptyCalls(engine);
  return {
    study,
    ...opened,
    testKey: fingerprint(opened.test, study.data),
    trainKey: fingerprint(opened.train, study.data),
    hosts: { capturing, other },
    cache,
    signal,
    stages,
    calls,
    notes,
    doubts: () => [...doubts, ...measuredDoubts(speeds, timings)],
    timings,
    stage,
    costs,
    seconds: (host, work) => costs.of(host, work).seconds,
    frames(host, work) {
      const name = JSON.stringify([host, work]);
      const known = drawn.get(name) ?? costs.frames(host, work, study.frames.count, study.seed);
      drawn.set(name, known);
      return known;
    },
    time(work, key, run) {
      // The whole model is always timed: profiles that lack some work lean on it.
      if (work !== wholeWork && Object.values(speeds).every(({ profile }) => profile?.works[work])) return;
      untimed.set(work, { key: [machine, opened.modelHash, work, key], run });
    },
    async timeAll(update) {
      const works = new Map<string, Work>();
      for (const [work, { key, run }] of untimed) {
        const kept = await cache.read<Cost>("timing", key);
        if (kept) timings[work] = kept;
        else works.set(work, run);
      }
      for (const [work, timing] of Object.entries(await timeWorks(works, signal, update))) {
        timings[work] = timing;
        await cache.write("timing", untimed.get(work)!.key, timing);
      }
      await calls[Symbol.asyncDispose]();
      return { value: undefined, cached: works.size === 0 };
    },
  };
}
