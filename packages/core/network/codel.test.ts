import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { Codel } from "./codel.ts";

/** RFC 8289, section 5: the pseudocode as it stands there, over a queue of enqueue times; packets of one size. */
class Reference {
  private firstAbove = 0;
  private dropNext = 0;
  private count = 0;
  private lastCount = 0;
  private dropping = false;
  private readonly target = 5e6;
  private readonly interval = 100e6;
  private readonly queue: number[];
  private readonly size: number;

  constructor(queue: number[], size: number) {
    this.queue = queue;
    this.size = size;
  }

  private dodequeue(now: number): { packet: number | undefined; okToDrop: boolean } {
    const packet = this.queue.shift();
    let okToDrop = false;
    if (packet === undefined) {
      this.firstAbove = 0;
    } else if (now - packet < this.target || this.queue.length * this.size <= 1514) {
      this.firstAbove = 0;
    } else if (this.firstAbove === 0) {
      this.firstAbove = now + this.interval;
    } else if (now >= this.firstAbove) {
      okToDrop = true;
    }
    return { packet, okToDrop };
  }

  private law(time: number): number {
    return time + this.interval / Math.sqrt(this.count);
  }

  deque(now: number): number | undefined {
    let r = this.dodequeue(now);
    if (this.dropping) {
      if (!r.okToDrop) this.dropping = false;
      while (now >= this.dropNext && this.dropping) {
        this.count++;
        r = this.dodequeue(now);
        if (r.okToDrop) this.dropNext = this.law(this.dropNext);
        else this.dropping = false;
      }
    } else if (r.okToDrop) {
      r = this.dodequeue(now);
      this.dropping = true;
      const delta = this.count - this.lastCount;
      this.count = 1;
      if (delta > 1 && now - this.dropNext < 16 * this.interval) this.count = delta;
      this.dropNext = this.law(now);
      this.lastCount = this.count;
    }
    return r.packet;
  }
}

test("drops the same packets as the pseudocode of RFC 8289, whatever comes when", () => {
  const size = 1000;
  let dropped = 0;
  for (let seed = 0; seed < 30; seed++) {
    const random = randomStream(seed, "codel");
    const [a, b] = [[] as number[], [] as number[]];
    const reference = new Reference(a, size);
    const codel = new Codel({});
    let arrival = 0;
    let load = 1;
    for (let now = 0; now < 20e9; now += 1e6) {
      // Loads from 0.5 to 2, that change every second or so.
      if (random.uniform() < 1e-3) load = 0.5 + 1.5 * random.uniform();
      for (; arrival <= now; arrival += (random.exponential() * 1e6) / load) {
        a.push(arrival);
        b.push(arrival);
      }
      const expected = reference.deque(now);
      let sent: number | undefined;
      while (b.length > 0) {
        const packet = b.shift()!;
        if (!codel.drops(now, now - packet, b.length * size)) {
          sent = packet;
          break;
        }
        dropped++;
      }
      if (sent !== expected || a.length !== b.length) expect([seed, now, sent]).toEqual([seed, now, expected]);
    }
  }
  expect(dropped).toBeGreaterThan(5000);
});
