/** @file What a study ends with: plain data, saved as result.json and drawn in the report. */
import type { Basis } from "./basis.ts";
import type { Holes } from "./holes.ts";
import type { ModelGraph } from "../onnx/index.ts";
import type { LeftOut } from "./left-out.ts";
import type { DoubtfulTimes } from "../cost/index.ts";
import type { BottleneckSpec, Design, Kind } from "./design.ts";
import type { Phrase } from "./phrase.ts";
import type { ConnectionPoint } from "../network/index.ts";
import type { SaliencyResult } from "../saliency/index.ts";
import type { Estimate } from "../statistics/index.ts";
import type { ExitCalibration } from "../exits/index.ts";
import type { EpochSummary } from "../training/index.ts";
import type { BaselineWarning } from "../task/index.ts";
import type { Requirement, Study } from "../study/index.ts";

export interface Result {
  /** Version of this structure. */
  format: 2;
  version: string;
  /** When it was made, ISO 8601 in UTC. */
  date: string;
  study: Study;
  model: ModelSummary;
  data: {
    name: string;
    classes: string[];
    testImages: number;
    trainImages: number;
    /** What was passed over, how pictures were fitted, which order classes have. */
    notes?: string[];
    /** Digests of images, labels and normalisation; absent in results of older versions. */
    test?: string;
    train?: string;
  };
  /** The unchanged model on the test images. */
  whole: { quality: Quality };
  /** What speaks against that quality, such as another normalisation that does far better; absent where nothing does. */
  baselineWarnings?: BaselineWarning[];
  saliency?: SaliencyResult;
  /** Every design at the link's own loss, in the order of the objective, recommended first. */
  designs: DesignResult[];
  /** Of studies of more than two hosts, and of races: designs that were not evaluated, and why; absent where all were. */
  pruned?: PrunedResult[];
  /** What no other design may beat a design in for it to be on the Pareto front: `accuracy`, `memory on camera`. */
  front: string[];
  verdict: Verdict;
  /** The best placement over all cuts, by adding up; absent where the study splits nothing or no host has room. */
  optimum?: OptimumResult;
  /** The verdict at other rates of the link and other losses, simulated. */
  lossMap: LossMapResult;
  /** How TCP carries the recommended (or nearest) design; absent where that does not send over TCP. */
  connection?: ConnectionResult;
  /** Qualities by class, of the designs that a reader looks at first; absent in results of older versions. */
  byClass?: ClassResult;
  /** How each bottleneck learned; absent where none was trained, and in results of older versions. */
  training?: TrainingResult[];
  /** What each search for a cut's codec tried; absent where nothing was searched for, and in results of older versions. */
  searches?: CodecSearchResult[];
  /** Every early exit that was trained, those that no design has too; absent where none was. */
  exits?: ExitResult[];
  /** The same designs at each loss rate of the study. */
  sweep: { loss: number; designs: SweepPoint[]; verdict: Verdict }[];
  /** The model as it can be drawn; absent where it has very many operators, and in results of older versions. */
  graph?: GraphResult;
  /** Compute times that cannot be trusted, by where they are from; absent where there are none. */
  doubts?: DoubtfulTimes[];
  /** What the designs were simulated with; absent in results of older versions. */
  basis?: Basis;
  /** Seconds of wall time per stage, and whether the stage came from the cache. */
  stages: { name: string; seconds: number; cached: boolean }[];
  /** What ran this: engine, platform, threads. */
  machine: { engine: string; platform: string; cpu: string; threads: number };
}

/** The model's graph, with what its parts take on the hosts. */
export interface GraphResult extends ModelGraph {
  /** What hosts take for everything before each cut, as the optimum adds it up; absent where the study splits nothing. */
  times?: GraphTimes[];
}

export interface GraphTimes {
  host: string;
  /** Seconds of the whole model. */
  whole: number;
  /** Seconds of the head of every one of the graph's cuts; null: it was not timed. */
  heads: (number | null)[];
  /** Seconds more for a tail than what is left of the whole. */
  entry: number;
}

/** The quality of answers, under the metric's own name: `{ accuracy: ... }`. */
export type Quality = Record<string, Estimate>;

/** What is known of each class, in the order of `classes`; a sample is a test image of the class. */
export interface ClassResult {
  /** By name; those of which there are test images. */
  classes: string[];
  /** The unchanged model's quality. */
  whole: Estimate[];
  /** With the link's loss, and what is lost against the whole on the same images. */
  designs: { id: string; quality: Estimate[]; drop: Estimate[] }[];
}

/** The training of one bottleneck, epoch by epoch. */
export interface TrainingResult {
  cut: string;
  /** How many times fewer values cross. */
  compression: number;
  /** For losses, under which its figures are. */
  lossy?: true;
  /** First those with the rest of the model frozen, whose loss has the reconstruction in it, then those of everything. */
  epochs: (EpochSummary & { phase: "frozen" | "joint" })[];
}

