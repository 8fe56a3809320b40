/**
 * @file What a deployment is: a design with the files that run it, what its hosts must agree on, the proof of the files
 * and what is predicted of it. Plain data; a folder's manifest.json holds one.
 */
import type { Design, ExitedResult, Latency, Quality } from "../design/index.ts";
import type { HostOrder } from "../frames/index.ts";
import type { SegmentsProof } from "../onnx/index.ts";
import type { Binding, TaskSpec } from "../task/index.ts";
import type { TensorType } from "../tensor/index.ts";
import type { CodecParameters, ConcealmentKind, ProtectionSpec } from "../wire/index.ts";

/** The version of {@link Deployment}. */
export const deploymentFormat = 3;

export interface Deployment {
  format: typeof deploymentFormat;
  /** Of the program that wrote it. */
  version: string;
  /** The study's name, and the design's as the result has it: `SC@pool3 uint8 tcp`. */
  study: string;
  id: string;
  /** SHA-256 of the model's file, as the result has it. */
  model: { sha256: string };
  design: Design;
  /** With all that was asked of it. */
  task: TaskSpec;
  /** Names by label. */
  classes: string[];
  /** How the outputs of the last segment are read as an answer, as the task bound them. */
  reads: Binding;
  /** How pixels become the model's input: (pixel / 255 - mean) / std, a number per channel or one for all. */
  normalise: { mean: number[]; std: number[]; channels?: "RGB" | "BGR" };
  layout: "NCHW" | "NHWC";
  frames: {
    /** The host that captures, and frames per second that it does. */
    host: string;
    rate: number;
    /** Which of the frames that wait for a host goes next. */
    order: HostOrder;
    /** Where the answer is due, its bytes at least, as the study has them, and those that it may take. */
    answer: { host: string; bytes: number; mostBytes: number };
  };
  /** Nanoseconds from capture after which an answer is late. */
  deadlineNs: number;
  /** One for each of the design's, in the same order. */
  segments: DeployedSegment[];
  /** Heads that may answer where frames are captured, one for each of the design's exits; absent: it has none. */
  exits?: DeployedExit[];
  /** One for each of the design's, in the same order. */
  crossings: DeployedCrossing[];
  /** How the answer gets to where it is due, where the design sends it. */
  answer?: Passage;
  /** All hosts that run, capture or want an answer. */
  hosts: Record<string, DeployedHost>;
  proof: DeploymentProof;
  predicted: Prediction;
}

/** A file that a host loads. */
export interface DeployedSegment {
  name: string;
  host: string;
  /** Its name, beside the manifest. */
  file: string;
  bytes: number;
  sha256: string;
  inputs: Port[];
  outputs: Port[];
  /** What it keeps from frame to frame, in the order of their capture; absent where nothing is. Its file takes and gives it too. */
  state?: DeployedState[];
}

/** State of a segment: never sent, zeros where a stream of frames begins. */
export interface DeployedState {
  /** The file's input and the output that it is at the next frame. */
  input: string;
  output: string;
  type: TensorType;
  /** With which a stream begins. */
  shape: number[];
  /** It is larger with every frame, such as the keys of past tokens; hosts do not carry such. */
  grows?: true;
}

/** A head that answers as the last segment does, where it is sure. */
export interface DeployedExit extends DeployedSegment {
  /** The segment, by position, behind which it is asked. */
  after: number;
  /** Of its outputs the one that says how sure it is, and the least at which its answer stands. */
  confidence: string;
  threshold: number;
}

/** A tensor as one frame has it, batch included. */
export interface Port {
  tensor: string;
  type: TensorType;
  shape: number[];
  /** Of the tensor itself: shape times the bytes of its type. */
  bytes: number;
}

/** What joins two hosts, and what carries messages over it. */
export interface Passage {
  from: string;
  to: string;
  /** Names of links of the study, in the order in which they are crossed. */
  links: string[];
  transport: DeployedTransport;
  /** What is added to datagrams; absent: nothing. */
  protection?: ProtectionSpec;
}

/** What goes from one host to the next, with all that both must know of it: neither learns a size from the other. */
export interface DeployedCrossing extends Passage {
  /** The segment, by position, behind which this is; -1: what was captured. */
  after: number;
  /** Not empty: the coded bytes of all, one after another in this order, are the message. A picture is alone. */
  carries: Carried[];
  /** The largest message; what claims to be longer is refused. */
  mostBytes: number;
  protection: ProtectionSpec;
}

/**
 * A tensor before it is coded, of its own type; behind a bottleneck's encoder. Codecs take its numbers as float32 (whole ones
 * are rounded to again). For a picture: its pixels, [height, width, channels].
 */
export interface Carried extends Port {
  /** Little-endian. */
  codec: CodecParameters | PictureCodec;
  /** What stands in for values that never came; absent where a message with holes says nothing. */
  concealment?: { kind: ConcealmentKind; values: number[]; axis: number };
}

/** A picture as it was captured, or as a file. */
export interface PictureCodec {
  kind: "image";
  format: "raw" | "png" | "webp" | "jpeg" | "avif";
  /** 1 to 100; WebP without it is lossless. */
  quality?: number;
}

export type DeployedTransport =
  | { kind: "tcp" }
  | {
      kind: "udp";
      /** Most bytes of a datagram's payload. */
      payloadBytes: number;
      /** After the last arrival, a receiver goes on with what it has. */
      timeoutNs: number;
      /** Of the time that is left when a message is sent: what its own way and all behind it take. The receiver goes on before. Default 0. */
      reserveNs?: number;
      /** Lost datagrams are asked for again: what that takes, there and back, on an idle way. Absent: they are not. */
      resendNs?: number;
    };

export interface DeployedHost {
  /** `NAME:PORT` where it listens; absent until that is known. */
  address?: string;
}

/** How the files were compared with what was evaluated, and by what. */
export interface DeploymentProof extends SegmentsProof {
  /** Largest difference that was allowed, as a share of the largest output, which counts as 1 at least. */
  tolerance: number;
  /** Name and version. */
  engine: string;
  runs: { inputs: "data"; rows: number }[];
  /** A bottleneck makes another network of the model: then the segments that were evaluated. */
  against: "model" | "segments";
  /** Test images run through the files, codecs included, and those answered as in the evaluation: all of them. */
  replay: { images: number; same: number };
}

/** What the simulation says; infinite where frames were never answered. */
export interface Prediction {
  quality: Quality;
  latency: Latency;
  /** Payload that the capturing host sends, a mean. */
  bytesPerFrame: number;
  /** Of a design with exits. */
  exited?: ExitedResult;
}
