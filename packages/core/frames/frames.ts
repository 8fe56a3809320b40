/** @file Frames of one or more flows through hosts and links, under queueing. */
import { InputError } from "../errors/index.ts";
import { randomStream } from "../random/index.ts";
import { VirtualClock, type Clock, type Handler } from "../network/clock.ts";
import type { Channel } from "../network/channel.ts";
import { LARGEST_PAYLOAD, SYN_HEADERS } from "../network/headers.ts";
import { createLink, freeFlow, type Link } from "../network/link.ts";
import { idleTime, type LinkParameters } from "../network/link-options.ts";
import type { ContentionMedium } from "../network/medium.ts";
import { startTraffic, type TrafficOptions } from "../network/traffic.ts";
import { PacketPool } from "../network/packet.ts";
import { connect, type End, type TcpOptions } from "../network/tcp/index.ts";
import { isPayload, UdpFlow } from "../network/udp.ts";

export interface FrameScenario {
  /** Each is one server: the work of all flows on it waits in line. */
  hosts: string[];
  /** Two-way links between hosts. */
  links: { name: string; from: string; to: string; options: LinkParameters }[];
  flows: FrameFlow[];
  /** Traffic that only takes room on links, while frames are under way. */
  background?: ({ link: string; from: string } & TrafficOptions)[];
  /** The same seed gives the same run; losses depend on the seed and on the link's (and direction's) name only. */
  seed: number;
}

export interface FrameFlow {
  name: string;
  /** ns between captures. */
  period: number;
  /** ns until the first capture. Default 0. */
  offset?: number;
  /** Frames to simulate. */
  count: number;
  stages: Stage[];
}

/** What a transfer runs over. A TCP connection lasts over all frames; its handshake is over before the first. */
export type Transport =
  | ({ kind: "tcp" } & TcpOptions)
  | {
      kind: "udp";
      /** Bytes per datagram; at most 65507; above 1472 they travel as IP fragments. */
      payload: number;
      /** ns after a frame's last arrival at which the receiver goes on with what it has. */
      timeout: number;
    };

export type Stage =
  | {
      kind: "compute";
      host: string;
      label: string;
      /** ns, the same for all frames or per frame. */
      duration: number | Float64Array;
    }
  | {
      kind: "transfer";
      label: string;
      link: string;
      from: string;
      to: string;
      /** The same for all frames or per frame. */
      bytes: number | Uint32Array;
      transport: Transport;
    };

export interface FlowRun {
  frames: FrameRun[];
}

export interface FrameRun {
  /** ns. */
  captured: number;
  /** ns; -1 when a transfer lost all of it. */
  finished: number;
  /** Per stage reached, ns: entered (the queue), work began, done (-1: lost there). */
  stages: { start: number; served: number; end: number }[];
  /** Of UDP transfers: datagrams and the indices of those lost, by stage. */
  lost: { stage: number; datagrams: number; missing: Uint32Array }[];
}

interface Run {
  flow: FrameFlow;
  frames: FrameRun[];
  steps: Step[];
  /** Frames that are not through. */
  open: number;
}

/** A stage at work: takes frame `frame`, and calls `advance` when it is through. */
interface Step {
  enter(frame: number): void;
}

/**
 * Runs every frame of every flow to its end.
 *
 * @throws InputError `ERR_SCENARIO`, `ERR_LINK` where a value cannot be.
 */
