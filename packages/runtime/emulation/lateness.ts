/** @file How late packets were released: a histogram of fixed size, so that counting allocates nothing. */

/** Seconds by which releases were behind their schedule. */
export interface Lateness {
  p50: number;
  p99: number;
  max: number;
}

const BIN_NS = 1000;
const BINS = 20_000;

/** Counts in bins of a microsecond up to 20 ms; what is later stands in the last one, its maximum is exact. */
export class LatenessHistogram {
  private readonly bins = new Float64Array(BINS);
  private count = 0;
  private max = 0;

  add(ns: number): void {
    const bin = Math.floor(ns / BIN_NS);
    this.bins[bin < 0 ? 0 : bin < BINS ? bin : BINS - 1]!++;
    this.count++;
    if (ns > this.max) this.max = ns;
  }

  /** Upper edges of the bins in which the quantiles lie; 0 where nothing was released. */
  summary(): Lateness {
    return { p50: this.quantile(0.5), p99: this.quantile(0.99), max: this.max / 1e9 };
  }

  private quantile(share: number): number {
    if (this.count === 0) return 0;
    let seen = 0;
    let bin = 0;
    for (; bin < BINS; bin++) {
      seen += this.bins[bin]!;
      if (seen >= share * this.count) break;
    }
    return Math.min((bin + 1) * BIN_NS, this.max) / 1e9;
  }
}
