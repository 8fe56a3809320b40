/** @file Frames that are captured here: through this host's part of the model, on to the next host, until each has its record. */
import { randomInt } from "node:crypto";
import type { Deployment } from "@split-et-impera/core/deploy";
import { exitStandsAt } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import type { Tensors } from "@split-et-impera/core/tensor";
import { whole } from "@split-et-impera/core/wire";
import type { ArrivedMessage } from "../messages/index.ts";
import { readAnswer, readRefusal } from "./answer.ts";
import { valueOf, type Captured, type Value } from "./coding.ts";
import type { HostContext } from "./context.ts";
import { Fallback } from "./fallback.ts";
import { Ledger, type Pending } from "./ledger.ts";
import type { Reason } from "./record.ts";
import { reasonOf, type Remote } from "./remote.ts";

/** Behind its deadline a frame's answer is waited for so long. */
const patienceNs = 2e9;
/** Frames at once, whose deadline is still to come. */
const usualInFlight = 64;

export class CapturedFrames {
  private readonly context: HostContext;
  /** What answers in place of the host that this one sends to. */
  private readonly remote: Remote | undefined;
  private readonly ledger: Ledger;
  private readonly fallback: Fallback;
  /** Of this run, a byte: an answer to a frame from before a restart is not taken for one to a frame of now. */
  private plan = randomInt(256);
  /** Those of this run. */
  private readonly plans = new Set([this.plan]);
  private next = 0;

  constructor(context: HostContext, remote: Remote | undefined) {
    const { clock, options, loaded } = context;
    this.context = context;
    this.remote = remote;
    this.ledger = new Ledger({
      clock,
      start: clock.now,
      deadlineNs: loaded.deployment.deadlineNs,
      patienceNs,
      onRecord: (record) => options.onRecord?.(record),
    });
    this.fallback = new Fallback(context, this.ledger);
  }

  continues(frame: number, since: number): void {
    this.next = frame;
    this.ledger.start = since;
  }

  /**
   * It comes back as a record, whatever becomes of it.
   * @param begins whether a stream begins with it: state of frames before it is none of its
   */
  capture(value: Captured, begins = false): number {
    const { context, ledger } = this;
    if (begins && this.next > 0 && context.loaded.deployment.segments.some(({ state }) => state)) {
      this.plan = (this.plan + 1) % 256;
      this.plans.add(this.plan);
    }
    const { plan } = this;
    const { clock, options, processor, counts } = context;
    const frame = this.next++;
    const full = ledger.inTime >= (options.inFlight ?? usualInFlight);
    const pending = ledger.begin(frame, clock.now);
    counts.frames++;
    if (full) this.fail(pending, "dropped");
    else
      processor.enter({
        frame,
        run: () =>
          context.orNothing(frame, this.head(pending, value, plan), () => ledger.without(pending, "unreadable")),
        drop: () => this.fail(pending, "dropped"),
      });
    return frame;
  }

  /** An answer has come from another host, or that there is none. */
  take(message: ArrivedMessage): void {
    const { kind, frame, plan, received } = message;
    const pending = this.plans.has(plan) ? this.ledger.find(frame) : undefined;
    if (!pending) return;
    const found = readAnswer(message, this.context.loaded.answers);
    if (found) this.ledger.answer(pending, found.answer, found.times);
    // Else the rest of the model runs here in time.
    else if (!this.fallback.ready)
      this.ledger.without(pending, kind === "nothing" ? readRefusal(received.bytes) : "unreadable");
  }

  /** Another deployment runs: no answer comes any more to what was sent. */
  adopt({ deadlineNs }: Deployment): void {
    this.ledger.deadlineNs = deadlineNs;
    this.fallback.adopt();
    this.ledger.abandonSent("disconnected");
  }

  /** Resolves when every frame has its record. */
  drained(): Promise<void> {
    return this.ledger.drained();
  }

  /** Through this host's part of the model. */
  private async head(pending: Pending, captured: Captured, plan: number): Promise<void> {
    if (pending.done) return;
    const { context } = this;
    const { frame, parts } = pending;
    parts.wait = (context.clock.now - pending.captured) / 1e9;
    let value = valueOf(captured, context.input);
    let outputs: Tensors = {};
    if (context.role.segments.length > 0) {
      const [found, ns] = await context.segments(frame, plan, value);
      parts.head = ns / 1e9;
      outputs = found;
      if (context.loaded.exit) {
        if (await this.leaves(pending, found)) return;
        if (!context.role.outgoing) {
          const [all, more] = await context.behindExit(frame, found);
          parts.tail = more / 1e9;
          outputs = all;
        }
      }
      // Past an exit a picture may be sent as it was captured.
      if (context.role.outgoing?.carries[0]!.codec.kind !== "image") value = { tensors: found };
    }
    if (context.role.outgoing) await this.cross(pending, value, plan);
    else this.finish(pending, outputs, plan);
  }

