/** @file How often what took how long. */
import type { Labels, Sample } from "./text.ts";

/** Upper bounds, seconds: six a decade from 10 µs to 10 s. */
export const bounds: readonly number[] = [-5, -4, -3, -2, -1, 0]
  .flatMap((decade) => [1, 1.5, 2, 3, 5, 7].map((digit) => Number(`${digit}e${decade}`)))
  .concat(10);

export class Histogram {
  private readonly counts = new Float64Array(bounds.length + 1);
  private sum = 0;

  observe(seconds: number): void {
    let i = bounds.findIndex((bound) => seconds <= bound);
    if (i < 0) i = bounds.length;
    this.counts[i]!++;
    this.sum += seconds;
  }

  /** Each bucket counts what the ones before it do too. */
  samples(labels: Labels = {}): Sample[] {
    let below = 0;
    const buckets = [...bounds, Infinity].map((bound, i) => {
      below += this.counts[i]!;
      const le = bound === Infinity ? "+Inf" : String(bound);
      return { suffix: "_bucket", labels: { ...labels, le }, value: below };
    });
    return [...buckets, { suffix: "_sum", labels, value: this.sum }, { suffix: "_count", labels, value: below }];
  }
}