/** The search for the codec of one cut, with a bottleneck there or without: all of it is on training samples. */
export interface CodecSearchResult {
  cut: string;
  bottleneck?: BottleneckSpec;
  /** The task's first metric with nothing coded (behind the bottleneck, where there is one), over the samples of the last round. */
  whole: number;
  /** By how much it may be worse, in the metric's own numbers. */
  allowed: number;
  /** Of what was within that, what takes the fewest bytes; absent where nothing was. */
  least?: { codec: string; step: number };
  /** By columns, an entry for each codec with each step, in six digits. */
  tried: {
    codec: string[];
    /** How many times wider its steps are than those of the least squared error. */
    step: number[];
    /** Mean of a sample's message, without headers. */
    bytes: number[];
    /** By how much the quality is worse than with nothing coded, on the same samples, with its 95 % interval. */
    drop: number[];
    /** Absent where no formula gives an interval. */
    lo?: number[];
    hi?: number[];
    /** What is no candidate any more is judged on fewer. */
    samples: number[];
  };
}

/** Where the model itself is cut, if anywhere, and what crosses; no bottleneck. */
export interface PlacementName {
  kind: Exclude<Kind, "EE">;
  /** For SC; several, in their order, with ` + ` between them. */
  cut?: string;
  codec?: string;
  /** In studies of more than two hosts: those that run it, in the order of a frame. */
  hosts?: string[];
  /** What is sent to the first of them, where that is not the one that captures and it is no RC. */
  input?: string;
}

/** A placement and its latency by adding up: compute, bytes at the link's rate, delay. No loss, queue, codec or window. */
export interface PricedPlacement extends PlacementName {
  seconds: number;
  /** Seconds more than the optimum. */
  over: number;
  /** Whether the study tries it: LC, RC, or a cut that it chose. */
  candidate: boolean;
}

/** A stretch of rates, delays or speeds on which one placement is the best. */
export interface OptimumStretch extends PlacementName {
  from: number;
  to: number;
}

export interface OptimumResult {
  /** The optimum, what the candidates give up, and what this leaves out. */
  says: Phrase[];
  best: PlacementName;
  /** Seconds; the proved lower bound; their distance relative to the value. */
  value: number;
  bound: number;
  gap: number;
  /** Seconds by which the compute times that are added up may be off, either way; absent: they count as exact. */
  unsure?: number;
  runnerUp?: PricedPlacement;
  /**
   * All that the hosts have room for, from RC along the cuts to LC; each cut with every codec of the study. Over more than two
   * hosts the best of `of`, the best first.
   */
  placements: PricedPlacement[];
  /** Placements that were added up, where those are the best of them alone. */
  of?: number;
  /** What none of this is about, and why; absent in results of older versions. */
  leftOut?: LeftOut[];
  /** The simulated designs of the optimum, and whether they were added because the study would not have tried them. */
  designs: string[];
  added: boolean;
  /** Where another placement becomes the best, one number varied at a time: bits per second, seconds, hosts' speeds. */
  breakEvens: { rate: OptimumStretch[]; delay: OptimumStretch[]; speed: Record<string, OptimumStretch[]> };
  map: OptimumMap;
}

/** The best placement over the link's rate and the capturing host's speed. */
export interface OptimumMap {
  host: string;
  rate: [from: number, to: number];
  speed: [from: number, to: number];
  /** Whether it is proved that no placement is missing. */
  exact: boolean;
  /** Its latency is `fixed + bits / rate + work / speed`; the corners are joined by straight lines over 1/rate and 1/speed. */
  regions: (PlacementName & { fixed: number; bits: number; work: number; corners: [rate: number, speed: number][] })[];
}

/** What the match recommends at other rates and losses of the link; everything else is as in the study. */
export interface LossMapResult {
  /** Frames simulated per design and cell. */
  frames: number;
  /** Bits per second, ascending. */
  rates: number[];
  losses: number[];
  /** By loss, then by rate: the recommended design's id; null where none is sure to fit. */
  recommended: (string | null)[][];
}

/** The first messages of a design over a TCP connection, at the link's own loss. */
export interface ConnectionResult {
  design: string;
  /** Bytes of a message, and how many were simulated, each after the answer to the last. */
  bytes: number;
  messages: number;
  /** One per packet with data that the capturing host sends, in order. */
  points: ConnectionPoint[];
}

export interface ModelSummary {
  file: string;
  bytes: number;
  /** Of the file; absent in results of older versions. */
  sha256?: string;
  parameters: number;
  macs: number;
  operators: number;
  /** Shapes are without the batch dimension. */
  input: { name: string; shape: number[] };
  output: { name: string; shape: number[] };
}

