/** @file What a link can be told to be, and the refusal of what it cannot. */
import { InputError } from "../errors/index.ts";
import { codelDefaults, type CodelOptions } from "./codel.ts";
import { ETHERNET_HEADER, MTU } from "./headers.ts";
import { jitterNames, type JitterOptions } from "./jitter.ts";
import { lossProblem, type LossOptions } from "./loss.ts";
import { contentionDefaults, type ContentionOptions } from "./medium.ts";
import type { OutageOptions } from "./outages.ts";
import { checkTrace, createService, valueAt, type Rate, type Trace } from "./service.ts";

/** What a link does to packets, the same in both directions unless two objects are given. */
export interface LinkParameters {
  /** Bits per second; or over time, or as delivery opportunities. */
  rate: Rate;
  /** One-way propagation, ns; or over time (packets keep their order). Default 0. */
  delay?: number | Trace;
  /** Added to the delay of each packet. Default none. */
  jitter?: JitterOptions;
  /** What is lost on the way (default nothing), before or after the packet has taken time on the rate server. */
  loss?: LossOptions;
  lossAt?: "entry" | "exit";
  /** When nothing gets through, beside `loss`. Default never. */
  outages?: OutageOptions;
  /** Packets and bytes that may wait (the one in service included); further ones are dropped. Default unbounded. */
  queue?: { packets?: number; bytes?: number };
  /** Active queue management by the time that packets wait. Default none (tail drop). */
  codel?: CodelOptions;
  /** Senders of this direction contend with all others that name the same medium. Default none. */
  medium?: { name: string } & ContentionOptions;
  /** Token bucket: bytes that may leave at once after a pause. Default 0: every packet takes its time at the rate. */
  bucket?: number;
  /** Bytes of link header and trailer per packet, on top of IP. Default 14 (Ethernet as Linux counts it). */
  header?: number;
  /** `half`: both directions take turns on one medium. Default `full`. */
  duplex?: "full" | "half";
}

/** The longest time that can be asked for, ns (about eleven days), and the least rate, bit/s. */
export const LONGEST_NS = 1e15;
export const LEAST_RATE = 1;
/** The largest message, bytes: a queue without a bound holds all its packets. */
export const LARGEST_MESSAGE = 2e9;
/** A full packet with Ethernet's header, bytes. */
const FULL = MTU + ETHERNET_HEADER;

/** @throws InputError `ERR_SCENARIO` where `ns` is no time from 0 to {@link LONGEST_NS}. */
export function checkTime(what: string, ns: number): void {
  if (ns >= 0 && ns <= LONGEST_NS) return;
  throw new InputError("ERR_SCENARIO", `Expected ${what} to be 0 to ${LONGEST_NS} ns, got ${ns}`);
}

/** ns that a packet of `size` bytes (IP header included) takes over the link when it is idle, at the start. */
export function idleTime(options: LinkParameters, size: number): number {
  const { rate, delay = 0, header = ETHERNET_HEADER, bucket = 0 } = options;
  const bytes = size + header;
  const sending = bytes <= bucket ? 0 : createService(rate).finish(0, bytes);
  return sending + (typeof delay === "number" ? delay : valueAt(delay, 0).value);
}

