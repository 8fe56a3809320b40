/** @file How busy frames keep hosts and links, and whether there are more of them than can be served. */
import {
  ETHERNET_HEADER,
  meanRate,
  shareDown,
  transportOf,
  type LinkParameters,
  type LossOptions,
} from "../network/index.ts";
import type { HostOptions } from "./host.ts";
import { hopsOf, parametersOf, type FrameFlow, type FrameScenario } from "./scenario.ts";
import type { ComputeStep, FrameTrace, Step, TransferStep, WorkStep } from "./step.ts";

/** What can be busy. */
export type Resource =
  | { kind: "host"; host: string }
  | { kind: "link"; link: string; from: string; to: string }
  /** A link that is used in turns. */
  | { kind: "medium"; name: string };

export interface Load {
  resource: Resource;
  /** Share of the time that it is busy; above 1: work comes faster than it is done. */
  utilisation: number;
}

/** Frames come faster than they can be answered, so that latencies only tell how many frames were simulated. */
export interface Overload {
  /** Frames a second: that come, and that can be served. */
  offered: number;
  sustained: number;
  /** What is too busy; undefined where no host or link is, but TCP under loss is too slow. */
  load?: Load;
}

/** How often each work step is passed by a frame, in the mean over frames; in the order of `workSteps`. */
function passes(steps: readonly Step[], count: number): { step: WorkStep; times: Float64Array }[] {
  const found: { step: WorkStep; times: Float64Array }[] = [];
  const walk = (list: readonly Step[], times: Float64Array): void => {
    for (const step of list) {
      if (step.kind === "exit") {
        const { taken } = step;
        walk(
          step.steps ?? [],
          times.map((n, frame) => (taken[frame] === 0 ? 0 : n)),
        );
        for (let frame = 0; frame < count; frame++) if (taken[frame] !== 0) times[frame] = 0;
      } else if (step.kind === "repeat") {
        const { times: rounds } = step;
        walk(
          step.steps,
          times.map((n, frame) => n * (typeof rounds === "number" ? rounds : rounds[frame]!)),
        );
      } else {
        found.push({ step, times: times.slice() });
      }
    }
  };
  walk(steps, new Float64Array(count).fill(1));
  return found;
}

const mean = (
  values: number | ArrayLike<number>,
  times: Float64Array,
  of = (value: number): number => value,
): number => {
  let sum = 0;
  let last = Number.NaN;
  let result = 0;
  for (let frame = 0; frame < times.length; frame++) {
    const value = typeof values === "number" ? values : values[frame]!;
    // Sizes repeat: what a message costs is not worked out for each frame.
    if (value !== last) result = of(value);
    last = value;
    sum += times[frame]! * result;
  }
  return times.length === 0 ? 0 : sum / times.length;
};

const shareLost = (loss: LossOptions | undefined): number => {
  if (loss === undefined) return 0;
  if ("rate" in loss) return loss.rate;
  return "byTime" in loss ? loss.byTime.rate : 0;
};

/**
 * How often a byte that arrives (or, unreliably, that is sent) takes time on the link: what is lost at the entry takes none,
 * what is lost at the exit does, and reliable transports send each byte until it arrives.
 */
function timesOn({ loss, lossAt }: LinkParameters, reliable: boolean): number {
  const kept = 1 - shareLost(loss);
  if (lossAt === "exit") return reliable ? 1 / kept : 1;
  return reliable ? 1 : kept;
}

/** What loads come from. */
export type Loading = Pick<FrameScenario, "flows" | "links" | "background" | "serving" | "stations">;

/** How long a host takes for a frame's work beside how long it takes alone on its one core: what is done in batches as in full ones. */
function sharedAmong({ cores = 1, batch }: HostOptions, { together }: ComputeStep): number {
  const size = Math.min(batch?.size ?? 1, together?.length ?? 1);
  return (size > 1 ? together![size - 1]! / size : 1) / cores;
}

/**
 * Loads by resource, the busiest first. Of a host it is that of its cores in the mean. Other stations on a medium take no more than what is
 * left of it: all contend alike, so that they slow flows down but do not keep them from their share.
 */
