/** @file The result of a study, put together from what its stages found. */
import {
  axisName,
  bottleneckName,
  frontOf,
  match,
  paretoSet,
  recommendedOf,
  type Basis,
  type CodecSearchResult,
  type DesignResult,
  type ExitResult,
  type GraphResult,
  type LossMapResult,
  type PrunedResult,
  type Result,
  type SaliencyResult,
  type TrainingResult,
  type Verdict,
} from "@split-et-impera/core/design";
import type { DoubtfulTimes } from "@split-et-impera/core/cost";
import { qualitiesOf, type BaselineWarning, type Evidence } from "@split-et-impera/core/task";
import { modelPaths } from "@split-et-impera/core/study";
import { basename } from "node:path";
import { version } from "../../version.ts";
import { digest } from "../../store/index.ts";
import { thisMachine } from "../measure/index.ts";
import { byClassOf } from "./by-class.ts";
import { connectionOf } from "./connection.ts";
import { pairedQuality, type Candidate, type Evaluated } from "./evaluate.ts";
import type { Optimum } from "./optimum.ts";
import { withDesigns } from "./optimum-words.ts";
import type { Subject } from "./subject.ts";

export interface Findings {
  subject: Subject;
  found: {
    baseline: readonly Evidence[];
    warnings: readonly BaselineWarning[];
    saliency?: SaliencyResult;
    exits: readonly ExitResult[];
    optimum?: Optimum;
    /** Whether the optimum was made ready though the study does not try it. */
    added: boolean;
    /** How many cuts the study tries of itself. */
    candidates: number;
  };
  /** At every loss, the study's own first. */
  evaluated: readonly { loss: number; designs: readonly (Evaluated & Candidate)[] }[];
  lossMap: LossMapResult;
  /** Designs that were not simulated. */
  pruned: readonly PrunedResult[];
  basis: Basis;
  graph?: GraphResult;
  doubts: readonly DoubtfulTimes[];
  stages: Result["stages"];
}

/** What is best of these designs, by the study's requirements. */
export const verdictOf = (subject: Judging, designs: readonly Evaluated[]): Verdict =>
  match(...askedOf(subject, designs));

/** The one that the verdict recommends, which takes far less than the verdict. */
export const bestOf = (subject: Judging, designs: readonly Evaluated[]): string | undefined =>
  recommendedOf(...askedOf(subject, designs));

type Judging = Pick<Subject, "study" | "hosts" | "exam">;

function askedOf({ study, hosts, exam }: Judging, designs: readonly Evaluated[]): Required<Parameters<typeof match>> {
  const byId = new Map(designs.map((one) => [one.result.id, one]));
  const options = { paired: pairedQuality(exam, byId), capturing: hosts.capturing };
  return [designs.map(({ result }) => result), study.requirements, study.objective, options];
}

export function resultOf({
  subject,
  found,
  evaluated,
  lossMap,
  pruned,
  basis,
  graph,
  doubts,
  stages,
}: Findings): Result {
  const { study, inspection, exam, test, train, notes, hosts } = subject;
  const { saliency, exits, optimum, added, candidates, baseline, warnings } = found;
  const [own] = evaluated;
  const axes = frontOf(study.requirements, study.objective, exam.task.metrics[0]!.name, hosts.capturing);
  const pareto = paretoSet(
    own!.designs.map(({ result }) => result),
    axes,
  );
  const verdict = verdictOf(subject, own!.designs);
  const designs = own!.designs.map(({ result }): DesignResult =>
    Object.assign(result, { pareto: pareto.has(result.id) }),
  );
  const rank = (id: string): number => (verdict.fitting.includes(id) ? verdict.fitting.indexOf(id) : Infinity);
  const order = (a: DesignResult, b: DesignResult): number => {
    const [first, second] = [rank(a.id), rank(b.id)];
    return first === second ? 0 : first - second;
  };
  const sorted = designs.toSorted(order);
  const byClass = byClassOf(exam, test, baseline, own!.designs, { designs: sorted, verdict });
  const training = trainingsOf(own!.designs);
  const searches = searchesOf(own!.designs);
  const chosen = verdict.recommended ?? verdict.nearest?.id;
  const connection = connectionOf(
    study,
    designs.find(({ id }) => id === chosen),
  );
  return {
    format: 2,
    version,
    date: new Date().toISOString(),
    study,
    model: {
      file: modelPaths(study.model)
        .map((path) => basename(path))
        .join(" + "),
      bytes: subject.modelBytes,
      sha256: subject.modelHash,
      parameters: inspection.parameters,
      macs: inspection.macs,
      operators: inspection.index.nodes.length,
      input: { name: inspection.input.name, shape: inspection.input.shape },
      output: { name: inspection.output.name, shape: inspection.output.shape },
    },
    data: {
      name: test.name,
      classes: test.classes,
      testImages: test.count,
      trainImages: train.count,
      ...(notes.length > 0 && { notes }),
      test: digest(subject.testKey),
      train: digest(subject.trainKey),
    },
    ...(warnings.length > 0 && { baselineWarnings: [...warnings] }),
    whole: { quality: qualitiesOf(exam.task.metrics, { evidence: baseline }) },
    ...(saliency && { saliency }),
    designs: sorted,
    ...(pruned.length > 0 && { pruned: [...pruned] }),
    front: axes.map(axisName),
    verdict,
    ...(optimum && {
      optimum: withDesigns(optimum, {
        hosts: { capturing: hosts.capturing, other: hosts.others.at(-1)! },
        designs,
        added,
        candidates,
      }),
    }),
    lossMap,
    ...(connection && { connection }),
    ...(byClass && { byClass }),
    ...(training.length > 0 && { training }),
    ...(searches.length > 0 && { searches }),
    ...(exits.length > 0 && { exits: [...exits] }),
    sweep: evaluated
      .toSorted((a, b) => a.loss - b.loss)
      .map(({ loss, designs }) => ({
        loss,
        verdict: loss === own!.loss ? verdict : verdictOf(subject, designs),
        designs: designs.map(({ result }) => ({
          id: result.id,
          quality: result.quality,
          median: result.latency.median.value,
          p95: result.latency.p95.value,
          ...(result.latency.curve && { curve: result.latency.curve }),
          ...(result.overload && { overload: result.overload }),
          deadlineMisses: result.deadlineMisses.value,
          framesLost: result.framesLost,
          ...(result.holes && { holes: result.holes }),
        })),
      })),
    basis,
    ...(graph && { graph }),
    ...(doubts.length > 0 && { doubts: [...doubts] }),
    stages: [...stages],
    machine: thisMachine(),
  };
}

/** The search of each cut and bottleneck once. */
function searchesOf(designs: readonly Candidate[]): CodecSearchResult[] {
  const found = designs.flatMap(({ prepared: { search } }) => (search ? [search] : []));
  return [...new Map(found.map((one) => [JSON.stringify([one.cut, one.bottleneck]), one])).values()];
}

/** Each bottleneck once, however many designs send what it makes. */
function trainingsOf(designs: readonly Candidate[]): TrainingResult[] {
  const found = designs.flatMap(({ prepared: { training } }) => (training ? [training] : []));
  return [...new Map(found.map((one) => [JSON.stringify([one.cut, bottleneckName(one)]), one])).values()];
}
