/** @file What a frame would take if the model were cut at a tensor: simulated from what the result keeps, or undefined. */
import {
  bytesSent,
  checkDesign,
  designId,
  over,
  simulateSteps,
  splitDesign,
  summariseFrames,
  sustainedRate,
  wayOf,
  type Basis,
  type Design,
  type DesignResult,
  type GraphResult,
  type Result,
} from "@split-et-impera/core/design";
import { deadlineOf, endsOf, type Study } from "@split-et-impera/core/study";
import { codecs, usualOrder, type CodecKind } from "@split-et-impera/core/wire";

/** What of a result a worker needs. */
export interface CutGround {
  study: Study;
  graph: GraphResult;
  basis: Pick<Basis, "costs">;
}

export interface CutQuestion {
  /** Place in the graph's cuts. */
  cut: number;
  codec: string;
  transport: "tcp" | "udp";
}

/** Figures as those of a design; of answers nothing is known where nobody looked, so that requirements are those of the system. */
export interface CutAnswer extends Pick<
  DesignResult,
  "bytes" | "latency" | "deadlineMisses" | "overload" | "parts" | "checks"
> {
  /** The design of the study whose figures these are; absent: they were simulated from added times. */
  design?: string;
}

/** A design of the study as an answer. */
export const asStudied = (design: DesignResult): CutAnswer => ({ ...design, design: design.id });

/** The design that a question is about, as the study would write it. */
function designOf({ study, graph }: Pick<CutGround, "study" | "graph">, question: CutQuestion): Design {
  const { capturing, other } = endsOf(study);
  const tensors = graph.cuts[question.cut]!.tensors.map((at) => graph.tensors[at]!.name);
  const endsWith = (end: "input" | "output"): string[] =>
    graph.tensors.filter((one) => one.end === end).map(({ name }) => name);
  const ends = { inputs: endsWith("input"), outputs: endsWith("output") };
  const plain = splitDesign(
    study,
    ends,
    [capturing, other],
    [{ cut: tensors, codec: question.codec, ...(question.transport === "udp" && { order: usualOrder }) }],
  );
  return over(plain, question.transport, study);
}

/** What the study itself says of a cut, where it tried it so: its figures are those of `sei design` and `sei simulate`. */
export function studiedAnswer(
  { study, designs, graph }: Pick<Result, "study" | "designs"> & Pick<CutGround, "graph">,
  question: CutQuestion,
): CutAnswer | undefined {
  const id = designId(designOf({ study, graph }, question));
  const found = designs.find((one) => one.id === id);
  return found && asStudied(found);
}

export const groundOf = ({ study, graph, basis }: Result): CutGround | undefined =>
  graph?.times && basis ? { study, graph, basis: { costs: basis.costs } } : undefined;

/** Bytes of a cut's message in a codec. */
export const bytesIn = (
  { graph }: Pick<CutGround, "graph">,
  { cut, codec }: Pick<CutQuestion, "cut" | "codec">,
): number => Math.ceil(graph.cuts[cut]!.bytes * (codecs[codec as CodecKind]?.share ?? 1));

/** Seconds of the head on one host and of the tail on the other; undefined where that was not timed. */
export function sidesOf({ study, graph }: CutGround, cut: number): { head: number; tail: number } | undefined {
  const { capturing, other } = endsOf(study);
  const [here, there] = [capturing, other].map((host) => graph.times?.find((one) => one.host === host));
  const [head, rest] = [here?.heads[cut], there?.heads[cut]];
  if (head === undefined || head === null || rest === undefined || rest === null) return undefined;
  return { head, tail: Math.max(0, there!.whole - rest) + there!.entry };
}

/**
 * Of such times as the whole model's were in its runs, frame by frame the same whatever the cut; a codec's time is that of
 * the codec at the cuts where it was timed, by bytes.
 */
export function answerOf(ground: CutGround, question: CutQuestion): CutAnswer | undefined {
  const { study, graph, basis } = ground;
  const { cut, codec } = question;
  const sides = sidesOf(ground, cut);
  if (!sides) return undefined;
  const design = designOf(ground, question);
  const spread = spreadOf(basis, study.frames.count);
  const coding = (work: string): number => codingSeconds(basis, graph, `${work} ${codec}@`, cut);
  const bytes = bytesIn(ground, question);
  const steps = wayOf(design, study, {
    ns: (host, work) => {
      const seconds = work.startsWith("head@")
        ? sides.head
        : work.startsWith("tail@")
          ? sides.tail
          : coding(work.split(" ")[0]!) / (study.hosts[host]?.speed ?? 1);
      return spread.map((factor) => factor * seconds * 1e9);
    },
    bytes: () => bytes,
    deadline: 1e9 * deadlineOf(study),
  });
  const { frames, overload } = simulateSteps(study, steps);
  const summary = summariseFrames(frames, deadlineOf(study));
  const sent = bytesSent(bytes, design.crossings[0]!.transport);
  const metrics = {
    ...summary,
    ...(overload && { overload }),
    quality: {},
    drop: {},
    bytes: sent,
    memory: {},
    throughput: sustainedRate(study, steps),
  };
  const known = study.requirements.filter(({ metric }) =>
    ["latency", "deadline-misses", "bytes", "throughput"].includes(metric),
  );
  return { ...summary, ...(overload && { overload }), bytes: sent, checks: checkDesign(metrics, known) };
}

/** By frame, how many times its location the whole model's work takes. */
function spreadOf({ costs }: CutGround["basis"], count: number): Float64Array {
  const { samples = [1], seconds = 1 } = costs["whole"] ?? {};
  const mean = seconds > 0 ? seconds : 1;
  return Float64Array.from({ length: count }, (_, i) =>
    costs["whole"]?.samples ? samples[(i * 7919) % samples.length]! / mean : 1,
  );
}

/** Seconds on the machine that measured, by bytes of the tensor, from those cuts at which the codec was timed. */
function codingSeconds({ costs }: CutGround["basis"], graph: GraphResult, begin: string, cut: number): number {
  const rates = Object.entries(costs).flatMap(([work, { seconds }]) => {
    if (!work.startsWith(begin) || /\+\d+x$/.test(work)) return [];
    const names = work.slice(begin.length);
    const known = graph.cuts.find((one) => one.tensors.map((at) => graph.tensors[at]!.name).join(",") === names);
    return known ? [seconds / known.bytes] : [];
  });
  if (rates.length === 0) return 0;
  return (rates.reduce((sum, one) => sum + one, 0) / rates.length) * graph.cuts[cut]!.bytes;
}
