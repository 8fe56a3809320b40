/** @file Whether the parts of a result agree with each other: what no single field can tell. */
import type { DesignResult, LatencyCurve, Phrase, Quality, Result, Verdict } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import type { GraphBlock } from "@split-et-impera/core/onnx";
import { pathBetween } from "@split-et-impera/core/study";
import { taskMetrics } from "@split-et-impera/core/task";
import { shown } from "@split-et-impera/core/units";

/** What contradicts itself in a result, with where it stands; undefined where nothing does. */
export function resultProblem(result: Result): string | undefined {
  for (const problem of problems(result)) return problem;
  return undefined;
}

function* searchProblems({ searches = [] }: Result): Generator<string> {
  for (const [i, { tried }] of searches.entries()) {
    for (const [column, list] of Object.entries(tried)) {
      if (list.length === tried.codec.length) continue;
      yield `searches.${i}.tried.${column}: expected ${tried.codec.length} entries, as many as codecs, got ${list.length}`;
    }
  }
}

function* problems(result: Result): Generator<string> {
  yield* studyProblems(result);
  yield* qualityProblems("whole.quality", result.whole.quality, result);
  const ids = new Set<string>();
  for (const [i, design] of result.designs.entries()) {
    if (ids.has(design.id)) yield `designs.${i}.id: ${shown(design.id)} is another design's too`;
    ids.add(design.id);
    yield* designProblems(`designs.${i}`, design, result);
  }
  const known = function* (where: string, names: Iterable<string | undefined | null>): Generator<string> {
    for (const name of names) {
      if (name !== undefined && name !== null && !ids.has(name)) {
        yield `${where}: expected the id of a design, got ${shown(name)}`;
      }
    }
  };
  yield* known("verdict", namedBy(result.verdict));
  yield* known("connection.design", [result.connection?.design]);
  yield* known("optimum.designs", result.optimum?.designs ?? []);
  yield* known("optimum.says", result.optimum ? inPhrases(result.optimum.says) : []);
  for (const [i, { designs, verdict }] of result.sweep.entries()) {
    const own = designs.map(({ id }) => id);
    yield* known(`sweep.${i}.designs`, own);
    yield* known(`sweep.${i}.verdict`, namedBy(verdict));
    for (const [k, { quality, curve }] of designs.entries()) {
      yield* qualityProblems(`sweep.${i}.designs.${k}.quality`, quality, result);
      yield* curveProblems(`sweep.${i}.designs.${k}.curve`, curve);
    }
  }
  const { recommended, rates, losses } = result.lossMap;
  for (const row of recommended) yield* known("lossMap.recommended", row);
  if (recommended.length !== losses.length || recommended.some((row) => row.length !== rates.length)) {
    yield `lossMap.recommended: expected ${losses.length} rows of ${rates.length}`;
  }
  const { byClass } = result;
  yield* known("byClass.designs", byClass?.designs.map(({ id }) => id) ?? []);
  for (const list of byClass
    ? [byClass.whole, ...byClass.designs.flatMap(({ quality, drop }) => [quality, drop])]
    : []) {
    if (list.length !== byClass!.classes.length) yield "byClass: expected one value for each of the classes";
  }
  yield* searchProblems(result);
  yield* basisProblems(result);
  yield* graphProblems(result);
  yield* pictureProblems(result);
}

function* studyProblems({ study }: Result): Generator<string> {
  const { hosts, frames } = study;
  if (!Object.hasOwn(hosts, frames.host)) yield `study.frames.host: expected a host, got ${shown(frames.host)}`;
  if (!(frames.rate > 0)) yield `study.frames.rate: expected more than 0, got ${frames.rate}`;
  const other = Object.keys(hosts).findLast((name) => name !== frames.host);
  if (other === undefined) yield "study.hosts: expected two hosts";
  else {
    try {
      pathBetween(study, frames.host, other);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      yield `study.${error.message}`;
    }
  }
}

/** The same metric leads everywhere: designs are compared with the whole model, and with each other, by it. */
function* qualityProblems(where: string, quality: Quality, { whole }: Pick<Result, "whole">): Generator<string> {
  const names = Object.keys(quality);
  const [main] = Object.keys(whole.quality);
  const unknown = names.find((name) => !taskMetrics.has(name));
  if (unknown !== undefined) yield `${where}: expected metrics of a task, got ${shown(unknown)}`;
  if (names.length === 0) yield `${where}: expected a metric at least, got none`;
  else if (names[0] !== main) {
    yield `${where}: expected the metric ${shown(main)} first, which whole.quality has, got ${shown(names[0])}`;
  }
}

