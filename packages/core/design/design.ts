/**
 * @file What a design is: which host runs which part of the model, and what crosses between them and how. Any number of
 * hosts in a row; everything else that is said of a design (its kind, its name, its steps) is derived from this.
 */
import { onlyLink, type BottleneckOptions } from "../study/index.ts";
import {
  codecs,
  protectionName,
  usualOrder,
  type ConcealmentKind,
  type OrderKind,
  type ProtectionSpec,
} from "../wire/index.ts";

/** Tensors that separate a graph's inputs from its outputs; the inputs themselves and the outputs are cuts too. */
export type Cut = string[];

/** The part of the model between two cuts, and the host that runs it. */
export interface Segment {
  host: string;
  from: Cut;
  to: Cut;
}

/** How a tensor becomes bytes; `quality` for lossy pictures, 1 to 100. */
export interface CodecSpec {
  kind: string;
  quality?: number;
  /** In which order values are sent; absent: the tensor's own. */
  order?: OrderKind;
  /** How many times wider its steps are than those of the least squared error; absent: 1. */
  step?: number;
}

/** An encoder before the crossing and a decoder behind it, by how many times fewer values cross. */
export interface BottleneckSpec {
  /** Absent: a trained autoencoder. */
  kind?: "pca";
  compression: number;
  /** Trained behind a link that loses datagrams. */
  lossy?: true;
}

/** What carries messages, by its kind; everything else about it follows from the link. */
export interface TransportSpec {
  kind: TransportName;
  /** Most bytes of a message in a datagram; absent: what an Ethernet packet carries. */
  datagram?: number;
  /** Lost datagrams are asked for again while they can be there in time. */
  resend?: true;
  /** What is added to datagrams; absent: nothing. */
  protection?: ProtectionSpec;
  /** What stands in for values that never came; absent: the usual, of raw pictures the mean. */
  concealment?: ConcealmentKind;
}

export type TransportName = "tcp" | "udp";

/** What goes from one segment to the next. */
export interface Crossing {
  /** The segment, by position, whose tensors cross; -1: what was captured. */
  after: number;
  /** By name, in the order in which they are crossed. */
  links: string[];
  codec: CodecSpec;
  bottleneck?: BottleneckSpec;
  transport: TransportSpec;
}

/** A head that may answer by itself after a segment. */
export interface Exit {
  after: number;
  head: string;
  /** Least confidence at which its answer stands. */
  threshold: number;
}

export interface Design {
  /** In the order in which a frame passes them; together they are the model. Not empty. */
  segments: Segment[];
  /** In the same order; one wherever a segment's host is another than the one before it. */
  crossings: Crossing[];
  /** How the answer travels from the last segment's host, where it is due elsewhere. */
  answer?: { links: string[]; transport: TransportSpec };
  exits?: Exit[];
}

/**
 * The word for a kind of design: the whole model where the frame is captured (LC) or elsewhere (RC), split over hosts
 * (SC), or with exits before its end (EE).
 */
export type Kind = "LC" | "RC" | "SC" | "EE";

export function kindOf({ segments, crossings, exits }: Pick<Design, "segments" | "crossings" | "exits">): Kind {
  if (exits && exits.length > 0) return "EE";
  if (segments.length > 1) return "SC";
  return crossings.length > 0 ? "RC" : "LC";
}

/** `uint8`, `uint8 interleaved`, `rans2 x1.4`, `jpeg-90`. */
export function codecName({ kind, quality, order, step }: CodecSpec): string {
  const steps = step === undefined ? kind : `${kind} x${step}`;
  const name = quality === undefined ? steps : `${kind}-${quality}`;
  return order === undefined ? name : `${name} ${order}`;
}

/** `pool3`; several tensors in one cut are joined by commas. */
export function cutName(cut: Readonly<Cut>): string {
  return cut.join(",");
}

/** The tensors that a crossing carries, before a bottleneck's encoder: those that the next segment takes. */
export function crossingCut({ segments }: Pick<Design, "segments">, { after }: Pick<Crossing, "after">): Cut {
  return segments[after + 1]!.from;
}

