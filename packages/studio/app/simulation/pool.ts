/** @file Workers that share a list of work: what matters most first, and nothing that nobody waits for any more. */
import type { DesignResult, Result, Verdict, WhatIfDesign } from "@split-et-impera/core/design";
import type { Circumstances, Order, Reply } from "./messages.ts";

interface Task {
  number: number;
  /** Lower ones first. */
  rank: number;
  order(ticket: number): Order;
  done(reply: Reply): void;
}

interface Member {
  worker: Worker;
  task?: Task;
  ticket: number;
  /** Circumstances that it knows. */
  knows: Set<number>;
}

/** One worker a processor, but for the page's own; more than four gain little for some dozen designs. */
const size = (): number => Math.min(4, Math.max(2, (navigator.hardwareConcurrency || 2) - 1));

export class Pool {
  private readonly members: Member[];
  private readonly circumstances = new Map<number, Circumstances>();
  private tasks: Task[] = [];
  private tickets = 0;
  private numbers = 0;

  constructor(result: Result) {
    this.members = Array.from({ length: size() }, () => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      const member: Member = { worker, ticket: -1, knows: new Set() };
      worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
        if (data.ticket !== member.ticket) return;
        const { task } = member;
        delete member.task;
        task?.done(data);
        this.next();
      });
      worker.postMessage({ kind: "open", result } satisfies Order);
      return member;
    });
  }

  /** Circumstances to give work under; {@link Inquiry.cancel} takes back all that has not begun. */
  inquire(circumstances: Circumstances): Inquiry {
    const number = ++this.numbers;
    this.circumstances.set(number, circumstances);
    return new Inquiry(number, this);
  }

  /** @internal */
  add(task: Task): void {
    const at = this.tasks.findIndex(({ rank }) => rank > task.rank);
    if (at < 0) this.tasks.push(task);
    else this.tasks.splice(at, 0, task);
    this.next();
  }

  /** @internal */
  drop(number: number): void {
    this.circumstances.delete(number);
    this.tasks = this.tasks.filter((task) => task.number !== number);
  }

  private next(): void {
    for (const member of this.members) {
      if (member.task || this.tasks.length === 0) continue;
      const task = this.tasks.shift()!;
      member.task = task;
      member.ticket = ++this.tickets;
      const circumstances = this.circumstances.get(task.number)!;
      if (!member.knows.has(task.number)) {
        member.knows.add(task.number);
        member.worker.postMessage({ kind: "circumstances", number: task.number, circumstances } satisfies Order);
      }
      member.worker.postMessage(task.order(member.ticket));
    }
  }

  close(): void {
    for (const { worker } of this.members) worker.terminate();
    this.tasks = [];
  }
}

/** Questions under the same circumstances; once cancelled, no answer comes any more. */
export class Inquiry {
  readonly number: number;
  private readonly pool: Pool;
  private over = false;

  constructor(number: number, pool: Pool) {
    this.number = number;
    this.pool = pool;
  }

  design(id: string, rank = 0): Promise<WhatIfDesign> {
    const { number } = this;
    return this.ask(rank, (ticket) => ({ kind: "design", number, ticket, id })).then((reply) => {
      if (reply.kind !== "design") throw failure(reply);
      return reply.design;
    });
  }

  verdict(designs: readonly WhatIfDesign[], rank = 0): Promise<Verdict> {
    const { number } = this;
    // Single frames are not what is compared.
    const plain = designs.map(({ latencies: _frames, ...design }): DesignResult => design);
    return this.ask(rank, (ticket) => ({ kind: "verdict", number, ticket, designs: plain })).then((reply) => {
      if (reply.kind !== "verdict") throw failure(reply);
      return reply.verdict;
    });
  }

  cancel(): void {
    this.over = true;
    this.pool.drop(this.number);
  }

  get cancelled(): boolean {
    return this.over;
  }

  private ask(rank: number, order: (ticket: number) => Order): Promise<Reply> {
    return new Promise((resolve) => {
      if (this.over) return;
      const done = (reply: Reply): void => {
        // Of a question that was taken back nothing is heard, also where a worker was at it.
        if (!this.over) resolve(reply);
      };
      this.pool.add({ number: this.number, rank, order, done });
    });
  }
}

const failure = (reply: Reply): Error => new Error(reply.kind === "failed" ? reply.why : "another answer came");
