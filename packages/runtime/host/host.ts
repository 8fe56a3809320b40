/** @file A host of a deployment at work: frames come in, by capture or from another host, and their results go on. */
import { randomInt } from "node:crypto";
import type { Deployment } from "@split-et-impera/core/deploy";
import { InputError, internal } from "@split-et-impera/core/errors";
import type { Tensors } from "@split-et-impera/core/tensor";
import type { Address } from "../index.ts";
import { whole } from "@split-et-impera/core/wire";
import { LoopClock, type ArrivedMessage } from "../messages/index.ts";
import type { Trust } from "../trust/index.ts";
import {
  readAnswer,
  readRefusal,
  writeAnswer,
  writeRefusal,
  type Answer,
  type Refusal,
  type RemoteTimes,
} from "./answer.ts";
import { tensorsOf, valueOf, type Captured, type Pictures, type Value } from "./coding.ts";
import { checkSwap, load, unload, type Loaded } from "./loaded.ts";
import { Ledger, type Pending } from "./ledger.ts";
import { Neighbours, type DatagramCounters, type LineEvent } from "./neighbours.ts";
import { Processor } from "./processor.ts";
import type { FrameRecord, Reason } from "./record.ts";
import type { Role } from "./role.ts";
import { openRemote, reasonOf, type Remote } from "./remote.ts";
import type { Segments, SegmentsOptions } from "./segments.ts";

export interface HostOptions extends SegmentsOptions {
  host: string;
  trust: Trust;
  /** Where others reach it; needed where the deployment has others connect to it. */
  listen?: Address | undefined;
  /** Of the hosts that it connects to, by name. */
  addresses?: Readonly<Record<string, Address>>;
  /** Of models that stand for hosts, by those: URLs of the Open Inference Protocol, in place of an address. */
  models?: Readonly<Record<string, URL>> | undefined;
  /** Models without TLS on other addresses than loopback. */
  anywhere?: boolean | undefined;
  pictures?: Pictures | undefined;
  /** `local`: this host runs the rest of the model where the answer would come too late. Default: no answer then. */
  fallback?: "local" | undefined;
  /** Frames at once, whose deadline is still to come; further ones are dropped. Default 64. */
  inFlight?: number | undefined;
  /** ns that a piece of work takes on the host that this machine stands for; what is done sooner waits. */
  pace?: ((work: string, frame: number) => number | undefined) | undefined;
  /** On the host that captures, where frames are traced: 32 bytes from which hosts make the same names for a frame's trace. */
  traceSeed?: Uint8Array<ArrayBuffer> | undefined;
  /** On the host that captures: of each frame, once. */
  onRecord?(record: FrameRecord): void;
  /** Of each frame of another host, when it has passed this host's part of the model; seconds, as in a record. */
  onServed?(parts: FrameRecord["parts"], frame: ServedFrame): void;
  /** On a host where answers are due that other hosts' frames get. */
  onAnswer?(answer: { frame: number; answer: Answer; deadlineMet: boolean }): void;
  onEvent?(event: LineEvent): void;
  /** Of a frame from which no answer came of what this host did: why. */
  onUnreadable?(frame: number, error: InputError): void;
}

/** A frame that came from another host. */
export interface ServedFrame {
  frame: number;
  /** By what its trace is named; absent where it is not traced. */
  traceSeed?: Uint8Array<ArrayBuffer>;
}

export interface HostCounters extends DatagramCounters {
  /** Frames that were captured here or came from another host; of these, passed over, and without anything to read. */
  frames: number;
  dropped: number;
  unreadable: number;
  /** Datagrams of frames that never came. */
  missing: number;
}

/** Behind its deadline a frame's answer is waited for so long. */
const patienceNs = 2e9;

/** What goes with a frame from host to host, and comes back with its answer. */
interface Onward {
  frame: number;
  /** The run of the host that captured it, which counts its frames from 0 each time. */
  plan: number;
  /** Microseconds left to the deadline; 0: none. */
  budgetMicros: number;
}

