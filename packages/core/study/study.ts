/** @file A study, resolved: what the user asked, in SI units and plain data. */
import type { SoundOptions } from "./sound.ts";
import type { ModelOptions } from "../onnx/index.ts";
import type { LinkOptions } from "./link-options.ts";
import type { ModelSource } from "./model-source.ts";
import type { TaskKind } from "../task/index.ts";
import type { TensorType } from "../tensor/index.ts";
import type { NamedCut } from "./named-cut.ts";
import type { RemoteInput } from "./remote-input.ts";
import type { WholeRequirement } from "./whole.ts";
import type { ConcealmentKind, OrderKind, CodecKind, ProtectionSpec } from "../wire/index.ts";

export interface Study {
  name: string;
  /** The ONNX model, or several of which one feeds the next. */
  model: ModelSource;
  /** What is said of its inputs. */
  modelOptions?: ModelOptions;
  data: DataOptions;
  task?: TaskOptions;
  /** By name, in the study's order: two or more. */
  hosts: Record<string, HostOptions>;
  links: LinkOptions[];
  frames: FrameOptions;
  requirements: Requirement[];
  explore: ExploreOptions;
  objective: Objective;
  /** Seed of every random stream. */
  seed: number;
  /** What only placing uses; absent where a study is read for something else. */
  placing?: PlacingOptions;
  /** Several flows, or several hosts alike, that share hosts and links; absent: one flow of one camera, the study's own. */
  system?: SystemOptions;
}

/** Flows that share the study's hosts and links. */
export interface SystemOptions {
  /** Not empty. */
  flows: StudyFlow[];
  /** How many there are of each host, where there are several: `camera` is then camera-1, camera-2 ... */
  copies: Record<string, number>;
  /** What all flows together must keep. */
  requirements: WholeRequirement[];
  /** Seconds that are simulated. */
  seconds: number;
}

/** Frames from one kind of camera, with what is made of them. */
export interface StudyFlow {
  name: string;
  /** The flow by itself: one of its cameras and the hosts and links that it may use. */
  study: Study;
  /** When cameras of one flow capture: spread evenly over the time between two frames, all together, or at seeded random times. */
  phase: Phase;
}

export type Phase = "spread" | "together" | "random";

/** What hosts and links cost beside time, and what has to run where. */
export interface PlacingOptions {
  /** Of all prices; "" where the study names none. */
  currency: string;
  /** By name. */
  hosts: Record<string, PlacingHost>;
  /** As the study's links. */
  links: {
    /** Joules per byte that crosses it. */
    energy?: number;
    /** Money per byte. */
    price?: number;
  }[];
}

export interface PlacingHost {
  /** Watts while it computes, and while it sends or receives. */
  power?: number;
  radio?: number;
  /** Money per second of compute. */
  price?: number;
  /** Tensors that must not leave it. */
  keep: string[];
  /** Operators that run here and nowhere else, and those that cannot run here. */
  only: OperatorChoice[];
  never: OperatorChoice[];
}

/** An operator by its name, its kind or a tensor that it makes; or all behind one tensor up to another. */
export type OperatorChoice = string | { from?: string; to?: string };

export interface DataOptions {
  /** A word of the table of formats, which belongs to whoever reads files; `conveyor` and `belt` are generated. */
  format: string;
  path?: string;
  /** Names by label, in the order of the model's scores. Absent: as the data have them. */
  classes?: string[];
  /** How pictures get to one size. Absent: they cover the model's input, their aspect kept. */
  fit?: FitOptions;
  /** The model's input without the batch, 0 for what it leaves open: pictures come as it takes them. */
  input?: readonly number[];
  /** By input of the model the column or the array that holds it, where that has another name. */
  inputs?: Readonly<Record<string, string>>;
  /** The inputs of a model of several: what of them the data have under their names is read. */
  wants?: readonly WantedInput[];
  /**
   * Of pixel / 255: a number per channel in the order in which they are fed, or a single one for all channels. Default:
   * mean 0, std 1. `channels` is that order; absent: red, green, blue.
   */
  normalise: { mean: number[]; std: number[]; channels?: "RGB" | "BGR" };
  layout: "NCHW" | "NHWC";
  /** Of tables: columns by what they are for, where their names are not usual ones. */
  columns?: Readonly<Partial<Record<ColumnRole, string>>>;
  /** Of sound: how it is read. */
  sound?: SoundOptions;
  /** How many images to use at most: for evaluation, and for training and calibration. */
  limit: { test: number; train: number };
}

/** An input of a model that data may have. */
export interface WantedInput {
  name: string;
  type: TensorType;
  /** Without the batch, 0 for what is open. */
  dims: number[];
  /** The column or array that has to hold it; absent: one of its own name, where there is one. */
  column?: string;
}

/** What a column of a table can be for. */
export type ColumnRole = "file" | "text" | "label" | "labels" | "value" | "start" | "end" | "split";

/** Sizes are one number for both sides (of `resize`: for the shorter side), or height and width. */
export interface FitOptions {
  resize?: number[];
  crop?: number[];
  letterbox?: number[];
}

/** What the model is for: what a task can be told of (its specification without the classes, which data have). */
export interface TaskOptions {
  /** Absent: classification where the data have classes, else agreement. */
  kind?: TaskKind;
  /** Which output answers. Absent: the first that fits. */
  output?: string;
  /** The quality that the whole model is known to have, by the task's first metric. */
  expect?: number;
  /** More of the task's own. */
  [field: string]: unknown;
}