export function loadsOf(scenario: Loading): Load[] {
  const loads = new Map<string, Load>();
  const add = (key: string, resource: Resource, utilisation: number): void => {
    const known = loads.get(key);
    if (known === undefined) loads.set(key, { resource, utilisation });
    else known.utilisation += utilisation;
  };
  const addBits = (link: { name: string; from: string; to: string }, options: LinkParameters, bits: number): void => {
    const utilisation = bits / (meanRate(options.rate) * (1 - shareDown(options.outages)));
    if (options.medium !== undefined || options.duplex === "half") {
      const name = options.medium?.name ?? link.name;
      add(`medium ${name}`, { kind: "medium", name }, utilisation);
    } else {
      add(
        `link ${link.name} ${link.from}`,
        { kind: "link", link: link.name, from: link.from, to: link.to },
        utilisation,
      );
    }
  };
  const transfer = (step: TransferStep, times: Float64Array, perSecond: number): void => {
    const { cost, ...bound } = transportOf(step.transport);
    // What is asked for again is sent until it arrives, or is late: at most as often as over a reliable transport.
    const reliable = bound.reliable || (step.transport.kind === "udp" && step.transport.resend === true);
    for (const { link, forward } of hopsOf(step, scenario.links, `a transfer of ${step.part}`)) {
      for (const there of [true, false]) {
        const way = forward === there;
        const options = parametersOf({ link, forward: way });
        const { header = ETHERNET_HEADER } = options;
        const bits = mean(step.bytes, times, (bytes) => {
          const { packets, bytes: all, backPackets, backBytes } = cost(bytes);
          return 8 * (there ? all + packets * header : backBytes + backPackets * header);
        });
        // Acknowledgements are not sent again.
        const again = timesOn(options, reliable && there);
        const [from, to] = way ? [link.from, link.to] : [link.to, link.from];
        if (bits > 0) addBits({ name: link.name, from, to }, options, bits * again * perSecond);
      }
    }
  };
  for (const { steps, count, period } of scenario.flows) {
    const perSecond = 1e9 / period;
    for (const { step, times } of passes(steps, count)) {
      if (step.kind === "transfer") transfer(step, times, perSecond);
      else {
        const { host } = step;
        const share = sharedAmong(scenario.serving?.[host] ?? {}, step);
        add(`host ${host}`, { kind: "host", host }, (mean(step.ns, times) / 1e9) * perSecond * share);
      }
    }
  }
  for (const { link: name, from, ...traffic } of scenario.background ?? []) {
    // A download takes what the others leave.
    if (traffic.pattern === "download") continue;
    const link = scenario.links.find((one) => one.name === name)!;
    const forward = from === link.from;
    const to = forward ? link.to : link.from;
    addBits({ name, from, to }, parametersOf({ link, forward }), traffic.rate);
  }
  for (const { count, link, traffic } of scenario.stations ?? []) {
    const { name } = link.medium;
    const left = 1 - (loads.get(`medium ${name}`)?.utilisation ?? 0);
    const offered = traffic ? (count * traffic.rate) / meanRate(link.rate) : count > 0 ? 1 : 0;
    add(`medium ${name}`, { kind: "medium", name }, Math.max(0, Math.min(left, offered)));
  }
  return [...loads.values()].sort((a, b) => b.utilisation - a.utilisation);
}

/** Fewer frames show no trend, nor do they in less than these many least latencies: TCP's window is still opening. */
const FEWEST = 20;
const LATENCIES = 5;
/** A latency that grows by less than this share of the time is no overload. */
const TREND = 0.05;

/**
 * Whether the frames of a flow come faster than they can be served: because a host or link is busy all the time, or
 * because latencies grow from frame to frame (TCP under loss can be slower than its link).
 *
 * @param traces of the same flow; without them only what is busy is looked at.
 */
export function overloadOf(
  scenario: Loading,
  flow: FrameFlow,
  traces: readonly FrameTrace[] = [],
): Overload | undefined {
  const offered = 1e9 / flow.period;
  const [load] = loadsOf({ ...scenario, stations: [] });
  const busy = load === undefined ? 1 : Math.max(1, load.utilisation);
  // What is busy to the last is served without end, if only just.
  if (busy > 1 + 1e-9) return { offered, sustained: offered / busy, load: load! };
  const growth = growthOf(traces);
  return growth > TREND ? { offered, sustained: offered / (1 + growth) } : undefined;
}

/** By how many seconds latency grows in each second of the second half, from the medians of its two halves. */
function growthOf(traces: readonly FrameTrace[]): number {
  if (traces.length < FEWEST) return 0;
  const least = traces.reduce(
    (ns, { captured, finished }) => (finished < 0 ? ns : Math.min(ns, finished - captured)),
    Infinity,
  );
  if (traces.at(-1)!.captured - traces[0]!.captured < LATENCIES * least) return 0;
  const quarter = Math.floor(traces.length / 4);
  const median = (from: number): { latency: number; captured: number } => {
    const part = traces.slice(from, from + quarter).filter(({ finished }) => finished >= 0);
    const latencies = part.map(({ captured, finished }) => finished - captured).sort((a, b) => a - b);
    const middle = Math.floor(part.length / 2);
    return { latency: latencies[middle] ?? Number.NaN, captured: part[middle]?.captured ?? Number.NaN };
  };
  const early = median(traces.length - 2 * quarter);
  const late = median(traces.length - quarter);
  const growth = (late.latency - early.latency) / (late.captured - early.captured);
  return Number.isFinite(growth) ? growth : 0;
}