export class RunningHost implements AsyncDisposable {
  /** When records count from, ms since 1970. */
  readonly began: number;
  private readonly options: HostOptions;
  private readonly clock = new LoopClock();
  private readonly processor: Processor;
  private loaded: Loaded;
  private readonly ledger: Ledger;
  private neighbours!: Neighbours;
  /** What answers in place of the host that this one sends to. */
  private remote: Remote | undefined;
  private readonly counts = { frames: 0, dropped: 0, unreadable: 0, missing: 0 };
  /** ns that the rest took here lately. */
  private restNs = 0;
  private nextFrame = 0;
  /** Of frames that come from another host. */
  private traceSeed: Uint8Array<ArrayBuffer> | undefined;
  /** Of this run, a byte: an answer to a frame from before a restart is not taken for one to a frame of now. */
  private readonly plan = randomInt(256);

  private constructor(options: HostOptions, loaded: Loaded) {
    const { onRecord } = options;
    const { deployment, role } = loaded;
    this.options = options;
    this.loaded = loaded;
    this.processor = new Processor(deployment.frames.order, bytesWaiting(role, deployment));
    this.began = Date.now();
    this.ledger = new Ledger({
      clock: this.clock,
      start: this.clock.now,
      deadlineNs: deployment.deadlineNs,
      patienceNs,
      onRecord: (record) => onRecord?.(record),
    });
  }

  /**
   * Loads what the host runs, listens, and begins to connect.
   * @throws InputError as {@link load} and {@link Neighbours.open} do
   */
  static async open(options: HostOptions): Promise<RunningHost> {
    const { deployment, trust, listen, addresses = {}, models = {}, anywhere } = options;
    const onEvent = (event: LineEvent): void => options.onEvent?.(event);
    const loaded = await load(options);
    const { role } = loaded;
    const running = new RunningHost(options, loaded);
    running.remote = await openRemote({ deployment, role, models, trust, anywhere, onEvent });
    running.neighbours = await Neighbours.open({
      deployment,
      role: running.remote ? { ...role, dials: [], outgoing: undefined, answer: undefined } : role,
      trust,
      listen,
      addresses,
      clock: running.clock,
      traceSeed: options.traceSeed,
      onMessage: (message) => running.take(message),
      onTraceSeed: (seed) => (running.traceSeed = seed),
      onEvent,
    });
    return running;
  }

  get role(): Role {
    return this.loaded.role;
  }

  /** Where it listens. */
  get address(): Address | undefined {
    return this.neighbours.address;
  }

  /** Where it takes datagrams; undefined where no design of its own sends any. */
  get datagramPort(): number | undefined {
    return this.neighbours.datagramPort;
  }

  get counters(): HostCounters {
    return { ...this.counts, ...this.neighbours.counters };
  }

  /** Whether all hosts that it connects to are connected. */
  get ready(): boolean {
    return this.remote?.model.ready ?? this.role.dials.every((peer) => this.neighbours.connected(peer));
  }

  /** The names of the hosts that are connected. */
  get peers(): string[] {
    const { remote, neighbours } = this;
    return remote?.model.ready ? [...neighbours.peers, remote.peer] : neighbours.peers;
  }

  /** A frame was captured; it must not change from now on. It comes back as a record, whatever becomes of it. */
  capture(value: Captured): number {
    if (!this.role.captures) throw internal(`${this.role.host} captures nothing`);
    const frame = this.nextFrame++;
    const { clock, ledger } = this;
    const full = ledger.inTime >= (this.options.inFlight ?? 64);
    const pending = ledger.begin(frame, clock.now);
    this.counts.frames++;
    if (full) this.fail(pending, "dropped");
    else
      this.processor.enter({
        frame,
        run: () => this.orNothing(frame, this.head(pending, value), () => this.ledger.without(pending, "unreadable")),
        drop: () => this.fail(pending, "dropped"),
      });
    return frame;
  }

  /** Work with its segments that is of no frame, by turns with frames; undefined where too much of it waits already. */
  beside<T>(work: (segments: Segments) => Promise<T>): Promise<T> | undefined {
    return this.processor.beside(() => work(this.loaded.segments));
  }