/** Whether a crossing carries what was captured: before the first segment, or past one that only asked an exit. */
export function carriesCapture(design: Pick<Design, "segments">, crossing: Pick<Crossing, "after">): boolean {
  return crossing.after < 0 || cutName(crossingCut(design, crossing)) === cutName(design.segments[0]!.from);
}

/** The tensors that an exit answers from. */
export function exitCut({ segments }: Pick<Design, "segments">, { after }: Pick<Exit, "after">): Cut {
  return segments[after]!.to;
}

/** All transports that a design uses, each once. */
export function transportsOf({ crossings, answer }: Pick<Design, "crossings" | "answer">): TransportName[] {
  const used = [...crossings.map(({ transport }) => transport.kind), ...(answer ? [answer.transport.kind] : [])];
  return [...new Set(used)];
}

/** The words for a design with one crossing at most; of one with several, those of the first. */
export interface DesignWords {
  /** The tensors cut at; absent where the input crosses, or nothing does. */
  cut?: string;
  /** The tensors that its first exit answers from. */
  exit?: string;
  codec?: string;
  /** In which order values are sent, where that is not what datagrams usually have. */
  order?: OrderKind;
  /** How many times fewer values cross. */
  bottleneck?: number;
  /** Whether the bottleneck was trained behind a link that loses datagrams. */
  lossy?: true;
  transport?: TransportName;
  /** Most bytes of a message in a datagram, where that is less than a packet carries. */
  datagram?: number;
  /** Whether lost datagrams are asked for again. */
  resend?: true;
  /** What is added to datagrams, such as `xor 4`. */
  protection?: string;
  /** What stands in for values that never came, where that is not the usual. */
  concealment?: string;
}

export function wordsOf(design: Pick<Design, "segments" | "crossings" | "answer" | "exits">): DesignWords {
  const [crossing] = design.crossings;
  const [exit] = design.exits ?? [];
  const transport = crossing?.transport ?? design.answer?.transport;
  const order = crossing && unusualOrder(crossing);
  return {
    ...(crossing && !carriesCapture(design, crossing) && { cut: cutName(crossingCut(design, crossing)) }),
    ...(exit && { exit: cutName(exitCut(design, exit)) }),
    ...(crossing && { codec: codecName({ ...crossing.codec, order: undefined }) }),
    ...(order && { order }),
    ...(crossing?.bottleneck && { bottleneck: crossing.bottleneck.compression }),
    ...(crossing?.bottleneck?.lossy && { lossy: true as const }),
    ...(transport && { transport: transport.kind }),
    ...(transport?.datagram !== undefined && { datagram: transport.datagram }),
    ...(transport?.resend && { resend: true as const }),
    ...(transport?.protection && { protection: protectionName(transport.protection) }),
    ...(transport?.concealment && { concealment: transport.concealment }),
  };
}

/** What of a bottleneck's options tells it from others at its cut. */
export function bottleneckSpec(options: NamedBottleneck): BottleneckSpec {
  const { kind, compression, lossy } = options;
  return { ...(kind === "pca" && { kind }), compression, ...(lossy !== undefined && { lossy: true }) };
}

/** Options of a bottleneck, or what a design says of it. */
export interface NamedBottleneck {
  kind?: BottleneckOptions["kind"];
  compression: number;
  lossy?: object | true | undefined;
}

/** `64x` of one that is trained, `64x lossy` of one that is trained for losses, `pca 8x` of one that is fitted. */
export const bottleneckName = ({ kind, compression, lossy }: NamedBottleneck): string =>
  [...(kind === "pca" ? [kind] : []), `${compression}x`, ...(lossy === undefined ? [] : ["lossy"])].join(" ");