function* designProblems(where: string, design: DesignResult, result: Result): Generator<string> {
  const { study } = result;
  const { segments, crossings, checks } = design;
  for (const field of ["quality", "clean", "drop"] as const)
    yield* qualityProblems(`${where}.${field}`, design[field], result);
  for (const [i, { host }] of segments.entries()) {
    if (!Object.hasOwn(study.hosts, host)) yield `${where}.segments.${i}.host: expected a host, got ${shown(host)}`;
  }
  if (segments.length === 0) yield `${where}.segments: expected one at least`;
  for (const [i, { after }] of crossings.entries()) {
    if (after >= segments.length - 1)
      yield `${where}.crossings.${i}.after: expected a segment before another, got ${after}`;
  }
  for (const [i, { after }] of (design.exits ?? []).entries()) {
    if (after >= segments.length) yield `${where}.exits.${i}.after: expected a segment, got ${after}`;
  }
  yield* curveProblems(`${where}.latency.curve`, design.latency.curve);
  if (checks.length !== study.requirements.length) {
    yield `${where}.checks: expected one for each of ${study.requirements.length} requirements, got ${checks.length}`;
  }
}

function* curveProblems(where: string, curve: LatencyCurve | undefined): Generator<string> {
  if (!curve) return;
  if (curve.share.length !== curve.seconds.length) yield `${where}: expected as many shares as seconds`;
  for (const field of ["seconds", "share"] as const) {
    if (curve[field].some((value, i) => i > 0 && !(value > curve[field][i - 1]!))) {
      yield `${where}.${field}: expected each to be more than the one before`;
    }
  }
}

/** What is told by image is told of every image, and of images that there are. */
/** Places in lists lie in them, blocks are stretches of their own operators. */
function* graphProblems({ graph }: Result): Generator<string> {
  if (!graph) return;
  const { tensors, operators, blocks, cuts, times = [] } = graph;
  const within = (places: readonly number[]): boolean => places.every((at) => at < tensors.length);
  if (!operators.every(({ reads, makes }) => within(reads) && within(makes)))
    yield "graph.operators: expected places in graph.tensors";
  for (const { tensors: crossing, head } of cuts) {
    if (!within(crossing)) yield "graph.cuts: expected places in graph.tensors";
    if (!head.every(([from, to]) => from < to && to <= operators.length))
      yield "graph.cuts: expected stretches of graph.operators";
  }
  const whole = (list: readonly GraphBlock[], from: number, to: number): boolean =>
    list.length > 0 &&
    list.every(
      (one, i) => one.from === (list[i - 1]?.to ?? from) && (!one.blocks || whole(one.blocks, one.from, one.to)),
    ) &&
    list.at(-1)!.to === to;
  if (!whole(blocks, 0, operators.length)) yield "graph.blocks: expected every operator in one block";
  if (times.some(({ heads }) => heads.length !== cuts.length)) yield "graph.times: expected one head for each cut";
}

function* basisProblems({ basis }: Result): Generator<string> {
  if (!basis) return;
  const { images } = basis;
  const lists = [
    basis.answers,
    basis.right,
    ...Object.values(basis.designs).flatMap(({ bytes, behind = [] }) => [bytes, ...behind]),
  ];
  for (const list of lists)
    if (Array.isArray(list) && list.length !== images)
      yield `basis: expected ${images} values by image, got ${list.length}`;
  for (const [name, { taken = [], differs }] of Object.entries(basis.designs)) {
    const where = `basis.designs.${name}`;
    if ([...taken, ...(differs?.images ?? [])].some((image) => image >= images))
      yield `${where}: expected images below ${images}`;
    if (differs && differs.images.length !== differs.right.length)
      yield `${where}.differs: expected as many numbers as images`;
  }
}

function* pictureProblems({ saliency }: Result): Generator<string> {
  for (const [i, { image, maps }] of (saliency?.examples ?? []).entries()) {
    const where = `saliency.examples.${i}`;
    if (image.rgb.length !== 3 * image.width * image.height) yield `${where}.image.rgb: expected 3 values a pixel`;
    if (image.rgb.some((value) => value > 255)) yield `${where}.image.rgb: expected values of at most 255`;
    for (const [k, { width, height, values }] of maps.entries()) {
      if (values.length !== width * height) yield `${where}.maps.${k}.values: expected one a pixel`;
    }
  }
}

/** Every design that a verdict names. */
function* namedBy(verdict: Verdict): Generator<string | undefined> {
  const { recommended, fitting, ties, runnerUp, instead, nearest, says } = verdict;
  yield* [recommended, runnerUp?.id, nearest?.id, ...fitting, ...ties];
  for (const { id, because } of [...(runnerUp ? [runnerUp] : []), ...instead]) {
    yield id;
    yield* inPhrases(because);
  }
  yield* inPhrases(says);
}

function* inPhrases(phrases: readonly Phrase[]): Generator<string> {
  for (const phrase of phrases) if ("design" in phrase) yield phrase.design;
}