  /**
   * Goes on with another deployment: its sessions are built first, and it is taken up between two frames. Lines begin anew, and are
   * in use where the other host has changed too; frames that are on their way then get no answer (`disconnected`).
   * @throws InputError as {@link load} and {@link checkSwap} do; then all is as it was
   */
  async swap(next: Pick<HostOptions, "deployment" | "folder" | "pictures">): Promise<void> {
    const { deployment } = next;
    checkSwap(this.loaded, deployment);
    if (this.remote)
      throw new InputError("ERR_DEPLOYMENT_HOST", `${this.remote.peer}: a model stands for it; start this host anew`);
    const loaded = await load({ ...this.options, ...next });
    const takeUp = async (): Promise<void> => {
      const before = this.loaded;
      // What its lines still hold is of the deployment before.
      this.neighbours.adopt(deployment, loaded.role);
      this.loaded = loaded;
      this.restNs = 0;
      this.processor.frameBytes = bytesWaiting(loaded.role, deployment);
      this.ledger.deadlineNs = deployment.deadlineNs;
      this.ledger.abandonSent("disconnected");
      await unload(before);
    };
    await this.processor.between(takeUp);
  }

  /** Resolves when every captured frame has its record, and nothing that came is left undone. */
  async drained(): Promise<void> {
    await this.ledger.drained();
    await this.processor.drained();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.neighbours[Symbol.asyncDispose]();
    await this.remote?.model[Symbol.asyncDispose]();
    await this.processor.drained();
    await unload(this.loaded);
  }

