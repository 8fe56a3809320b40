/** @file A host of a deployment at work: frames come in, by capture or from another host, and their results go on. */
import { InputError, internal } from "@split-et-impera/core/errors";
import type { Address } from "../index.ts";
import type { ArrivedMessage } from "../messages/index.ts";
import { readAnswer } from "./answer.ts";
import { ArrivedFrames } from "./arrived.ts";
import { CapturedFrames } from "./captured.ts";
import type { Captured } from "./coding.ts";
import { HostContext } from "./context.ts";
import { checkSwap, load, unload } from "./loaded.ts";
import { Neighbours, type LineEvent } from "./neighbours.ts";
import type { HostCounters, HostOptions } from "./options.ts";
import { openRemote, type Remote } from "./remote.ts";
import type { Role } from "./role.ts";
import type { Segments } from "./segments.ts";

export class RunningHost implements AsyncDisposable {
  /** When records count from, ms since 1970. */
  readonly began = Date.now();
  private readonly context: HostContext;
  private readonly captured: CapturedFrames;
  private readonly arrived: ArrivedFrames;
  /** What answers in place of the host that this one sends to. */
  private readonly remote: Remote | undefined;

  private constructor(context: HostContext, remote: Remote | undefined) {
    this.context = context;
    this.remote = remote;
    this.captured = new CapturedFrames(context, remote);
    this.arrived = new ArrivedFrames(context);
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
    const context = new HostContext(options, loaded);
    const remote = await openRemote({ deployment, role, models, trust, anywhere, onEvent });
    const running = new RunningHost(context, remote);
    context.neighbours = await Neighbours.open({
      deployment,
      role: remote ? { ...role, dials: [], outgoing: undefined, answer: undefined } : role,
      trust,
      listen,
      addresses,
      clock: context.clock,
      traceSeed: options.traceSeed,
      onMessage: (message) => running.take(message),
      onTraceSeed: (seed) => (running.arrived.traceSeed = seed),
      onEvent,
      onRoundTrip: options.onRoundTrip,
    });
    return running;
  }

  get role(): Role {
    return this.context.role;
  }

  /** Where it listens. */
  get address(): Address | undefined {
    return this.context.neighbours.address;
  }

  /** Where it takes datagrams; undefined where no design of its own sends any. */
  get datagramPort(): number | undefined {
    return this.context.neighbours.datagramPort;
  }

  get counters(): HostCounters {
    const { counts, neighbours } = this.context;
    return { ...counts, ...neighbours.counters };
  }

  /** Whether all hosts that it connects to are connected. */
  get ready(): boolean {
    return this.remote?.model.ready ?? this.role.dials.every((peer) => this.context.neighbours.connected(peer));
  }

  /** The names of the hosts that are connected. */
  get peers(): string[] {
    const { remote } = this;
    const { neighbours } = this.context;
    return remote?.model.ready ? [...neighbours.peers, remote.peer] : neighbours.peers;
  }

  /** Numbers and times of frames go on from those of another host's run; before its first frame. */
  continues(frame: number, since: number): void {
    this.captured.continues(frame, since);
  }

  /** A frame was captured; it must not change from now on. It comes back as a record, whatever becomes of it. */
  capture(value: Captured, begins = false): number {
    if (!this.role.captures) throw internal(`${this.role.host} captures nothing`);
    return this.captured.capture(value, begins);
  }

  /** Work with its segments that is of no frame, by turns with frames; undefined where too much of it waits already. */
  beside<T>(work: (segments: Segments) => Promise<T>): Promise<T> | undefined {
    const { context } = this;
    return context.processor.beside(() => work(context.loaded.segments));
  }

  /**
   * Goes on with another deployment: its sessions are built first, and it is taken up between two frames. Lines begin anew, and are
   * in use where the other host has changed too; frames that are on their way then get no answer (`disconnected`).
   * @throws InputError as {@link load} and {@link checkSwap} do; then all is as it was
   */
  async swap(next: Pick<HostOptions, "deployment" | "folder" | "pictures">): Promise<void> {
    const { deployment } = next;
    const { context } = this;
    checkSwap(context.loaded, deployment);
    if (this.remote)
      throw new InputError("ERR_DEPLOYMENT_HOST", `${this.remote.peer}: a model stands for it; start this host anew`);
    const loaded = await load({ ...context.options, ...next });
    const takeUp = async (): Promise<void> => {
      const { loaded: before } = context;
      // What its lines still hold is of the deployment before.
      context.neighbours.adopt(deployment, loaded.role);
      context.adopt(loaded);
      this.captured.adopt(deployment);
      await unload(before);
    };
    await context.processor.between(takeUp);
  }

  /** Resolves when every captured frame has its record, and nothing that came is left undone. */
  async drained(): Promise<void> {
    await this.captured.drained();
    await this.context.processor.drained();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { neighbours, processor } = this.context;
    await neighbours[Symbol.asyncDispose]();
    await this.remote?.model[Symbol.asyncDispose]();
    await processor.drained();
    await unload(this.context.loaded);
  }

  /** A message has come. */
  private take(message: ArrivedMessage): void {
    if (message.kind === "frame") return this.arrived.take(message);
    if (this.role.captures) return this.captured.take(message);
    const { loaded, options } = this.context;
    const { frame, budgetMicros } = message;
    const found = readAnswer(message, loaded.answers);
    if (found) options.onAnswer?.({ frame, answer: found.answer, deadlineMet: budgetMicros > 0 });
  }
}
