/** @file The segments that a host runs: one warm session each, from the time it starts. */
import { join } from "node:path";
import type { Deployment } from "@split-et-impera/core/deploy";
import type { Engine, Session } from "@split-et-impera/core/engine";
import { zeros, type Tensors } from "@split-et-impera/core/tensor";

export interface SegmentsOptions {
  deployment: Deployment;
  folder: string;
  engine: Engine;
  /** Of the engine, for one operator. Default: all cores. */
  threads?: number | undefined;
}

/** Some of a deployment's segments, in order. */
export class Segments implements AsyncDisposable {
  private readonly deployment: Deployment;
  private readonly sessions: readonly { position: number; session: Session }[];

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
      const { file, inputs, outputs } = deployment.segments[position]!;
      const session = await engine.load(join(folder, file), threads === undefined ? {} : { threads });
      sessions.push({ position, session });
      const feeds = inputs.map(({ tensor, type, shape }) => [tensor, zeros(type, shape)] as const);
      await session.run(
        Object.fromEntries(feeds),
        outputs.map(({ tensor }) => tensor),
      );
    }
    return new Segments(deployment, sessions);
  }

  /** All of them, one after the other, each fed with what it takes of what is there: gives that, and what all made. */
  async run(given: Tensors): Promise<Tensors> {
    const known = { ...given };
    for (const { position, session } of this.sessions) {
      const { inputs, outputs } = this.deployment.segments[position]!;
      const feeds = Object.fromEntries(inputs.map(({ tensor }) => [tensor, known[tensor]!]));
      const made = await session.run(
        feeds,
        outputs.map(({ tensor }) => tensor),
      );
      Object.assign(known, made);
    }
    return known;
  }

  /** One of them by itself. */
  async runOne(position: number, feeds: Tensors, outputs: readonly string[]): Promise<Tensors> {
    const { session } = this.sessions.find((one) => one.position === position)!;
    return session.run(feeds, outputs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { session } of this.sessions) await session.release();
  }
}
