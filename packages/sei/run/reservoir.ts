/** @file Some of many, each with the same chance: what is kept of a run that may go on for months. */
import { randomStream } from "@split-et-impera/core/random";

/** Algorithm R: J. S. Vitter, Random sampling with a reservoir, ACM Trans. Math. Softw. 11 (1985), 37-57. */
export class Reservoir<T> {
  /** In no order once there were more than are kept. */
  readonly kept: T[] = [];
  private readonly most: number;
  private readonly random;
  private seen = 0;

  /** @param name of its stream of random numbers */
  constructor(most: number, name: string) {
    this.most = most;
    this.random = randomStream(1, name);
  }

  add(one: T): void {
    const place = this.seen < this.most ? this.seen : this.random.integer(this.seen + 1);
    this.seen++;
    if (place < this.most) this.kept[place] = one;
  }
}
