/** @file The host that captures, following a policy: the next design is ready before the one that runs is left. */
import { setTimeout as sleep } from "node:timers/promises";
import { Follower, type Condition, type Policy } from "@split-et-impera/core/policy";
import { capturedPorts, type Deployment } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import type { Address } from "../index.ts";
import { monotonicNs } from "../messages/index.ts";
import type { Captured } from "./coding.ts";
import { RunningHost } from "./host.ts";
import { LinkMeter } from "./link-meter.ts";
import type { HostCounters, HostOptions } from "./options.ts";
import type { FrameRecord } from "./record.ts";
import { roleOf, type Role } from "./role.ts";

/** What deploys a design of a policy, and where its hosts are. */
export interface Plan extends Pick<HostOptions, "deployment" | "folder" | "pictures"> {
  /** Of the hosts that it connects to, by name. */
  addresses: Readonly<Record<string, Address>>;
}

export interface FollowingOptions extends Omit<
  HostOptions,
  "deployment" | "folder" | "pictures" | "addresses" | "models" | "onRecord" | "onRoundTrip"
> {
  policy: Policy;
  /** One for each design of the policy, in their order. */
  plans: readonly Plan[];
  /** Milliseconds for which the hosts of another design are waited for. Default 10,000. */
  patience?: number | undefined;
  /** Of each frame, once; by what plan. Numbers and times go on over all plans. */
  onRecord?(record: FrameRecord, plan: number): void;
  /** What the link was like in a window. */
  onMeasured?(condition: Condition): void;
  /** Frames go by another plan from now on. */
  onChanged?(plan: number, condition: Condition): void;
  /** A plan could not be taken up: all goes on as it was. */
  onStayed?(plan: number, reason: InputError): void;
}

/** Milliseconds between looks at whether a host is ready. */
const look = 10;

/** A plan at work. */
interface Run {
  place: number;
  host: RunningHost;
  /** Captured and without a record: when, in ns. */
  waiting: Map<number, number>;
  /** Number of its next frame. */
  next: number;
  /** Its frames from this number on only measure the link. */
  measures: number;
}

/**
 * Every `every` seconds of the policy, {@link Follower} is told what {@link LinkMeter} saw. Where it wants another design, that is
 * loaded and connected beside the one that runs; then frames go to the new one, and the old one ends when all of its own have their
 * records: none is lost by the change. Where the design that runs sends nothing, one frame in a window also goes by the one
 * before, to measure the link, and its answer is thrown away.
 */
export class FollowingHost implements AsyncDisposable {
  /** When records count from, ms since 1970. */
  readonly began = Date.now();
  private readonly options: FollowingOptions;
  private readonly meter: LinkMeter;
  private readonly timer: NodeJS.Timeout;
  /** Runs whose last frames are under way, until each is let go of. */
  private readonly ending = new Map<Run, Promise<void>>();
  /** Of runs that were let go of. */
  private before = sumOf([]);
  private readonly since = monotonicNs();
  private readonly ended = new AbortController();
  private follower: Follower;
  private current!: Run;
  /** What measures the link where the current one sends nothing. */
  private probe: Run | undefined;
  private lastProbe = -Infinity;
  private lastRecord = -Infinity;
  private windowBegan = monotonicNs();
  private changing: Promise<void> | undefined;

  private constructor(options: FollowingOptions, first: number) {
    const { policy } = options;
    this.options = options;
    this.meter = new LinkMeter(policy.axes.losses[0]!);
    this.follower = new Follower(policy, first);
    this.timer = setInterval(() => this.tick(), 1e3 * policy.every).unref();
  }

  /**
   * Begins with the design that is worth most in the mean over all cells, of those that send something.
   * @throws InputError `ERR_POLICY` where the plans capture different things; as {@link RunningHost.open} does
   */
  static async open(options: FollowingOptions): Promise<FollowingHost> {
    const first = firstPlan(options);
    const following = new FollowingHost(options, first);
    try {
      following.current = await following.run(first);
    } catch (error) {
      clearInterval(following.timer);
      throw error;
    }
    following.current.host.continues(0, following.since);
    return following;
  }

  get role(): Role {
    return this.current.host.role;
  }

  /** Place of the plan by which frames go, among the policy's designs. */
  get plan(): number {
    return this.current.place;
  }

  get ready(): boolean {
    return this.current.host.ready;
  }

  get peers(): string[] {
    return this.current.host.peers;
  }

  get datagramPort(): number | undefined {
    return this.current.host.datagramPort;
  }