export interface HostOptions {
  /** How fast the host is, as a multiple of this machine (0.05 = twenty times slower). */
  speed: number;
  /** A profile measured on the real host (`sei profile`), used in place of this machine's times. */
  profile?: string;
  /** Bytes for parameters and activations. Absent: no bound. */
  memory?: number;
  /** Tensors that must not leave it; `input`: what is captured. Absent: none. */
  keep?: string[];
  /** Seconds in which it makes a picture file of a frame, and reads one; 0: hardware does. Absent: measured. */
  encode?: number;
  decode?: number;
  /** Pieces of work at once, each at the time that it takes alone. Absent: one. */
  cores?: number;
  /** Frames of the same work wait for each other and are done together: how many at most, and for how many seconds. Absent: each alone. */
  batch?: { size: number; timeout: number };
}

export interface FrameOptions {
  /** The host that captures. */
  host: string;
  /** Frames per second. */
  rate: number;
  /** Frames to simulate per design. */
  count: number;
  /** Which of the frames that wait for a host goes next. Default `oldest`. */
  order?: "oldest" | "newest" | "drop";
  /** Where the answer is due (default: the capturing host), its size in bytes, and what is added to its datagrams (absent: as to others). */
  answer: { host: string; bytes: number; protection?: ProtectionSpec };
}

/** What a requirement bounds of a design as a system (requirement.ts says what each means). */
export type SystemMetric = "latency" | "deadline-misses" | "bytes" | "memory" | "throughput" | "exits";

/**
 * What a requirement bounds: a word of `SystemMetric`, a metric of the task (`accuracy`, `cer`), or that with `-drop`, by
 * how much it is worse than the unchanged model's.
 */
export type Metric = string;

export interface Requirement {
  /** As written in the study. */
  text: string;
  metric: Metric;
  /** For latency. */
  statistic?: "median" | "mean" | "p95" | "p99" | "max";
  /** For memory. */
  host?: string;
  operator: "<=" | ">=";
  /** In SI units: seconds, shares (0.01 for 1 %), bytes, frames per second. */
  value: number;
}

/**
 * What is best among the designs that meet every requirement: a metric of the task, or of the system `latency`, `bytes`,
 * `memory`, `throughput`. Ties go to the next in the list. Not empty.
 */
export type Objective = Metric[];

export interface ExploreOptions {
  scenarios: ("LC" | "RC" | "SC")[];
  /** Where to split: the saliency curve's maxima, or cuts by their tensors' names. */
  candidates: { from: "saliency"; most: number } | { from: "names"; names: NamedCut[] };
  saliency: { target: "label" | "predicted"; classes: string[]; images: number };
  /** At a cut. */
  codecs: CodecKind[];
  /** Beside them the one with the fewest bytes that loses no more than what is allowed on training samples; absent: it is not searched for. */
  search?: true;
  /** What RC sends a frame as; absent: what is usual for the data (`usualInputs`). */
  inputs?: RemoteInput[];
  /** Whether to try cuts without a bottleneck, and the bottlenecks to train. */
  bottlenecks: BottleneckOptions[];
  plain: boolean;
  /** Early exits to train; absent: none. */
  exits?: ExitOptions;
  transports: ("tcp" | "udp")[];
  /** Most bytes of a message in a datagram; absent: what an Ethernet packet carries. */
  datagrams?: number[];
  /** Whether lost datagrams are asked for again; absent: they are not. */
  resend?: boolean[];
  /** What is added to datagrams, with what the link tells of it; absent: nothing. */
  protections?: ProtectionSpec[];
  /** In which orders values go as datagrams, and what stands in for those that never come; absent: what is usual. */
  orders?: OrderKind[];
  concealments?: ConcealmentKind[];
  /** Loss rates at which every design is evaluated beside the links' own. */
  losses: number[];
  /** Hosts that may run a part of the model; absent: all. */
  hosts?: string[];
  /** Most crossings of a design, what is captured included; absent: one fewer than there are hosts, two at most. */
  cuts?: number;
  /** Whether splits are given up as soon as they surely miss a requirement over the links as they are; absent: all are evaluated. */
  race?: true;
}

export interface ExitOptions {
  /** Tensors at which exits stand; absent: where the model is split. */
  at?: string[];
  /** By how much answers may be worse for it, as a share of all samples, and how sure that is to be. */
  loss: number;
  confidence: number;
  /** Numbers of the layer between the tensor and the scores; 0: there is none. */
  hidden: number;
  epochs: number;
  learningRate: number;
  batch: number;
}

/** What makes fewer values cross at a cut. */
export type BottleneckOptions = AutoencoderOptions | PcaOptions;

/** Fitted to training samples, not trained: principal components over channels, cosines over positions. */
export interface PcaOptions {
  kind: "pca";
  /** How many times fewer values cross the wire. */
  compression: number;
}

/** A small autoencoder, trained. */
export interface AutoencoderOptions {
  kind?: "autoencoder";
  /** How many times fewer values cross the wire (64: C/4 channels at a quarter of the side). */
  compression: number;
  /** Epochs with the rest frozen, then end to end (0: none). */
  epochs: { frozen: number; joint: number };
  learningRate: number;
  batch: number;
  /** How training images are varied; data that are no images are not. */
  augment: ("mirror" | "shift")[];
  /** Trained behind a link that loses datagrams; absent: behind one that loses nothing. */
  lossy?: LossyLink;
}

/** The link that a training pretends: packets, order and concealment are those of a design over it. */
export interface LossyLink {
  codec: CodecKind;
  /** Shares of datagrams lost, and how many in a row in the mean; each sample meets one of either. */
  losses: number[];
  bursts: number[];
  /** Most bytes of a message in a datagram. */
  payload: number;
}