/**
 * What runs where and what crosses, without the transport: `LC`, `RC jpeg-90`, `SC@pool3 uint8 64x`; with an exit, what
 * becomes of frames that it is not sure of: `EE@pool3 SC uint8` (split there), `EE@pool3 RC raw`, `EE@pool3 LC`. Of a study of
 * more than two hosts, where too: `SC@pool1 uint8 + pool3 float16 on camera, gateway, server`; `RC raw + SC@pool3 uint8 on
 * gateway, server` sends what was captured on to a host that runs the head.
 */
export function designName(design: Design): string {
  const { exits = [] } = design;
  const at = exits.map((exit) => cutName(exitCut(design, exit)));
  const { segments, crossings } = design;
  const split = crossings.some((one) => !carriesCapture(design, one)) || (at.length === 0 && segments.length > 1);
  const parts = crossings.map((crossing, c) => {
    const words = [
      codecName({ ...crossing.codec, order: undefined }),
      ...(crossing.bottleneck ? [bottleneckName(crossing.bottleneck)] : []),
    ];
    if (carriesCapture(design, crossing)) return ["RC", ...words].join(" ");
    const before = crossings.slice(0, c).every((one) => carriesCapture(design, one)) ? "SC@" : "";
    return `${before}${[cutName(crossingCut(design, crossing)), ...words].join(" ")}`;
  });
  const what = parts.length > 0 ? parts.join(" + ") : split ? "SC" : "LC";
  const rest = `${what}${hostsText(design)}`;
  if (at.length === 0) return rest;
  // Where the split is at the exit, its tensor is not named again.
  const again = `SC@${at.at(-1)!} `;
  return `EE@${at.join("+")} ${rest.startsWith(again) ? `SC ${rest.slice(again.length)}` : rest}`;
}

/**
 * Which hosts run it, where they have to be told apart: in studies of more than two. ` on camera, server via gateway`: the
 * gateway passes on what crosses.
 */
function hostsText({ segments, crossings }: Pick<Design, "segments" | "crossings">): string {
  if (crossings.every(({ links }) => links.length === 1 && links[0] === onlyLink)) return "";
  const running = segments.filter(({ host }, i) => host !== segments[i - 1]?.host).map(({ host }) => host);
  const passing = crossings.flatMap((crossing) => passedBy(crossing, segments[crossing.after + 1]!.host));
  return ` on ${running.join(", ")}${passing.length > 0 ? ` via ${passing.join(", ")}` : ""}`;
}

/** The hosts between two segments, from the names of links that lead to the second. */
function passedBy({ links }: Pick<Crossing, "links">, to: string): string[] {
  let at = to;
  return links
    .slice(1)
    .toReversed()
    .map((name) => (at = name.startsWith(`${at}-`) ? name.slice(at.length + 1) : name.slice(0, -at.length - 1)))
    .reverse();
}

/** The order of a tensor's values in datagrams, where it is not what these usually have. */
function unusualOrder({ codec, transport }: Pick<Crossing, "codec" | "transport">): OrderKind | undefined {
  const { kind, order = "tensor" } = codec;
  return transport.kind === "udp" && Object.hasOwn(codecs, kind) && order !== usualOrder ? order : undefined;
}

/** `tcp`, `udp`, `udp mean`, `udp tensor mean`, `udp 256B xor 4`; what is usual is not named. */
export function transportText(
  { kind, datagram, resend, protection, concealment }: TransportSpec,
  order?: OrderKind,
): string {
  const words = [
    kind,
    order,
    concealment,
    datagram === undefined ? "" : `${datagram}B`,
    resend && "resend",
    protection && protectionName(protection),
  ];
  return words.filter(Boolean).join(" ");
}

/** A unique, readable name: the design's with its transports, `SC@pool3 uint8 64x udp`. */
export function designId(design: Design): string {
  const { crossings, answer } = design;
  const used = crossings.map((crossing) => transportText(crossing.transport, unusualOrder(crossing)));
  // How answers are protected is the same in all designs of a study: it tells none from another that sends more.
  if (answer && !crossings.some(({ transport }) => transport.kind === answer.transport.kind)) {
    used.push(transportText(answer.transport));
  }
  return [designName(design), [...new Set(used)].join("+")].filter(Boolean).join(" ");
}
