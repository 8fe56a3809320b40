/** @file Frames of one or more flows through hosts and links, under queueing. */
import {
  createLink,
  idleTime,
  meanRate,
  PacketPool,
  startDownload,
  startStations,
  startTraffic,
  transportOf,
  VirtualClock,
  type Channel,
  type ContentionMedium,
  type Delivery,
  type Link,
  type MessageFlow,
} from "../network/index.ts";
import { randomStream } from "../random/index.ts";
import { Host } from "./host.ts";
import { Program, type Cursor } from "./program.ts";
import { checkScenario, hopsOf, parametersOf, type FrameFlow, type FrameScenario } from "./scenario.ts";
import type { Watch } from "./watch.ts";
import { workSteps, type ComputeStep, type FrameTrace, type StepTimes, type TransferStep } from "./step.ts";
import type { Together, Visit } from "./visit.ts";

/** Events between two pauses of a simulation in parts: some milliseconds of work. */
const EVENTS = 20_000;

/**
 * Runs every frame of every flow to its end; gives the traces of each flow's frames, in the order of capture.
 *
 * @throws InputError `ERR_SCENARIO`, `ERR_LINK` where a value cannot be.
 */
export function simulateFrames(scenario: FrameScenario): FrameTrace[][] {
  const parts = framesInParts(scenario);
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
  }
}

/** The same in parts of some milliseconds, so that a caller can do other things between: yields the frames under way or to come. */
export function* framesInParts(scenario: FrameScenario, watch?: Watch): Generator<number, FrameTrace[][]> {
  checkScenario(scenario);
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const { seed, order = "oldest" } = scenario;
  const links = new Map<string, Link>();
  const media = new Map<string, ContentionMedium>();
  for (const { name, from, to, options } of scenario.links) {
    links.set(name, createLink(clock, pool, { name, a: from, b: to, options }, seed, media));
  }
  const hosts = new Map(scenario.hosts.map((name) => [name, new Host(clock, order, scenario.serving?.[name])]));
  const world: World = { clock, pool, scenario, links, hosts, moved: 0 };
  watch?.begin(world);
  const runs = scenario.flows.map((flow, i) => new Run(world, flow, i === 0 ? watch : undefined));
  const open = (): number => runs.reduce((sum, run) => sum + run.open, 0);
  const patience = patienceOf(scenario);
  const active = (): boolean => open() > 0 && clock.now - world.moved < patience;
  for (const one of scenario.stations ?? []) startStations(one, { clock, pool, seed, media, active });
  for (const [index, { link: name, from, ...traffic }] of (scenario.background ?? []).entries()) {
    const link = links.get(name)!;
    if (traffic.pattern === "download") {
      const hops = [true, false].map((forward) => ({
        link: scenario.links.find((one) => one.name === name)!,
        forward,
      }));
      const idleNs = (bytes: number): number => hops.reduce((sum, hop) => sum + idleTime(parametersOf(hop), bytes), 0);
      startDownload(traffic, { clock, pool, link, from, idleNs, seed, name: `background/${index}`, active });
      continue;
    }
    const channel = from === link.a ? link.forward : link.backward;
    const random = randomStream(seed, `background/${index}`);
    startTraffic(traffic, { clock, pool, channel, random, active });
  }
  while (!clock.run(Infinity, EVENTS)) yield open();
  // A message of which nothing arrived, with none after it, is only found now.
  for (const run of runs) run.flush();
  return runs.map(({ traces }) => traces);
}

interface World {
  clock: VirtualClock;
  pool: PacketPool;
  scenario: FrameScenario;
  links: ReadonlyMap<string, Link>;
  hosts: ReadonlyMap<string, Host>;
  /** When a frame last reached a step, ns. */
  moved: number;
}

/** ns that no frame may have moved before background traffic ends, beside what the longest message takes four times. */
const STILL_NS = 30e9;

/** Until when background goes on without a frame that moves: one that is lost without a trace is found at the end only. */
function patienceOf({ flows, links }: FrameScenario): number {
  const slowest = Math.min(
    ...links.flatMap((link) => [true, false].map((forward) => meanRate(parametersOf({ link, forward }).rate))),
  );
  const sizes = flows.flatMap(({ steps }) =>
    workSteps(steps).map((step) =>
      step.kind === "compute"
        ? 0
        : typeof step.bytes === "number"
          ? step.bytes
          : step.bytes.reduce((a, b) => Math.max(a, b), 0),
    ),
  );
  return STILL_NS + (4 * 8e9 * Math.max(0, ...sizes)) / slowest;
}