export function simulateFrames(scenario: FrameScenario): FlowRun[] {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const { seed } = scenario;
  const hosts = new Map(scenario.hosts.map((name) => [name, new Host(clock)]));
  const links = new Map<string, Link>();
  const media = new Map<string, ContentionMedium>();
  for (const { name, from, to, options } of scenario.links) {
    for (const host of [from, to]) {
      if (!hosts.has(host)) throw unknown("host", host, `link "${name}"`, [...hosts.keys()]);
    }
    links.set(name, createLink(clock, pool, { name, a: from, b: to, options }, seed, media));
  }
  const udp: UdpFlow[] = [];
  const runs: Run[] = [];
  for (const flow of scenario.flows) {
    checkFlow(flow);
    const run: Run = { flow, frames: [], steps: [], open: flow.count };
    runs.push(run);
    for (const [index, stage] of flow.stages.entries()) {
      const where = `stage ${index} of flow "${flow.name}"`;
      if (stage.kind === "compute") {
        const host = hosts.get(stage.host);
        if (host === undefined) throw unknown("host", stage.host, where, [...hosts.keys()]);
        checkLength(stage.duration, flow.count, `duration at ${where}`);
        run.steps.push(computeStep(run, index, host, stage.duration));
      } else {
        const link = links.get(stage.link);
        if (link === undefined) throw unknown("link", stage.link, where, [...links.keys()]);
        const forward = stage.from === link.a && stage.to === link.b;
        if (!forward && !(stage.from === link.b && stage.to === link.a)) {
          throw new InputError(
            "ERR_SCENARIO",
            `Expected ${where} to go between "${link.a}" and "${link.b}", got "${stage.from}" to "${stage.to}"`,
          );
        }
        checkLength(stage.bytes, flow.count, `bytes at ${where}`);
        const there = forward ? link.forward : link.backward;
        const back = forward ? link.backward : link.forward;
        const { transport } = stage;
        if (transport.kind === "tcp") {
          const options = scenario.links.find(({ name }) => name === stage.link)!.options;
          const ends = open(clock, pool, there, back, options, transport, seed, `${flow.name}/${index}`);
          run.steps.push(tcpStep(run, index, clock, ends[0], ends[1], stage.bytes));
        } else {
          if (!isPayload(transport.payload)) {
            throw new InputError(
              "ERR_SCENARIO",
              `Expected payload at ${where} to be 1 to ${LARGEST_PAYLOAD}, got ${transport.payload}`,
            );
          }
          run.steps.push(udpStep(run, index, clock, pool, there, transport, stage.bytes, udp));
        }
      }
    }
    for (let frame = 0; frame < flow.count; frame++) {
      const captured = Math.round((flow.offset ?? 0) + frame * flow.period);
      run.frames.push({ captured, finished: -1, stages: [], lost: [] });
      clock.at(captured, { fire: () => enter(run, 0, frame, clock) });
    }
  }
  for (const [index, { link: name, from, ...traffic }] of (scenario.background ?? []).entries()) {
    const link = links.get(name);
    if (link === undefined) throw unknown("link", name, `background traffic ${index}`, [...links.keys()]);
    if (from !== link.a && from !== link.b) {
      throw unknown("host", from, `background traffic ${index} on link "${name}"`, [link.a, link.b]);
    }
    const channel = from === link.a ? link.forward : link.backward;
    const random = randomStream(seed, `background/${index}`);
    startTraffic(clock, pool, channel, traffic, random, () => runs.some(({ open }) => open > 0));
  }
  clock.run();
  // A message of which nothing arrived, with none after it, is only found now.
  for (const flow of udp) flow.flush();
  return runs.map(({ frames }) => ({ frames }));
}

function enter(run: Run, index: number, frame: number, clock: Clock): void {
  const record = run.frames[frame]!;
  const step = run.steps[index];
  if (step === undefined) {
    record.finished = clock.now;
    run.open--;
    return;
  }
  record.stages[index] = { start: clock.now, served: clock.now, end: -1 };
  step.enter(frame);
}

function leave(run: Run, index: number, frame: number, clock: Clock): void {
  run.frames[frame]!.stages[index]!.end = clock.now;
  enter(run, index + 1, frame, clock);
}

/** One server; work waits in line. */
class Host implements Handler {
  readonly clock: Clock;
  private readonly line: { duration: number; begin: () => void; end: () => void }[] = [];
  private busy = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  work(duration: number, begin: () => void, end: () => void): void {
    this.line.push({ duration, begin, end });
    if (!this.busy) this.serve();
  }

  fire(): void {
    const { end } = this.line.shift()!;
    this.busy = false;
    end();
    if (!this.busy && this.line.length > 0) this.serve();
  }

  private serve(): void {
    const { duration, begin } = this.line[0]!;
    this.busy = true;
    begin();
    this.clock.at(this.clock.now + Math.round(duration), this);
  }
}

function computeStep(run: Run, index: number, host: Host, duration: number | Float64Array): Step {
  return {
    enter: (frame) => {
      const { clock } = host;
      host.work(
        typeof duration === "number" ? duration : duration[frame]!,
        () => {
          run.frames[frame]!.stages[index]!.served = clock.now;
        },
        () => leave(run, index, frame, clock),
      );
    },
  };
}