  /** Of all plans since the run began. */
  get counters(): HostCounters {
    const { before, ending, current, probe } = this;
    return sumOf([before, ...[...ending.keys(), current, ...(probe ? [probe] : [])].map(countersOf)]);
  }

  /** As that of {@link RunningHost}. */
  capture(value: Captured, begins = false): number {
    const { current, probe } = this;
    const now = monotonicNs();
    if (probe && now - this.lastProbe >= 1e9 * this.options.policy.every) {
      this.lastProbe = now;
      captureBy(probe, value, begins);
    }
    return captureBy(current, value, begins);
  }

  /** Resolves when every captured frame has its record. */
  async drained(): Promise<void> {
    await this.current.host.drained();
    await this.probe?.host.drained();
    await Promise.all(this.ending.values());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.timer);
    this.ended.abort();
    await this.changing;
    await this.current.host[Symbol.asyncDispose]();
    await this.probe?.host[Symbol.asyncDispose]();
    await Promise.all(this.ending.values());
  }

  private async run(place: number): Promise<Run> {
    const { options } = this;
    const { policy: _policy, plans, onRecord, onMeasured: _measured, ...rest } = options;
    const plan = plans[place]!;
    const run: Omit<Run, "host"> = { place, waiting: new Map(), next: 0, measures: Infinity };
    const payloadBytes = payloadBytesOf(plan.deployment, rest.host);
    const host = await RunningHost.open({
      ...rest,
      ...plan,
      onRecord: (record) => {
        const { frame } = record;
        run.waiting.delete(frame);
        this.lastRecord = monotonicNs();
        const measures = frame >= run.measures;
        if (run === this.current || (measures && run === this.probe)) this.meter.frame(record, payloadBytes);
        if (!measures) onRecord?.(record, place);
      },
      onRoundTrip: (ns) => this.roundTrip(run, ns),
    });
    return Object.assign(run, { host });
  }

  /** Of what came back while a frame was under way nothing is known: it may have waited behind that. */
  private roundTrip(run: object, ns: number): void {
    const { current, probe, meter } = this;
    // Better than none.
    if (!meter.knowsRoundTrip) meter.roundTrip(ns / 1e9);
    if (run !== current && run !== probe) return;
    const idle = [current, probe].every((one) => (one?.waiting.size ?? 0) === 0);
    if (idle && monotonicNs() - ns > this.lastRecord) meter.roundTrip(ns / 1e9);
  }

  /** A window is over. */
  private tick(): void {
    const { options, meter, follower, windowBegan } = this;
    this.windowBegan = monotonicNs();
    if (!this.current) return;
    const measuring = sends(this.current) ? this.current : this.probe;
    const [oldest = Infinity] = measuring?.waiting.values() ?? [];
    const { every, frames } = options.policy;
    const condition = meter.window(oldest < this.windowBegan - 1e9 * Math.max(every, frames.deadline));
    if (!condition || this.changing) return;
    options.onMeasured?.(condition);
    const seconds = (this.windowBegan - windowBegan) / 1e9;
    if (!follower.measured(condition, seconds)) return;
    this.changing = this.change(follower.design, condition).finally(() => (this.changing = undefined));
  }

  private async change(place: number, condition: Condition): Promise<void> {
    const { options, current, ended } = this;
    try {
      const run = await this.run(place);
      try {
        await this.connected(run);
      } catch (error) {
        await run.host[Symbol.asyncDispose]();
        throw error;
      }
      run.next = current.next;
      run.host.continues(run.next, this.since);
      this.current = run;
      this.meter.changed();
      const { probe } = this;
      if (sends(run)) this.probe = undefined;
      else if (sends(current)) {
        this.probe = current;
        current.measures = run.next;
      }
      for (const old of new Set([current, probe])) if (old && old !== this.probe) this.end(old);
      options.onChanged?.(place, condition);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.follower = new Follower(options.policy, current.place);
      if (!ended.signal.aborted) options.onStayed?.(place, error);
    }
  }

  /** @throws InputError `ERR_CONNECT` where its hosts are not there in time */
  private async connected({ host, place }: Run): Promise<void> {
    const { patience = 10_000, plans } = this.options;
    const until = monotonicNs() + 1e6 * patience;
    while (!host.ready && !this.ended.signal.aborted) {
      if (monotonicNs() > until) {
        const { addresses } = plans[place]!;
        const missing = host.role.dials.filter((peer) => !host.peers.includes(peer));
        const where = missing.map((peer) => `${peer} at ${addresses[peer]!.host}:${addresses[peer]!.port}`);
        throw new InputError("ERR_CONNECT", `${where.join(", ")} is not there after ${patience / 1e3} s`);
      }
      await sleep(look);
    }
    if (this.ended.signal.aborted) throw new InputError("ERR_CONNECT", "this host ends");
  }

  /** Its frames still get what they get; then it is let go of. */
  private end(run: Run): void {
    const { signal } = this.ended;
    const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    const letGo = async (): Promise<void> => {
      if (!signal.aborted) await Promise.race([run.host.drained(), stopped]);
      await run.host[Symbol.asyncDispose]();
      this.before = sumOf([this.before, countersOf(run)]);
      this.ending.delete(run);
    };
    this.ending.set(run, letGo());
  }
}