/** A flow under way. */
class Run {
  readonly traces: FrameTrace[] = [];
  readonly program: Program;
  readonly world: World;
  readonly watch: Watch | undefined;
  /** Frames that are not through. */
  open: number;
  /** By work step; undefined for computing. */
  private readonly transfers: (Transfer | undefined)[];

  constructor(world: World, flow: FrameFlow, watch?: Watch) {
    this.world = world;
    this.watch = watch;
    this.program = new Program(flow.steps);
    this.open = flow.count;
    this.transfers = [];
    for (const [index, step] of this.program.work.entries()) {
      const request = this.transfers.find(
        (one) => one !== undefined && step.kind === "transfer" && one.takesBack(step),
      );
      this.transfers.push(
        step.kind === "transfer"
          ? new Transfer(world, step, index, `${flow.name}/${index}`, { request, watch })
          : undefined,
      );
    }
    const { clock } = world;
    const { offset = 0, period, count } = flow;
    const capture = {
      fire: (frame: number): void => {
        if (frame + 1 < count) clock.at(Math.round(offset + (frame + 1) * period), capture, frame + 1);
        const trace: FrameTrace = { captured: clock.now, finished: -1, steps: [], missing: [] };
        this.traces.push(trace);
        watch?.captured(frame, trace);
        const walk = new Walk(this, frame, trace);
        this.enter(walk, walk.next());
      },
    };
    if (count > 0) clock.at(Math.round(offset), capture, 0);
  }

  /** The frame has reached a step; undefined: the end. */
  enter(walk: Walk, work: number | undefined): void {
    this.world.moved = this.world.clock.now;
    if (work === undefined) {
      walk.trace.finished = this.world.clock.now;
      this.open--;
      return;
    }
    const step = this.program.work[work]!;
    if (step.kind === "compute") walk.visit(this.world.hosts.get(step.host)!, work);
    else this.transfers[work]!.send(walk);
  }

  flush(): void {
    for (const transfer of this.transfers) transfer?.flush();
  }
}

/** A frame on its way; while it is on a host, its visit. */
class Walk implements Visit {
  readonly flow: Run;
  readonly frame: number;
  readonly trace: FrameTrace;
  readonly cursor: Cursor;
  /** The piece of work that is next or under way, its times, and the host on which it is. */
  private work: number | undefined;
  private times: StepTimes | undefined;
  private host: Host | undefined;
  private working = false;

  constructor(flow: Run, frame: number, trace: FrameTrace) {
    this.flow = flow;
    this.frame = frame;
    this.trace = trace;
    this.cursor = flow.program.begin();
  }

  get captured(): number {
    return this.trace.captured;
  }

  next(): number | undefined {
    return this.flow.program.next(this.cursor, this.frame);
  }

  /** Notes that the frame has reached a step. */
  reach(step: number): StepTimes {
    const { now } = this.flow.world.clock;
    const times = { step, start: now, served: now, end: -1 };
    this.trace.steps.push(times);
    return times;
  }

  get together(): Together | undefined {
    const { work, together: times } = this.step(this.work!);
    return times && { work, times };
  }

  visit(host: Host, work: number): void {
    this.work = work;
    this.host = host;
    this.times = this.reach(work);
    host.enter(this);
  }

  proceed(): number | undefined {
    const { clock } = this.flow.world;
    const begun = this.times!;
    if (this.working) {
      begun.end = clock.now;
      const done = this.step(this.work!);
      this.work = this.next();
      const step = this.work === undefined ? undefined : this.flow.program.work[this.work]!;
      if (step?.kind !== "compute" || step.host !== done.host || this.apart(done) || this.apart(step)) {
        this.working = false;
        return undefined;
      }
      this.times = this.reach(this.work!);
    }
    this.working = true;
    this.times!.served = clock.now;
    const { ns } = this.step(this.work!);
    return typeof ns === "number" ? ns : ns[this.frame]!;
  }

  leave(): void {
    this.flow.enter(this, this.work);
  }