function tcpStep(run: Run, index: number, clock: Clock, from: End, to: End, bytes: number | Uint32Array): Step {
  let written = 0;
  // Frames under way, in order, and where each ends in the byte stream.
  const waiting: { frame: number; end: number }[] = [];
  to.application = {
    delivered: (total) => {
      while (waiting.length > 0 && waiting[0]!.end <= total) {
        const { frame } = waiting.shift()!;
        if (waiting.length > 0) run.frames[waiting[0]!.frame]!.stages[index]!.served = clock.now;
        leave(run, index, frame, clock);
      }
    },
  };
  from.application = {
    delivered: () => undefined,
    failed: () => {
      run.open -= waiting.length;
    },
  };
  return {
    enter: (frame) => {
      if (from.sender.broken) {
        run.open--;
        return;
      }
      const size = typeof bytes === "number" ? bytes : bytes[frame]!;
      // Nothing to send still needs a byte to say so.
      written += Math.max(1, size);
      waiting.push({ frame, end: written });
      from.write(Math.max(1, size));
    },
  };
}

function udpStep(
  run: Run,
  index: number,
  clock: Clock,
  pool: PacketPool,
  channel: Channel,
  transport: Extract<Transport, { kind: "udp" }>,
  bytes: number | Uint32Array,
  all: UdpFlow[],
): Step {
  const frames: number[] = [];
  const flow = channel.targets.length;
  const udp = new UdpFlow({
    clock,
    pool,
    channel,
    flow,
    payload: transport.payload,
    timeout: transport.timeout,
    inOrder: channel.inOrder,
    done: ({ message, count, missing, finished }) => {
      const frame = frames[message]!;
      run.frames[frame]!.lost.push({ stage: index, datagrams: count, missing });
      if (finished >= 0) leave(run, index, frame, clock);
      else run.open--;
    },
  });
  channel.targets.push(udp);
  all.push(udp);
  return {
    enter: (frame) => {
      frames.push(frame);
      udp.send(typeof bytes === "number" ? bytes : bytes[frame]!);
    },
  };
}

function open(
  clock: Clock,
  pool: PacketPool,
  there: Channel,
  back: Channel,
  link: LinkParameters,
  options: TcpOptions,
  seed: number,
  name: string,
): [End, End] {
  const flow = freeFlow(there, back);
  return connect({
    clock,
    pool,
    path: {
      forward: there,
      backward: back,
      arrive: (end, receiver) => {
        (end === 0 ? back : there).targets[flow] = receiver;
      },
      handshake: Math.round(2 * idleTime(link, SYN_HEADERS)),
    },
    flow,
    options,
    seed,
    name,
  });
}

function unknown(what: string, name: string, where: string, known: string[]): InputError {
  const list = known.map((other) => `"${other}"`).join(", ");
  return new InputError("ERR_SCENARIO", `Unknown ${what} "${name}" at ${where}; known: ${list}`);
}

function checkFlow({ name, period, count, offset = 0 }: FrameFlow): void {
  const fail = (field: string, expected: string, found: number): never => {
    throw new InputError("ERR_SCENARIO", `Expected ${field} of flow "${name}" to be ${expected}, got ${found}`);
  };
  if (!(period >= 0 && period < Infinity)) fail("period", "a time of 0 or more", period);
  if (!(offset >= 0 && offset < Infinity)) fail("offset", "a time of 0 or more", offset);
  if (!(Number.isInteger(count) && count >= 0)) fail("count", "a whole number", count);
}

function checkLength(values: number | ArrayLike<number>, count: number, what: string): void {
  const list = typeof values === "number" ? [values] : values;
  if (typeof values !== "number" && values.length < count) {
    throw new InputError("ERR_SCENARIO", `Expected ${what} to have ${count} entries, got ${values.length}`);
  }
  for (let i = 0; i < list.length; i++) {
    if (!(list[i]! >= 0 && list[i]! < Infinity)) {
      throw new InputError("ERR_SCENARIO", `Expected ${what} to be 0 or more, got ${list[i]} at frame ${i}`);
    }
  }
}