  /** Whether the early exit is sure of a frame, which is finished then; else its answer stands where no other comes. */
  private async leaves(pending: Pending, known: Tensors): Promise<boolean> {
    const { context, ledger } = this;
    const [{ outputs, sure }, ns] = await context.exit(pending.frame, known);
    pending.parts.head = (pending.parts.head ?? 0) + ns / 1e9;
    const answer = context.loaded.answers.read(outputs);
    if (sure) {
      ledger.exit(pending, answer);
      return true;
    }
    pending.unsure = answer;
    const stands = exitStandsAt(ledger.deadlineNs / 1e9) * 1e9;
    ledger.at(Math.round(pending.captured + stands), pending, () => ledger.without(pending, "lost"));
    return false;
  }

  /** On to the next host. */
  private async cross(pending: Pending, value: Value, plan: number): Promise<void> {
    const { context, ledger, fallback } = this;
    const { frame, parts } = pending;
    const [body, ns] = await context.encode(frame, value);
    parts.encode = ns / 1e9;
    if (this.remote) {
      await this.ask(this.remote, pending, body, value);
      return;
    }
    const { now } = context.clock;
    pending.sent = now;
    pending.bytes = context.bytesSent(body.length);
    if (pending.bytes !== body.length) pending.message = body.length;
    const unsent = context.sendFrame({ frame, plan, budgetMicros: this.left(pending) }, body);
    if (unsent) this.fail(pending, unsent, value);
    else if (fallback.ready) fallback.guard(pending, value);
    else if (!context.role.answered) ledger.without(pending, "elsewhere");
  }

  /** A model elsewhere knows no codec of ours: what the message decodes to is made here, and goes there as it is. */
  private async ask({ model, segment }: Remote, pending: Pending, body: Uint8Array, value: Value): Promise<void> {
    const { context, ledger, fallback } = this;
    const { frame, parts, captured } = pending;
    const [seen, ns] = await context.timed(undefined, frame, () => context.loaded.outgoing!.decode(whole(body)));
    if (pending.done) return;
    if (!seen) return ledger.without(pending, "unreadable");
    parts.decode = ns / 1e9;
    if (!model.ready) return this.fail(pending, "disconnected", value);
    const { now } = context.clock;
    const left = captured + ledger.deadlineNs - now;
    pending.sent = now;
    pending.bytes = segment.inputs.reduce((sum, { bytes }) => sum + bytes, 0);
    if (fallback.ready) fallback.guard(pending, value);
    // A little longer than the frame is waited for: what then comes to nothing is told as lost.
    const patience = Math.max(1, (left + 1.2 * patienceNs) / 1e6);
    void this.answered(model.infer(context.feeds(seen), left / 1e3, patience), pending, value);
  }

  private async answered(outputs: Promise<Tensors>, pending: Pending, value: Value): Promise<void> {
    const { clock, loaded } = this.context;
    try {
      const found = await outputs;
      pending.parts.network = (clock.now - pending.sent!) / 1e9;
      this.ledger.answer(pending, loaded.answers.read(found));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (!pending.done) this.fail(pending, reasonOf(error), value);
    }
  }

  /** The model's outputs are here. */
  private finish(pending: Pending, outputs: Tensors, plan: number): void {
    const { loaded, role } = this.context;
    const answer = loaded.answers.read(outputs);
    if (role.answered) return this.ledger.answer(pending, answer);
    this.context.sendAnswer({ frame: pending.frame, plan, budgetMicros: this.left(pending) }, answer);
    this.ledger.without(pending, "elsewhere");
  }

  /** There will be no answer from elsewhere. */
  private fail(pending: Pending, why: Reason, value?: Value): void {
    if (why === "dropped") this.context.counts.dropped++;
    if (value && this.fallback.ready) this.fallback.begin(pending, value);
    else this.ledger.without(pending, why);
  }

  /** Microseconds to its deadline; 0 behind it. */
  private left({ captured }: Pending): number {
    return Math.max(0, (captured + this.ledger.deadlineNs - this.context.clock.now) / 1e3);
  }
}
