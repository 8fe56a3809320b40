/** @file What frames meet on a host, wherever they come from: what is loaded, turns, lines, a clock. */
import { capturedPorts } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import type { Tensors } from "@split-et-impera/core/tensor";
import { packetPlan } from "@split-et-impera/core/wire";
import { LoopClock } from "../messages/index.ts";
import { writeAnswer, type Answer, type RemoteTimes } from "./answer.ts";
import { tensorsOf, type Value } from "./coding.ts";
import type { Loaded } from "./loaded.ts";
import type { Neighbours } from "./neighbours.ts";
import type { HostOptions } from "./options.ts";
import { Processor } from "./processor.ts";
import type { Role } from "./role.ts";

/** What goes with a frame from host to host, and comes back with its answer. */
export interface Onward {
  frame: number;
  /** The run of the host that captured it, which counts its frames from 0 each time. */
  plan: number;
  /** Microseconds left to the deadline; 0: none. */
  budgetMicros: number;
}

const noTimes: RemoteTimes = { waited: 0, decode: 0, work: 0, missing: 0 };

export class HostContext {
  readonly options: HostOptions;
  readonly clock = new LoopClock();
  readonly processor: Processor;
  readonly counts = { frames: 0, dropped: 0, unreadable: 0, missing: 0 };
  /** Set before any frame comes. */
  neighbours!: Neighbours;
  private current: Loaded;

  constructor(options: HostOptions, loaded: Loaded) {
    this.options = options;
    this.current = loaded;
    this.processor = new Processor(loaded.deployment.frames.order, bytesWaiting(loaded));
  }

  get loaded(): Loaded {
    return this.current;
  }

  get role(): Role {
    return this.current.role;
  }

  /** Goes on with another deployment. */
  adopt(loaded: Loaded): void {
    this.current = loaded;
    this.processor.frameBytes = bytesWaiting(loaded);
  }

  /** The model's input. */
  get input(): string {
    return this.loaded.deployment.segments[0]!.inputs[0]!.tensor;
  }

  feeds(value: Value): Tensors {
    return tensorsOf(value, this.input, this.loaded.pictures);
  }

  /** Runs a piece of work, no shorter than the host would that this machine stands for; gives ns with the result. */
  async timed<T>(work: string | undefined, frame: number, run: () => Promise<T> | T): Promise<[T, number]> {
    const { now } = this.clock;
    const result = await run();
    const ns = work === undefined ? undefined : this.options.pace?.(work, frame);
    if (ns !== undefined && this.clock.now < now + ns) await this.clock.until(now + Math.round(ns));
    return [result, this.clock.now - now];
  }

  /** This host's part of the model; up to an early exit, where there is one. */
  segments(frame: number, plan: number, value: Value): Promise<[Tensors, number]> {
    const { works, segments, exit } = this.loaded;
    const before = exit && ((position: number) => position <= exit.after);
    return this.timed(works.segment, frame, () => segments.run(this.feeds(value), { plan, frame }, before));
  }

  /** What an early exit makes of that. */
  exit(frame: number, known: Tensors): Promise<[{ outputs: Tensors; sure: boolean }, number]> {
    const { works, exit } = this.loaded;
    return this.timed(works.exit, frame, () => exit!.ask(known));
  }

  /** This host's part of the model behind an early exit. */
  behindExit(frame: number, known: Tensors): Promise<[Tensors, number]> {
    const { works, segments, exit } = this.loaded;
    return this.timed(works.rest, frame, () => segments.run(known, undefined, (position) => position > exit!.after));
  }

  /** What crosses, as bytes. */
  encode(frame: number, value: Value): Promise<[Uint8Array<ArrayBuffer>, number]> {
    const { works, outgoing } = this.loaded;
    return this.timed(works.encode, frame, () => outgoing!.encode(value));
  }

  /** @returns why it was not sent */
  sendFrame(onward: Onward, body: Uint8Array<ArrayBuffer>): "disconnected" | "dropped" | undefined {
    const { outgoing } = this.role;
    return this.neighbours.send(outgoing!.to, { kind: "frame", ...onward, body }, outgoing!);
  }

  /** Bytes of a message to the next host, with what is added to its datagrams. */
  bytesSent(bytes: number): number {
    const { transport, protection } = this.role.outgoing!;
    if (transport.kind === "tcp" || !protection) return bytes;
    return packetPlan(protection, bytes, transport.payloadBytes).sizes.reduce((sum, size) => sum + size, 0);
  }

  /** To the host where answers are due. */
  sendAnswer(onward: Onward, answer: Answer, times = noTimes): void {
    const { answer: passage } = this.role;
    const body = writeAnswer(answer, times, this.loaded.answers);
    this.neighbours.send(passage!.to, { kind: "answer", ...onward, body }, passage!);
  }

  /** What an engine refuses, outputs without an answer (not finite), and an answer that is too long cost a frame, not the host. */
  async orNothing(frame: number, work: Promise<void>, otherwise: () => void): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.counts.unreadable++;
      this.options.onUnreadable?.(frame, error);
      otherwise();
    }
  }
}

/** What a frame takes while it waits for its turn: what came of it, or was captured, or is to cross. */
function bytesWaiting({ role: { captures, incoming, outgoing }, deployment }: Loaded): number {
  const sum = (tensors: readonly { bytes: number }[] = []): number =>
    tensors.reduce((all, { bytes }) => all + bytes, 0);
  return Math.max(incoming?.mostBytes ?? 0, captures ? sum(capturedPorts(deployment)) : 0, sum(outgoing?.carries));
}
