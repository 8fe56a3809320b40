/** @file Visits that wait for a host, and who of them goes first. */
import type { Visit } from "./visit.ts";

/**
 * Which of the frames that wait for a host goes next.
 * - `oldest`: the one captured first. No frame is left out, and what one core does is done in the order of capture.
 * - `newest`: the one captured last; older ones wait until nothing newer does.
 * - `drop`: as newest, and a frame that waits when a newer one of its flow comes is left out.
 */
export type HostOrder = "oldest" | "newest" | "drop";
export const hostOrders: readonly HostOrder[] = ["oldest", "newest", "drop"];

export interface Waiting {
  visit: Visit;
  /** Ties go to who came first. */
  sequence: number;
  /** ns, since when it waits. */
  since: number;
  /** It waits no more. */
  gone: boolean;
}

/** Whether `a` goes before `b`. */
export function before(a: Waiting, b: Waiting, order: HostOrder): boolean {
  if (a.visit.captured === b.visit.captured) return a.sequence < b.sequence;
  return a.visit.captured < b.visit.captured === (order === "oldest");
}

/** A heap: who goes first is at its top. */
export class Line {
  private readonly order: HostOrder;
  private readonly heap: Waiting[] = [];

  constructor(order: HostOrder) {
    this.order = order;
  }

  get length(): number {
    return this.heap.length;
  }

  get first(): Waiting | undefined {
    return this.heap[0];
  }

  /** Who waits of a flow. */
  find(flow: unknown): Waiting | undefined {
    return this.heap.find(({ visit }) => visit.flow === flow);
  }

  /** Takes one out, wherever it stands; the line is made anew. */
  remove(one: Waiting): void {
    one.gone = true;
    const rest = this.heap.splice(0).filter((other) => other !== one);
    for (const other of rest) this.push(other);
  }

  push(entry: Waiting): void {
    const { heap, order } = this;
    let place = heap.length;
    heap.push(entry);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(entry, heap[parent]!, order)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = entry;
  }

  pop(): Waiting | undefined {
    const { heap, order } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    first.gone = true;
    if (heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!, order)) child++;
      if (!before(heap[child]!, last, order)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}