/** @throws InputError `ERR_LINK`. */
export function checkLink(name: string, options: LinkParameters): void {
  const fail = (field: string, expected: string, found: unknown): never => {
    throw new InputError("ERR_LINK", `Expected ${field} of link "${name}" to be ${expected}, got ${String(found)}`);
  };
  const { rate, delay = 0, queue, header = ETHERNET_HEADER, bucket = 0, jitter } = options;
  if (typeof rate === "number" && !(rate >= LEAST_RATE && rate < Infinity))
    fail("rate", `${LEAST_RATE} bit/s or more`, rate);
  if (typeof delay === "object") checkTrace(delay, "delay");
  else if (!(delay >= 0 && delay <= LONGEST_NS)) fail("delay", `0 to ${LONGEST_NS} ns`, delay);
  if (options.medium !== undefined && (bucket > 0 || options.codel !== undefined || options.duplex === "half")) {
    fail("medium", "without a token bucket, CoDel and half duplex", "both");
  }
  if (options.medium !== undefined) checkContention(options.medium, fail);
  if (options.codel !== undefined) {
    const { target, interval } = { ...codelDefaults, ...options.codel };
    if (!(target > 0 && target < interval && interval <= LONGEST_NS))
      fail("codel", "a target above 0 and below its interval", `${target} and ${interval} ns`);
  }
  if (options.codel !== undefined && (bucket > 0 || options.duplex === "half")) {
    fail("codel", "on a full-duplex link without a token bucket", "both");
  }
  if (bucket > 0 && typeof rate !== "number") fail("bucket", "0 with a rate that varies", bucket);
  if (!(header >= 0 && header <= MTU)) fail("header", `0 to ${MTU} bytes`, header);
  if (!(bucket === 0 || bucket >= FULL)) fail("bucket", `0, or bytes for at least one full packet (${FULL})`, bucket);
  if (jitter !== undefined && !(jitter.range >= 0 && jitter.range <= LONGEST_NS))
    fail("jitter", `0 to ${LONGEST_NS} ns`, jitter.range);
  if (queue?.packets !== undefined && !(queue.packets >= 1)) fail("queue", "at least 1 packet", queue.packets);
  if (queue?.bytes !== undefined && !(queue.bytes >= FULL)) fail("queue", `at least ${FULL} bytes`, queue.bytes);
  if (jitter?.distribution !== undefined && !jitterNames.includes(jitter.distribution))
    fail("jitter", `one of ${jitterNames.join(", ")}`, jitter.distribution);
  checkLoss(name, options.loss, fail);
  checkOutages(options, fail);
}

type Fail = (field: string, expected: string, found: unknown) => never;

function checkContention(medium: ContentionOptions, fail: Fail): void {
  const whole = { ...contentionDefaults, collision: 0, ...medium };
  for (const name of ["slot", "gap", "overhead", "collision"] as const) {
    if (!(whole[name] >= 0 && whole[name] <= LONGEST_NS))
      fail(`${name} of the medium`, `0 to ${LONGEST_NS} ns`, whole[name]);
  }
  const { windowMin, windowMax, retries, aggregate } = whole;
  if (!(Number.isInteger(windowMin) && windowMin >= 1 && windowMax >= windowMin && windowMax <= MOST_SLOTS)) {
    fail("windows of the medium", `1 to ${MOST_SLOTS} slots, the least first`, `${windowMin} and ${windowMax}`);
  }
  if (!(retries >= 0)) fail("retries of the medium", "0 or more", retries);
  if (!(aggregate >= 1)) fail("aggregate of the medium", "1 packet or more", aggregate);
}

const MOST_SLOTS = 1e6;

/** The least mean time of a drawn state, ns: a million a second would only be a slower loss. */
const LEAST_OUTAGE = 1e3;

function checkOutages({ outages, bucket = 0 }: LinkParameters, fail: Fail): void {
  if (outages === undefined) return;
  if (outages.packets === "wait" && bucket > 0) fail("outages", "lost on a link with a token bucket", "wait");
  if ("down" in outages) {
    for (const [from, to] of outages.down) {
      if (!(from >= 0 && to > from && to <= LONGEST_NS))
        fail("an outage", "a time and a later one", `${from} to ${to}`);
    }
    return;
  }
  for (const mean of [outages.meanUp, outages.meanDown]) {
    if (!(mean >= LEAST_OUTAGE && mean <= LONGEST_NS)) {
      fail("mean times up and down", `${LEAST_OUTAGE} to ${LONGEST_NS} ns`, mean);
    }
  }
}

function checkLoss(name: string, loss: LossOptions | undefined, fail: Fail): void {
  if (loss === undefined) return;
  if ("rate" in loss) {
    if (!(loss.rate >= 0 && loss.rate <= 1)) fail("loss", "between 0 and 1", loss.rate);
    const problem = lossProblem(loss);
    if (problem !== undefined) throw new InputError("ERR_LINK", `Loss of link "${name}": ${problem}`);
  } else if ("byTime" in loss) {
    const { rate, meanDown } = loss.byTime;
    if (!(rate >= 0 && rate <= 1)) fail("loss by time", "between 0 and 1", rate);
    if (!(meanDown >= 1 && meanDown <= LONGEST_NS)) fail("mean time down", `1 to ${LONGEST_NS} ns`, meanDown);
  }
}
