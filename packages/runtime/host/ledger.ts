/** @file The frames that wait for their answer, on the host that captured them. */
import type { Clock, EventId } from "@split-et-impera/core/network";
import type { Answer, RemoteTimes } from "./answer.ts";
import type { FrameRecord, Reason } from "./record.ts";

/** A frame under way. All times are ns of the clock. */
export interface Pending {
  frame: number;
  captured: number;
  /** When it was handed to the transport; absent before. */
  sent?: number;
  bytes: number;
  /** Of the message alone, where something was added to it. */
  message?: number;
  parts: FrameRecord["parts"];
  /** What is still to be done with it. */
  events: Set<EventId>;
  /** What an early exit says that was not sure: the answer where no other comes. */
  unsure?: Answer;
  /** The rest of the model runs here, or is about to. */
  fallsBack: boolean;
  done: boolean;
}

export interface LedgerOptions {
  clock: Clock;
  /** When the run began. */
  start: number;
  deadlineNs: number;
  /** ns behind its deadline after which a frame's answer is given up. */
  patienceNs: number;
  onRecord(record: FrameRecord): void;
}

const seconds = (ns: number): number => ns / 1e9;

export class Ledger {
  /** From capture, behind which an answer is late. */
  deadlineNs: number;
  /** When the run began. */
  start: number;
  private readonly options: LedgerOptions;
  private readonly open = new Map<number, Pending>();
  private tell: (() => void)[] = [];

  constructor(options: LedgerOptions) {
    this.options = options;
    this.deadlineNs = options.deadlineNs;
    this.start = options.start;
  }

  /** Frames whose deadline is still to come. */
  get inTime(): number {
    const { deadlineNs } = this;
    const { now } = this.options.clock;
    let late = 0;
    // In the order of capture: those behind the first that is in time are too.
    for (const { captured } of this.open.values()) {
      if (now - captured < deadlineNs) break;
      late++;
    }
    return this.open.size - late;
  }

  find(frame: number): Pending | undefined {
    return this.open.get(frame);
  }

  begin(frame: number, captured: number): Pending {
    const { deadlineNs } = this;
    const { patienceNs } = this.options;
    const pending: Pending = { frame, captured, bytes: 0, parts: {}, events: new Set(), fallsBack: false, done: false };
    this.open.set(frame, pending);
    this.at(captured + deadlineNs + patienceNs, pending, () => this.without(pending, "lost"));
    return pending;
  }

  /** Has something done at an instant, unless the frame has its record by then. */
  at(time: number, pending: Pending, run: () => void): void {
    const fire = (): void => {
      pending.events.delete(id);
      run();
    };
    const id = this.options.clock.at(time, { fire });
    pending.events.add(id);
  }

  /** The answer has come; undefined where it is not waited for any more. */
  answer(pending: Pending, answer: Answer, times?: RemoteTimes, fallback?: FrameRecord["fallback"]): void {
    const { clock } = this.options;
    const { now } = clock;
    if (times && pending.sent !== undefined && fallback === undefined) {
      const [remoteWait, decode, tail] = [times.waited / 1e6, times.decode / 1e6, times.work / 1e6];
      const network = Math.max(0, seconds(now - pending.sent) - remoteWait - decode - tail);
      Object.assign(pending.parts, { network, remoteWait, decode, tail });
    }
    const latency = seconds(now - pending.captured);
    this.finish(pending, {
      latency,
      deadlineMet: now - pending.captured <= this.deadlineNs,
      ...(fallback && { fallback }),
      answer,
      missing: times?.missing ?? 0,
    });
  }

  /** An early exit is sure. */
  exit(pending: Pending, answer: Answer): void {
    const ns = this.options.clock.now - pending.captured;
    this.finish(pending, { latency: seconds(ns), deadlineMet: ns <= this.deadlineNs, exit: true, answer, missing: 0 });
  }

  /** No answer comes; that of an early exit that was asked stands then. */
  without(pending: Pending, why: Reason): void {
    if (pending.done) return;
    if (pending.unsure) return this.answer(pending, pending.unsure, undefined, "exit");
    this.finish(pending, { deadlineMet: false, why, missing: 0 });
  }

  /** Frames that were sent get no answer any more. */
  abandonSent(why: Reason): void {
    for (const pending of this.open.values()) if (pending.sent !== undefined) this.without(pending, why);
  }

  /** Resolves when no frame waits. */
  drained(): Promise<void> {
    return this.open.size === 0 ? Promise.resolve() : new Promise((resolve) => this.tell.push(resolve));
  }

  private finish(
    pending: Pending,
    rest: Omit<FrameRecord, "frame" | "captured" | "bytes" | "message" | "parts">,
  ): void {
    if (pending.done) return;
    pending.done = true;
    this.open.delete(pending.frame);
    // With each goes what it holds: at many frames a second, more than all that are under way.
    for (const id of pending.events) this.options.clock.cancel(id);
    const { frame, captured, bytes, message, parts } = pending;
    this.options.onRecord({
      frame,
      captured: seconds(captured - this.start),
      ...rest,
      bytes,
      ...(message !== undefined && { message }),
      parts,
    });
    if (this.open.size === 0) for (const tell of this.tell.splice(0)) tell();
  }
}