  drop(): void {
    this.trace.dropped = this.step(this.work!).host;
    this.flow.open--;
  }

  /** Work that its host does in batches stands for itself. */
  private apart({ together }: ComputeStep): boolean {
    return together !== undefined && this.host!.batches;
  }

  private step(work: number): ComputeStep {
    return this.flow.program.work[work] as ComputeStep;
  }
}

/** A transfer step's messages, one per frame (and round). */
class Transfer {
  private readonly step: TransferStep;
  private readonly index: number;
  private readonly messages: MessageFlow;
  /** By message: the frame that waits for it. */
  private readonly waiting = new Map<number, { walk: Walk; times: StepTimes }>();
  private sent = 0;
  private readonly watch: Watch | undefined;
  private readonly there: readonly Channel[];
  private readonly home: readonly Channel[];
  private readonly flow: number;

  /** @param request whose connection it goes back over, if any */
  constructor(
    { clock, pool, scenario, links }: World,
    step: TransferStep,
    index: number,
    name: string,
    { request, watch }: { request: Transfer | undefined; watch: Watch | undefined },
  ) {
    this.step = step;
    this.index = index;
    const delivered = (delivery: Delivery): void => this.delivered(delivery);
    this.watch = watch;
    const back = request?.reverse(step, delivered);
    if (back) {
      this.messages = back;
      [this.there, this.home, this.flow] = [request!.home, request!.there, request!.flow];
      this.tellOpened();
      return;
    }
    const hops = hopsOf(step, scenario.links, name);
    const there = hops.map(({ link, forward }) => links.get(link.name)![forward ? "forward" : "backward"]);
    const home = hops.toReversed().map(({ link, forward }) => links.get(link.name)![forward ? "backward" : "forward"]);
    const idleNs = (bytes: number): number => hops.reduce((sum, hop) => sum + idleTime(parametersOf(hop), bytes), 0);
    const context = { clock, pool, seed: scenario.seed, name };
    this.messages = transportOf(step.transport).open({ there, back: home, idleNs }, context, delivered);
    // Flows are counted: the one that is new on its first channel is this one's, unless every message has its own.
    [this.there, this.home, this.flow] = [there, home, there[0]!.targets.length - 1];
    this.tellOpened();
  }

  private tellOpened(): void {
    const { index, there, home, flow, messages } = this;
    const fresh = "handshake" in this.step.transport && (this.step.transport.handshake ?? "warm") !== "warm";
    this.watch?.opened({
      step: index,
      there,
      back: home,
      ...(!fresh && { flow }),
      ...(messages.window && { window: messages.window }),
    });
  }

  /** Whether a step is an answer to this one: the same links the other way, over the same transport. */
  takesBack({ from, to, link, transport }: TransferStep): boolean {
    const { step } = this;
    const names = (of: TransferStep["link"]): readonly string[] => (typeof of === "string" ? [of] : of);
    return (
      this.messages.reverse !== undefined &&
      from === step.to &&
      to === step.from &&
      names(link).join("\n") === names(step.link).toReversed().join("\n") &&
      JSON.stringify({ ...transport, header: 0 }) === JSON.stringify({ ...step.transport, header: 0 })
    );
  }

  /** The other direction of its connection, which one answer takes. */
  private reverse({ transport }: TransferStep, delivered: (delivery: Delivery) => void): MessageFlow | undefined {
    const { reverse } = this.messages;
    delete this.messages.reverse;
    return reverse?.(transport.header ?? 0, delivered);
  }

  private delivered({ message, served, finished, packets, missing }: Delivery): void {
    const { walk, times } = this.waiting.get(message)!;
    this.waiting.delete(message);
    times.served = served;
    if (packets > 0) walk.trace.missing.push({ step: this.index, packets, missing });
    if (finished < 0) {
      walk.flow.open--;
      return;
    }
    times.end = finished;
    walk.flow.enter(walk, walk.next());
  }

  send(walk: Walk): void {
    const { bytes, due } = this.step;
    this.waiting.set(this.sent++, { walk, times: walk.reach(this.index) });
    const size = typeof bytes === "number" ? bytes : bytes[walk.frame]!;
    this.watch?.sends(this.index, walk.frame, size);
    this.messages.send(size, due === undefined ? undefined : walk.captured + due);
  }

  flush(): void {
    this.messages.flush();
  }
}
