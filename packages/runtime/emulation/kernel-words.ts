/** @file What tc and nft are told for a link, and what they cannot be told; pure. */
import { ETHERNET_HEADER, type LinkParameters } from "@split-et-impera/core/network";

/** Of every network's only device. */
export const DEVICE = "sei0";
/** Losses are told to nftables in millionths. */
const MILLION = 1_000_000;
/** Packets and bytes for a queue without a bound. */
const UNBOUNDED_PACKETS = 100_000;
const UNBOUNDED_BYTES = 1_000_000_000;

/** Why the kernel's own parts cannot be this link; empty where they can. `netem` has delays and bursts, tbf has not. */
export function beyondKernel(link: LinkParameters, kind: "netem" | "kernel"): string[] {
  const { rate, delay = 0, jitter, loss, outages, codel, medium, bucket = 0, duplex, queue } = link;
  const cannot: string[] = [];
  if (typeof rate !== "number") cannot.push("a rate that varies");
  if (typeof delay !== "number") cannot.push("a delay that varies");
  else if (kind === "kernel" && delay > 0) cannot.push("a delay (tbf has none)");
  if (jitter !== undefined && jitter.range > 0) cannot.push("jitter");
  if (outages !== undefined) cannot.push("outages");
  if (codel !== undefined) cannot.push("CoDel");
  if (medium !== undefined) cannot.push("a medium with contention");
  if (duplex === "half") cannot.push("half duplex");
  if (kind === "netem" && bucket > 0) cannot.push("a token bucket");
  if (kind === "netem" && queue?.bytes !== undefined) cannot.push("a queue in bytes");
  if (loss !== undefined && !("rate" in loss)) cannot.push("losses by time or by name");
  else if (kind === "kernel" && loss !== undefined && loss.rate > 0 && (loss.burst ?? 1) > 1) {
    cannot.push("losses in bursts (nftables draws each packet by itself)");
  }
  return cannot;
}

/** What tbf's timer may be late, seconds: its bucket holds so much, else what it is late is lost to the rate. */
const TBF_LATE = 500e-6;

/** Arguments of tc, command by command, for a direction through tbf: a queue and a bucket of one packet or more. */
export function tbfWords(link: LinkParameters, mtu: number): string[][] {
  const { rate, header = ETHERNET_HEADER, bucket = 0, queue } = link;
  const packet = mtu + Math.max(header, ETHERNET_HEADER);
  const burst = Math.ceil(Math.max(bucket, packet, ((rate as number) / 8) * TBF_LATE));
  const overhead = header - ETHERNET_HEADER;
  const size = overhead === 0 ? [] : ["stab", "overhead", String(overhead), "linklayer", "ethernet"];
  const limit = String(queue?.bytes ?? UNBOUNDED_BYTES);
  const root = ["qdisc", "replace", "dev", DEVICE, "root", "handle", "1:", ...size, "tbf"];
  const words = [[...root, "rate", `${Math.round(rate as number)}bit`, "burst", String(burst), "limit", limit]];
  if (queue?.bytes === undefined) {
    const packets = String(queueOf(link));
    words.push(["qdisc", "add", "dev", DEVICE, "parent", "1:1", "handle", "2:", "pfifo", "limit", packets]);
  }
  return words;
}

/** For a direction through netem: losses and delay first, then the rate and its queue, so that drops are told apart. */
export function netemWords(link: LinkParameters): string[][] {
  const { rate, delay = 0, header = ETHERNET_HEADER, loss } = link;
  const lossWords = loss !== undefined && "rate" in loss && loss.rate > 0 ? netemLoss(loss.rate, loss.burst ?? 1) : [];
  const delayWords = ["delay", `${((delay as number) / 1000).toFixed(3)}us`];
  const rateWords = ["rate", `${Math.round(rate as number)}bit`, String(header - ETHERNET_HEADER)];
  const add = (...where: string[]): string[] => ["qdisc", "add", "dev", DEVICE, ...where, "netem"];
  return [
    [...add("root", "handle", "1:"), "limit", String(UNBOUNDED_PACKETS), ...delayWords, ...lossWords],
    [...add("parent", "1:1", "handle", "2:"), "limit", String(queueOf(link)), ...rateWords],
  ];
}

/** Gilbert-Elliott with a bad state that loses all, as in core/network's loss.ts. */
function netemLoss(rate: number, burst: number): string[] {
  const percent = (share: number): string => `${(100 * share).toFixed(6)}%`;
  if (burst <= 1 || rate >= 1) return ["loss", "random", percent(rate)];
  return ["loss", "gemodel", percent(rate / (1 - rate) / burst), percent(1 / burst)];
}

function queueOf({ queue }: LinkParameters): number {
  return Math.min(queue?.packets ?? UNBOUNDED_PACKETS, UNBOUNDED_PACKETS);
}

/** The rules of nft for a direction's far end; undefined where nothing is lost. */
export function nftWords({ loss }: LinkParameters): string | undefined {
  if (loss === undefined || !("rate" in loss) || loss.rate <= 0) return undefined;
  const share = Math.round(loss.rate * MILLION);
  return [
    "add table inet sei",
    "add chain inet sei link { type filter hook prerouting priority -300 ; }",
    `add rule inet sei link iifname ${DEVICE} numgen random mod ${MILLION} < ${share} counter drop`,
  ].join("; ");
}

/** A queueing discipline as `tc -s -j qdisc` shows it. */
export interface Qdisc {
  kind: string;
  handle: string;
  packets: number;
  drops: number;
  qlen: number;
}

/** Packets that entered a direction, and what its parts dropped. `nft`: what `nft list chain` printed, or nothing. */
export function countKernel(qdiscs: readonly Qdisc[], nft: string): { sent: number; lost: number; overflowed: number } {
  const root = qdiscs.find(({ handle }) => handle === "1:");
  if (root === undefined) return { sent: 0, lost: 0, overflowed: 0 };
  const inner = qdiscs.find(({ handle }) => handle === "2:");
  const sent = root.packets + root.drops + root.qlen;
  if (root.kind !== "netem") {
    const lost = Number(/counter packets (\d+)/.exec(nft)?.[1] ?? 0);
    return { sent, lost, overflowed: root.drops };
  }
  // What the inner one drops counts as the outer one's too.
  const overflowed = inner?.drops ?? 0;
  return { sent, lost: root.drops - overflowed, overflowed };
}
