/** @file Costs measured on one machine, kept as a file, and what they become on the hosts of a study. */
import { internal } from "../errors/index.ts";
import { atEdge, scaled, within } from "./carry.ts";
import { exactly, type Cost, type Costs } from "./cost.ts";
import { costStream, draw } from "./draw.ts";
import { isPictureWork, isPlainHead, wholeWork } from "./work.ts";

/** What measured: hardware, and the engine that ran the model. */
export interface Machine {
  /** Name and version of the engine. */
  engine: string;
  platform: string;
  cpu: string;
  threads: number;
}

/** Costs measured on one machine, by what was run: `whole`, `head@<tensor>`, `tail@<tensor>`, `encode uint8@<tensor>`, ... */
export interface Profile {
  format: 2;
  /** The program that measured: `sei`, `onnxruntime_perf_test`, `trtexec`, ... */
  source: string;
  machine: Machine;
  /** SHA-256 of the model file. */
  model: string;
  works: Costs;
}

/** A host as far as costs go. */
export interface HostSpeed {
  /** Relative to the machine that measured. */
  speed: number;
  /** Measured on the host itself, if there is such a profile. */
  profile?: Pick<Profile, "works">;
  /** Seconds in which the host makes a picture file of a frame, and reads one, where the study says so. */
  encode?: number;
  decode?: number;
}

/** Both ends of the interval of a location: the quickest and the slowest that a host may be. */
export type Edge = "lo" | "hi";

/**
 * What a piece of work costs on a host: by the host's profile where it holds that work; where it does not, this machine's
 * cost by what the whole model takes there and here. Divided by the host's speed; what an empty call takes is not: it is
 * the profile's own, or this machine's. A head is a part of the whole model, so that what seems longer in it is noise.
 * @param here costs measured on this machine; must hold the work unless the host's profile does
 * @param edge the end of the location's interval to be at; default: at the location
 */
export function costOn(host: HostSpeed, work: string, here: Costs, edge?: Edge): Cost {
  const cost = unbounded(host, work, here);
  const there = edge ? atEdge(cost, edge) : cost;
  const whole = isPlainHead(work) && (host.profile?.works[wholeWork] ?? here[wholeWork]);
  return whole ? within(there, costOn(host, wholeWork, here, edge)) : there;
}

function unbounded(host: HostSpeed, work: string, here: Costs): Cost {
  const stated = isPictureWork(work) ? host[work.startsWith("encode ") ? "encode" : "decode"] : undefined;
  if (stated !== undefined) return exactly(stated);
  const direct = host.profile?.works[work];
  if (direct) return scaled(direct, 1 / host.speed);
  const cost = here[work];
  if (!cost) throw internal(`no cost of "${work}"`);
  const there = host.profile?.works[wholeWork];
  const whole = here[wholeWork];
  if (!there || !whole) return scaled(cost, 1 / host.speed);
  // The engine's call is timed there with the model; other libraries' calls are only known from here.
  const engines = !isPictureWork(work) && cost.call !== undefined;
  const call = engines ? (there.call ?? cost.call!) : (cost.call ?? 0);
  const carried = scaled(cost, ratioOf(there, whole) / host.speed, call);
  // The ratio is no surer than what the whole takes there.
  return {
    ...carried,
    lo: carried.lo * (there.lo / there.seconds),
    hi: carried.hi * (there.hi / there.seconds),
  };
}

/** How many times as long the whole model's own work takes there as here. */
function ratioOf(there: Cost, here: Cost): number {
  const own = ({ seconds, call = 0 }: Cost): number => Math.max(seconds - call, 0.1 * seconds);
  return own(there) / own(here);
}

/** Seconds that a piece of work takes on a host: the location of {@link costOn}. */
export function secondsOn(host: HostSpeed, work: string, here: Costs): number {
  return costOn(host, work, here).seconds;
}

/** Seconds that an empty call of the engine takes on a host: as its profile says, or as here. */
export function callOn({ profile }: HostSpeed, whole: Cost | undefined): number {
  return profile?.works[wholeWork]?.call ?? whole?.call ?? 0;
}

/**
 * Seconds on a host of what takes `seconds` here without a call of the engine ({@link callOn}), by what the profile and
 * this machine need for the whole model.
 */
export function carryOver({ speed, profile }: HostSpeed, seconds: number, whole: Cost | undefined): number {
  const there = profile?.works[wholeWork];
  return (seconds * (there && whole ? ratioOf(there, whole) : 1)) / speed;
}

/** What work costs on the hosts of a study. */
export interface CostTable {
  /** @throws internal where no such work was measured */
  of(host: string, work: string): Cost;
  /** The same with every location at one end of its interval: the quickest and the slowest that the hosts may be. */
  at(edge: Edge): CostTable;
  /** Nanoseconds of each frame, drawn ({@link draw}); the same for every design that asks. */
  frames(host: string, work: string, count: number, seed: number): Float64Array;
}

/**
 * Costs by host.
 * @param here costs measured on this machine, as far as they are known when they are asked for
 */
export function costTable(hosts: Readonly<Record<string, HostSpeed>>, here: Costs): CostTable {
  const table = (edge?: Edge): CostTable => {
    const of = (host: string, work: string): Cost => {
      const speed = hosts[host];
      if (!speed) throw internal(`no host "${host}"`);
      return costOn(speed, work, here, edge);
    };
    return {
      of,
      at: table,
      frames: (host, work, count, seed) => draw(of(host, work), count, costStream(seed, host, work)),
    };
  };
  return table();
}
