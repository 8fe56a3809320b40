/** @file What frames are simulated with: hosts, links, flows; and the refusal of what cannot be. */
import { InputError } from "../errors/index.ts";
import {
  LARGEST_MESSAGE,
  LONGEST_NS,
  transportOf,
  checkDownload,
  checkStations,
  checkTraffic,
  type DownloadOptions,
  type LinkParameters,
  type StationsOptions,
  type TrafficOptions,
} from "../network/index.ts";
import type { HostOptions } from "./host.ts";
import { hostOrders, type HostOrder } from "./line.ts";
import { workSteps, type Step, type TransferStep } from "./step.ts";

export interface FrameScenario {
  /** The work of all flows on one waits in line. */
  hosts: readonly string[];
  /** Those that are more than a single server, by name. */
  serving?: Readonly<Record<string, HostOptions>>;
  /** Which of the waiting frames a host takes next. Default `oldest`: no frame is left out, and answers keep their order. */
  order?: HostOrder;
  /** Two-way links between hosts; options for both directions, or for each (from `from`, from `to`). */
  links: readonly FrameLink[];
  flows: readonly FrameFlow[];
  /** Traffic that only takes room on links, while frames are under way. */
  background?: readonly ({ link: string; from: string } & (TrafficOptions | DownloadOptions))[];
  /** Other stations on the media that links share, while frames are under way. */
  stations?: readonly StationsOptions[];
  /** The same seed gives the same run; losses depend on the seed and on the link's (and direction's) name only. */
  seed: number;
}

export interface FrameLink {
  name: string;
  from: string;
  to: string;
  options: LinkParameters | readonly [LinkParameters, LinkParameters];
}

export interface FrameFlow {
  name: string;
  /** ns between captures. */
  period: number;
  /** ns until the first capture. Default 0. */
  offset?: number;
  /** Frames to simulate. */
  count: number;
  steps: readonly Step[];
}

/** One link of a transfer's way, and whether it is crossed from its `from`. */
export interface Hop {
  link: FrameLink;
  forward: boolean;
}

/** Frames of a flow, and rounds of a repetition, at most. */
const MOST_FRAMES = 1e7;
const MOST_ROUNDS = 1e6;

/** The parameters of a hop in its direction. */
export function parametersOf({ link, forward }: Hop): LinkParameters {
  if ("rate" in link.options) return link.options;
  return link.options[forward ? 0 : 1];
}

/** The links that a transfer crosses, each with its direction. Throws where they do not lead from `from` to `to`. */
export function hopsOf(step: TransferStep, links: readonly FrameLink[], where: string): Hop[] {
  const names = typeof step.link === "string" ? [step.link] : step.link;
  let at = step.from;
  const hops = names.map((name): Hop => {
    const link = links.find((one) => one.name === name);
    if (link === undefined) {
      throw unknown(
        "link",
        name,
        where,
        links.map((one) => one.name),
      );
    }
    if (at !== link.from && at !== link.to) {
      throw new InputError(
        "ERR_SCENARIO",
        `Expected link "${name}" of ${where} to begin at "${at}", got one between "${link.from}" and "${link.to}"`,
      );
    }
    const forward = at === link.from;
    at = forward ? link.to : link.from;
    return { link, forward };
  });
  if (hops.length === 0 || at !== step.to) {
    throw new InputError(
      "ERR_SCENARIO",
      `Expected ${where} to go from "${step.from}" to "${step.to}", got links that end at "${at}"`,
    );
  }
  return hops;
}

/** @throws InputError `ERR_SCENARIO` where the scenario names what there is not, or a value cannot be. */
export function checkScenario(scenario: FrameScenario): void {
  const { hosts, serving = {}, links, flows, order = "oldest", background = [], stations = [] } = scenario;
  for (const [name, options] of Object.entries(serving)) {
    if (!hosts.includes(name)) throw unknown("host", name, "those with cores or batches", hosts);
    checkServing(name, options);
  }
  for (const one of stations) checkStations(one);
  if (!hostOrders.includes(order)) throw unknown("order", order, "the scenario", hostOrders);
  for (const { name, from, to } of links) {
    for (const host of [from, to]) if (!hosts.includes(host)) throw unknown("host", host, `link "${name}"`, hosts);
  }
  for (const flow of flows) {
    checkFlow(flow);
    for (const [index, step] of workSteps(flow.steps).entries()) {
      const where = `step ${index} of flow "${flow.name}"`;
      if (step.kind === "compute") {
        if (!hosts.includes(step.host)) throw unknown("host", step.host, where, hosts);
        checkValues(step.ns, flow.count, `ns at ${where}`, LONGEST_NS);
        if (step.together) checkTogether(step.together, where);
        continue;
      }
      hopsOf(step, links, where);
      checkValues(step.bytes, flow.count, `bytes at ${where}`, LARGEST_MESSAGE);
      const problem = transportOf(step.transport).problem();
      if (problem !== undefined) throw new InputError("ERR_SCENARIO", `Expected, at ${where}, ${problem}`);
    }
  }
  for (const [index, { link: name, from, ...traffic }] of background.entries()) {
    const link = links.find((one) => one.name === name);
    const names = links.map((one) => one.name);
    if (link === undefined) throw unknown("link", name, `background traffic ${index}`, names);
    if (from !== link.from && from !== link.to) {
      throw unknown("host", from, `background traffic ${index} on link "${name}"`, [link.from, link.to]);
    }
    if (traffic.pattern === "download") checkDownload(traffic);
    else checkTraffic(traffic);
  }
}