  /** What an engine refuses, outputs without an answer (not finite), and an answer that is too long cost a frame, not the host. */
  private async orNothing(frame: number, work: Promise<void>, otherwise: () => void): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.counts.unreadable++;
      this.options.onUnreadable?.(frame, error);
      otherwise();
    }
  }

  /** The model's input. */
  private get input(): string {
    return this.loaded.deployment.segments[0]!.inputs[0]!.tensor;
  }

  private feeds(value: Value): Tensors {
    return tensorsOf(value, this.input, this.loaded.pictures);
  }

  /** Runs a piece of work, no shorter than the host would that this machine stands for; gives ns with the result. */
  private async timed<T>(work: string | undefined, frame: number, run: () => Promise<T> | T): Promise<[T, number]> {
    const { now } = this.clock;
    const result = await run();
    const ns = work === undefined ? undefined : this.options.pace?.(work, frame);
    if (ns !== undefined && this.clock.now < now + ns) await this.clock.until(now + Math.round(ns));
    return [result, this.clock.now - now];
  }

  /** The captured frame's own part of the model, and what goes on from it. */
  private async head(pending: Pending, captured: Captured): Promise<void> {
    if (pending.done) return;
    const { frame, parts } = pending;
    parts.wait = (this.clock.now - pending.captured) / 1e9;
    let value = valueOf(captured, this.input);
    let outputs: Tensors = {};
    if (this.role.segments.length > 0) {
      const [found, ns] = await this.timed(this.loaded.works.segment, frame, () =>
        this.loaded.segments.run(this.feeds(value)),
      );
      parts.head = ns / 1e9;
      outputs = found;
      value = { tensors: found };
    }
    const onward = { frame, plan: this.plan, budgetMicros: 0 };
    if (!this.role.outgoing) this.finish(onward, outputs, pending);
    else await this.cross(onward, value, pending);
  }

  /** Sends what crosses. What is left to the deadline is known of a frame that was captured here. */
  private async cross({ frame, plan, budgetMicros }: Onward, value: Value, pending?: Pending): Promise<void> {
    const { deployment } = this.loaded;
    const { outgoing, host } = this.role;
    const crossing = outgoing!;
    const [body, ns] = await this.timed(this.loaded.works.encode, frame, () => this.loaded.outgoing!.encode(value));
    const { now } = this.clock;
    const left = pending ? (pending.captured + deployment.deadlineNs - now) / 1e3 : budgetMicros;
    if (pending && this.remote) {
      pending.parts.encode = ns / 1e9;
      await this.ask(this.remote, pending, body, value);
      return;
    }
    const message = { kind: "frame", plan, frame, body, budgetMicros: Math.max(0, left) } as const;
    if (pending) {
      pending.parts.encode = ns / 1e9;
      pending.sent = now;
      pending.bytes = body.length;
    }
    const unsent = this.neighbours.send(crossing.to, message, crossing.transport, crossing.protection.kind);
    if (!pending) return;
    if (unsent) this.fail(pending, unsent, value);
    else if (this.loaded.rest) this.guard(pending, value);
    else if (deployment.frames.answer.host !== host) this.ledger.without(pending, "elsewhere");
  }

  /** A model elsewhere knows no codec of ours: what the message decodes to is made here, and goes there as it is. */
  private async ask({ model, segment }: Remote, pending: Pending, body: Uint8Array, value: Value): Promise<void> {
    const { frame, parts, captured } = pending;
    const [seen, ns] = await this.timed(undefined, frame, () => this.loaded.outgoing!.decode(whole(body)));
    if (pending.done) return;
    if (!seen) return this.ledger.without(pending, "unreadable");
    parts.decode = ns / 1e9;
    if (!model.ready) return this.fail(pending, "disconnected", value);
    const { now } = this.clock;
    const left = captured + this.loaded.deployment.deadlineNs - now;
    pending.sent = now;
    pending.bytes = segment.inputs.reduce((sum, { bytes }) => sum + bytes, 0);
    if (this.loaded.rest) this.guard(pending, value);
    // A little longer than the frame is waited for: what then comes to nothing is told as lost.
    const patience = Math.max(1, (left + 1.2 * patienceNs) / 1e6);
    void this.answered(model.infer(this.feeds(seen), left / 1e3, patience), pending, value);
  }

  private async answered(outputs: Promise<Tensors>, pending: Pending, value: Value): Promise<void> {
    try {
      const found = await outputs;
      pending.parts.network = (this.clock.now - pending.sent!) / 1e9;
      this.ledger.answer(pending, this.loaded.answers.read(found));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (!pending.done) this.fail(pending, reasonOf(error), value);
    }
  }

  /** The rest of the model runs here where the answer has not come when that takes just as long as is left. */
  private guard(pending: Pending, value: Value): void {
    const latest = pending.captured + this.loaded.deployment.deadlineNs - 1.2 * this.restNs;
    this.ledger.at(Math.round(latest), pending, () => this.fallBack(pending, value));
  }

  private fallBack(pending: Pending, value: Value): void {
    if (pending.done || pending.fallsBack) return;
    pending.fallsBack = true;
    this.processor.enter({
      frame: pending.frame,
      drop: () => this.fail(pending, "dropped"),
      run: () => this.orNothing(pending.frame, this.runRest(pending, value), () => this.fail(pending, "unreadable")),
    });
  }

  private async runRest(pending: Pending, value: Value): Promise<void> {
    if (pending.done) return;
    const { now } = this.clock;
    const outputs = await this.loaded.rest!.run(this.feeds(value));
    const took = this.clock.now - now;
    this.restNs = this.restNs === 0 ? took : 0.8 * this.restNs + 0.2 * took;
    this.ledger.answer(pending, this.loaded.answers.read(outputs), undefined, "local");
  }

  /** There will be no answer from elsewhere. */
  private fail(pending: Pending, why: Reason, value?: Value): void {
    if (why === "dropped") this.counts.dropped++;
    if (this.loaded.rest && value) this.fallBack(pending, value);
    else this.ledger.without(pending, why);
  }

  /** The model's outputs are here. */
  private finish(onward: Onward, outputs: Tensors, pending?: Pending, times?: RemoteTimes): void {
    const { frame, plan, budgetMicros } = onward;
    const { answers } = this.loaded;
    const { onAnswer } = this.options;
    const { answer: way } = this.role;
    const answer = answers.read(outputs);
    if (this.role.answered) {
      if (pending) this.ledger.answer(pending, answer);
      else onAnswer?.({ frame, answer, deadlineMet: budgetMicros > 0 });
      return;
    }
    const none = { waited: 0, decode: 0, work: 0, missing: 0 };
    const body = writeAnswer(answer, times ?? none, answers);
    this.neighbours.send(way!.to, { kind: "answer", plan, frame, body, budgetMicros }, way!.transport);
    if (pending) this.ledger.without(pending, "elsewhere");
  }

  /** A message has come. */
  private take(message: ArrivedMessage): void {
    const { loaded } = this;
    if (message.kind === "frame") {
      this.counts.frames++;
      this.counts.missing += message.missing;
      this.processor.enter({
        frame: message.frame,
        run: async () => {
          // Of the deployment before, whose lines have ended.
          if (loaded !== this.loaded) return;
          await this.orNothing(message.frame, this.tail(message), () => this.refuse(message, "unreadable"));
        },
        drop: () => {
          this.counts.dropped++;
          this.refuse(message, "dropped");
        },
      });
      return;
    }
    const { kind, frame, plan, received, budgetMicros } = message;
    // What came with a hole says nothing.
    const complete = kind === "answer" && received.missing.length === 0;
    const found = complete ? readAnswer(received.bytes, this.loaded.answers) : undefined;
    if (!this.role.captures) {
      if (found) this.options.onAnswer?.({ frame, answer: found.answer, deadlineMet: budgetMicros > 0 });
      return;
    }
    const pending = plan === this.plan ? this.ledger.find(frame) : undefined;
    if (!pending) return;
    if (found) this.ledger.answer(pending, found.answer, found.times);
    // Else the rest of the model runs here in time.
    else if (!this.loaded.rest)
      this.ledger.without(pending, kind === "nothing" ? readRefusal(received.bytes) : "unreadable");
  }

  /** What came of a frame goes through this host's part of the model. */
  private async tail(message: ArrivedMessage): Promise<void> {
    const { frame, plan, received, at, missing } = message;
    const waited = (this.clock.now - at) / 1e3;
    const [value, decodeNs] = await this.timed(this.loaded.works.decode, frame, () =>
      this.loaded.incoming!.decode(received),
    );
    if (!value) {
      this.counts.unreadable++;
      this.refuse(message, "unreadable");
      return;
    }
    const [outputs, ns] = await this.timed(this.loaded.works.segment, frame, () =>
      this.loaded.segments.run(this.feeds(value)),
    );
    const times = { waited, decode: decodeNs / 1e3, work: ns / 1e3, missing };
    const { traceSeed } = this;
    const parts = { wait: waited / 1e6, decode: decodeNs / 1e9, tail: ns / 1e9 };
    this.options.onServed?.(parts, { frame, ...(traceSeed && { traceSeed }) });
    const budgetMicros = Math.max(0, message.budgetMicros - (this.clock.now - at) / 1e3);
    const onward = { frame, plan, budgetMicros };
    if (!this.role.outgoing) this.finish(onward, outputs, undefined, times);
    else await this.cross(onward, { tensors: outputs });
  }

  /** Tells that a frame gets no answer. */
  private refuse({ frame, plan }: ArrivedMessage, why: Refusal): void {
    const { answer: way, host } = this.role;
    if (way?.from !== host) return;
    const message = { kind: "nothing", plan, frame, body: writeRefusal(why), budgetMicros: 0 } as const;
    this.neighbours.send(way.to, message, way.transport);
  }
}

/** What a frame takes while it waits for its turn: what came of it, or was captured, or is to cross. */
function bytesWaiting({ captures, incoming, outgoing }: Role, { segments }: Deployment): number {
  const sum = (tensors: readonly { bytes: number }[] = []): number =>
    tensors.reduce((all, { bytes }) => all + bytes, 0);
  return Math.max(incoming?.mostBytes ?? 0, captures ? sum(segments[0]?.inputs) : 0, sum(outgoing?.carries));
}
