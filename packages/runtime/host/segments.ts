/** @file The segments that a host runs: one warm session each, from the time it starts. */
import { join } from "node:path";
import type { Deployment } from "@split-et-impera/core/deploy";
import type { Engine, Session } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import { zeros, type Tensors } from "@split-et-impera/core/tensor";

export interface SegmentsOptions {
  deployment: Deployment;
  folder: string;
  engine: Engine;
  /** Of the engine, for one operator. Default: all cores. */
  threads?: number | undefined;
}

/** A frame of a stream: frames of one plan are captured in the order of their numbers. */
export interface StreamFrame {
  plan: number;
  frame: number;
}

/** Some of a deployment's segments, in order. */
export class Segments implements AsyncDisposable {
  private readonly deployment: Deployment;
  private readonly sessions: readonly { position: number; session: Session }[];
  /** State as the next frame takes it, by segment and input; and the frame whose it is. */
  private held = new Map<number, Tensors>();
  private last: StreamFrame | undefined;

  private constructor(deployment: Deployment, sessions: Segments["sessions"]) {
    this.deployment = deployment;
    this.sessions = sessions;
  }

  /**
   * Loads them, and runs each once on zeros, so that the first frame is not the one that pays for it.
   * @throws InputError where the engine does not take a file
   */
  static async open(positions: readonly number[], options: SegmentsOptions): Promise<Segments> {
    const { deployment, folder, engine, threads } = options;
    const sessions: { position: number; session: Session }[] = [];
    for (const position of positions) {
      const { file, inputs, outputs, state = [] } = deployment.segments[position]!;
      const session = await engine.load(join(folder, file), threads === undefined ? {} : { threads });
      sessions.push({ position, session });
      const taken = [...inputs, ...state.map((one) => ({ ...one, tensor: one.input }))];
      const feeds = taken.map(({ tensor, type, shape }) => [tensor, zeros(type, shape)] as const);
      await session.run(
        Object.fromEntries(feeds),
        outputs.map(({ tensor }) => tensor),
      );
    }
    return new Segments(deployment, sessions);
  }

  /**
   * All of them, one after the other, each fed with what it takes of what is there: gives that, and what all made.
   * @param of the frame: state goes on from the one before of its stream, and begins anew with another stream
   * @param which of them, by position; default all
   */
  async run(given: Tensors, of?: StreamFrame, which = (_position: number): boolean => true): Promise<Tensors> {
    const { last } = this;
    if (!of || !last || of.plan !== last.plan || of.frame <= last.frame) this.held = new Map();
    this.last = of;
    const known = { ...given };
    for (const { position, session } of this.sessions) {
      if (!which(position)) continue;
      const { inputs, outputs, state = [] } = this.deployment.segments[position]!;
      const feeds = Object.fromEntries(inputs.map(({ tensor }) => [tensor, known[tensor]!]));
      const own = this.held.get(position);
      for (const { input, type, shape } of state) feeds[input] = own?.[input] ?? zeros(type, shape);
      const made = await session.run(feeds, [
        ...new Set([
          ...outputs.map(({ tensor }) => tensor),
          ...state.flatMap((one) => (one.output in feeds ? [] : [one.output])),
        ]),
      ]);
      this.held.set(
        position,
        Object.fromEntries(state.map(({ input, output }) => [input, made[output] ?? feeds[output]!])),
      );
      Object.assign(known, made);
    }
    return known;
  }

  /** One of them by itself. */
  async runOne(position: number, feeds: Tensors, outputs: readonly string[]): Promise<Tensors> {
    if (this.deployment.segments[position]!.state)
      throw new InputError(
        "ERR_DEPLOYMENT_HOST",
        `"${this.deployment.segments[position]!.name}" keeps state from frame to frame, which others cannot ask for`,
      );
    const { session } = this.sessions.find((one) => one.position === position)!;
    return session.run(feeds, outputs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { session } of this.sessions) await session.release();
  }
}