export interface Latency {
  median: Estimate;
  p95: Estimate;
  p99: Estimate;
  mean: number;
  max: number;
  /** 95 % interval of the mean; without it the mean counts as exact. */
  meanInterval?: { lo: number; hi: number };
  /** How the frames' latencies are distributed; absent in results of older versions. */
  curve?: LatencyCurve;
}

/** The empirical distribution of latencies at some of its points: `share[i]` of all frames were answered within `seconds[i]`. */
export interface LatencyCurve {
  /** Ascending. */
  seconds: number[];
  /** Of all frames, ascending; the last is below 1 where frames were never answered. */
  share: number[];
}

/** Means over the delivered frames, in seconds. They add up to the mean latency. */
export interface LatencyParts {
  head: number;
  encode: number;
  /** Waiting for a busy host. */
  queue: number;
  /** From the first byte handed to the transport until the receiver can go on. */
  wire: number;
  decode: number;
  /** Of segments between the first and the last. */
  middle: number;
  tail: number;
  answer: number;
}

/** Frames come faster than they can be answered. */
export interface DesignOverload {
  /** Frames a second: that come, and that are answered. */
  offered: number;
  sustained: number;
  /** The host or link that is too busy; absent where none is, but TCP under loss is too slow. */
  busiest?: string;
}

export interface DesignResult extends Design {
  /** Unique and readable: `LC`, `RC jpeg-90 tcp`, `SC@/features/MaxPool_2 uint8 64x udp`. */
  id: string;
  /** The word for what the segments and crossings are. */
  kind: Kind;
  /** With the link's loss, and without any (the same over TCP). */
  quality: Quality;
  clean: Quality;
  /** The unchanged model's quality less this one's, on the same images, at the link's loss. */
  drop: Quality;
  latency: Latency;
  parts: LatencyParts;
  /** Where this is said, latencies grow from frame to frame and meet no bound. */
  overload?: DesignOverload;
  /** Of a design with exits; absent: it has none. */
  exited?: ExitedResult;
  deadlineMisses: Estimate;
  /** Frames that were never answered. */
  framesLost: number;
  /** Of a design over datagrams, how its messages came; absent in results of older versions. */
  holes?: Holes;
  /** Payload bytes that the capturing host sends per frame. */
  bytes: number;
  /** Frames per second that the slowest stage sustains. */
  throughput: number;
  /** What it may be, since compute times are not known better; without it the throughput counts as exact. */
  throughputInterval?: { lo: number; hi: number };
  /** Bytes of parameters and peak activations, by host. */
  memory: Record<string, number>;
  checks: Check[];
  /** Whether no other design is at least as good in all of the result's `front`, and better in one. */
  pareto: boolean;
}

/** A design that bounds say misses requirements at every rate that the result tells of. */
export interface PrunedResult {
  /** Its id. */
  design: string;
  /** The requirements, as they are written. */
  misses: string[];
  /** Where it left a race: the test samples or frames by then; neither where bounds said so. */
  after?: { samples?: number; frames?: number };
}

/** What becomes of frames at a design's exits. */
export interface ExitedResult {
  /** Share of the test images of which an exit is sure. */
  share: Estimate;
  /** Of the frames of which it is not, as a share of all: those whose answer was not there by the deadline, so that the exit's stood. */
  fallback: Estimate;
}

/** How an early exit learned, and how its threshold was found. */
export interface ExitResult {
  /** The tensor that it answers from. */
  cut: string;
  /** Numbers that it looks at. */
  features: number;
  parameters: number;
  epochs: EpochSummary[];
  /** What training samples held back say; without a threshold it is in no design. */
  calibration: ExitCalibration;
}

export type CheckState = "met" | "missed" | "undecided";

export interface Check {
  requirement: Requirement;
  state: CheckState;
  /** The design's value, in the requirement's unit. */
  value: number;
  /** Relative distance to the bound; positive when met. */
  margin: number;
}

export interface SweepPoint {
  id: string;
  quality: Quality;
  median: number;
  p95: number;
  /** Absent in results of older versions. */
  curve?: LatencyCurve;
  overload?: DesignOverload;
  deadlineMisses: number;
  framesLost: number;
  holes?: Holes;
}

export interface Verdict {
  /** The answer to the user's question. */
  says: Phrase[];
  /** Designs that meet every requirement, best first; undecided ones are not among them. */
  fitting: string[];
  /** The recommended design; absent when nothing fits. */
  recommended?: string;
  /** Designs that the samples cannot tell from the recommended one. */
  ties: string[];
  /** Why the runner-up is not recommended. */
  runnerUp?: { id: string; because: Phrase[] };
  /** Why not what comes to mind first: not splitting, on either side. Without what is recommended or runner-up. */
  instead: { id: string; because: Phrase[] }[];
  /** When nothing fits: the design that misses by least, and the bounds that would let it pass. */
  nearest?: { id: string; relax: { requirement: string; to: string }[] };
}