/** Most cores of a host, and visits of a batch. */
export const MOST_CORES = 1024;
export const LARGEST_BATCH = 1024;

function checkServing(name: string, { cores = 1, batch }: HostOptions): void {
  const fail = (field: string, expected: string, found: number): never => {
    throw new InputError("ERR_SCENARIO", `Expected ${field} of host "${name}" to be ${expected}, got ${found}`);
  };
  const whole = (value: number, most: number): boolean => Number.isInteger(value) && value >= 1 && value <= most;
  if (!whole(cores, MOST_CORES)) fail("cores", `a whole number from 1 to ${MOST_CORES}`, cores);
  if (!batch) return;
  if (!whole(batch.size, LARGEST_BATCH)) fail("batch.size", `a whole number from 1 to ${LARGEST_BATCH}`, batch.size);
  const { timeout } = batch;
  if (!(Number.isInteger(timeout) && timeout >= 0 && timeout <= LONGEST_NS)) {
    fail("batch.timeout", `whole ns from 0 to ${LONGEST_NS}`, timeout);
  }
}

function checkTogether(times: readonly number[], where: string): void {
  const wrong =
    times.length === 0 ? 0 : times.findIndex((one, i) => !(i === 0 ? one === 1 : one > 0 && one < Infinity));
  if (wrong < 0) return;
  const expected = wrong === 0 ? "1" : "a finite number above 0";
  throw new InputError(
    "ERR_SCENARIO",
    `Expected the time of ${wrong + 1} together at ${where} to be ${expected} times that of one, got ${times[wrong]}`,
  );
}

function checkFlow({ name, period, count, offset = 0, steps }: FrameFlow): void {
  const fail = (field: string, expected: string, found: number): never => {
    throw new InputError("ERR_SCENARIO", `Expected ${field} of flow "${name}" to be ${expected}, got ${found}`);
  };
  if (!(period >= 0 && period <= LONGEST_NS)) fail("period", `0 to ${LONGEST_NS} ns`, period);
  if (!(offset >= 0 && offset <= LONGEST_NS)) fail("offset", `0 to ${LONGEST_NS} ns`, offset);
  if (!(Number.isInteger(count) && count >= 0 && count <= MOST_FRAMES)) {
    fail("count", `a whole number up to ${MOST_FRAMES}`, count);
  }
  checkTurns(steps, count, name);
}

function checkTurns(steps: readonly Step[], count: number, flow: string): void {
  for (const step of steps) {
    if (step.kind === "exit") {
      checkValues(step.taken, count, `an exit of flow "${flow}"`, 255);
      checkTurns(step.steps ?? [], count, flow);
    } else if (step.kind === "repeat") {
      checkValues(step.times, count, `the times of a repetition of flow "${flow}"`, MOST_ROUNDS);
      if (typeof step.times === "number" && !Number.isInteger(step.times)) {
        throw new InputError("ERR_SCENARIO", `Expected a whole number of times in flow "${flow}", got ${step.times}`);
      }
      checkTurns(step.steps, count, flow);
    }
  }
}

function unknown(what: string, name: string, where: string, known: readonly string[]): InputError {
  const list = known.map((other) => `"${other}"`).join(", ");
  return new InputError("ERR_SCENARIO", `Unknown ${what} "${name}" at ${where}; known: ${list}`);
}

function checkValues(values: number | ArrayLike<number>, count: number, what: string, most: number): void {
  const list = typeof values === "number" ? [values] : values;
  if (typeof values !== "number" && values.length < count) {
    throw new InputError("ERR_SCENARIO", `Expected ${what} to have ${count} entries, got ${values.length}`);
  }
  for (let i = 0; i < list.length; i++) {
    if (list[i]! >= 0 && list[i]! <= most) continue;
    throw new InputError("ERR_SCENARIO", `Expected ${what} to be 0 to ${most}, got ${list[i]} at frame ${i}`);
  }
}