const sends = ({ host }: Run): boolean => host.role.outgoing !== undefined;

/** Without the frames that only measured the link. */
const countersOf = ({ host: { counters }, next, measures }: Run): HostCounters => ({
  ...counters,
  frames: counters.frames - Math.max(0, next - measures),
});

function captureBy(run: Run, value: Captured, begins: boolean): number {
  // What is dropped has its record at once.
  run.waiting.set(run.next++, monotonicNs());
  return run.host.capture(value, begins);
}

/** Why frames cannot go by one of these deployments and then by another, as the policy's designs; undefined: they can. */
export function plansFault(
  { designs, model, link, frames: of }: Policy,
  deployments: readonly Deployment[],
): string | undefined {
  const [first] = deployments;
  for (const [i, deployment] of deployments.entries()) {
    const { id } = deployment;
    if (designs[i]!.id !== id) return `expected the files of ${designs[i]!.id}, got those of ${id}`;
    // A design of the same name may be that of another study.
    const { sha256 } = deployment.model;
    if (model !== undefined && sha256 !== model)
      return `expected the files of ${id} for the policy's model (SHA-256 ${model.slice(0, 12)}...), got those for another (${sha256.slice(0, 12)}..., of the study ${deployment.study})`;
    if (deployment.segments.some(({ state }) => state))
      return `${id}: carries state from frame to frame, which no change keeps`;
    if (frames(deployment) !== frames(first!)) return `${id}: is for other frames than ${first!.id}`;
    if (Math.round(1e9 * of.deadline) !== deployment.deadlineNs)
      return `${id}: is for a deadline of ${deployment.deadlineNs / 1e9} s, the policy for ${of.deadline} s`;
  }
  const hosts = new Set(deployments.flatMap((deployment) => Object.keys(deployment.hosts)));
  const nobody = link.find((name) => !hosts.has(name));
  if (nobody !== undefined) return `link: expected two of the hosts ${[...hosts].join(", ")}, got ${nobody}`;
  return undefined;
}

/** What is captured, by whom it is answered, and when at the latest. */
function frames(deployment: Deployment): string {
  const { frames: of, task, deadlineNs } = deployment;
  const takes = capturedPorts(deployment).map(({ type, shape }) => [type, shape]);
  return JSON.stringify([of.host, of.answer.host, deadlineNs, task.kind, takes]);
}

/** @throws InputError `ERR_POLICY` */
function firstPlan({ policy, plans, host }: FollowingOptions): number {
  const fault = plansFault(
    policy,
    plans.map(({ deployment }) => deployment),
  );
  if (fault !== undefined) throw new InputError("ERR_POLICY", fault);
  const worth = policy.designs.map((_, d) => policy.cells.flat(2).reduce((sum, cell) => sum + cell.worth[d]!, 0));
  const sending = plans.flatMap(({ deployment }, i) => (roleOf(deployment, host).outgoing ? [i] : []));
  if (sending.length === 0) throw new InputError("ERR_POLICY", "no design sends anything: there is no link to follow");
  return sending.reduce((best, i) => (worth[i]! > worth[best]! ? i : best));
}

/** Of datagrams to the next host; undefined of a stream. */
function payloadBytesOf(deployment: Deployment, host: string): number | undefined {
  const transport = roleOf(deployment, host).outgoing?.transport;
  return transport?.kind === "udp" ? transport.payloadBytes : undefined;
}

/** Of several hosts. */
export function sumOf(all: readonly HostCounters[]): HostCounters {
  const sum: HostCounters = {
    frames: 0,
    dropped: 0,
    unreadable: 0,
    missing: 0,
    forged: 0,
    replayed: 0,
    strange: 0,
    unsent: 0,
  };
  for (const one of all) for (const key of Object.keys(sum) as (keyof HostCounters)[]) sum[key] += one[key];
  return sum;
}
