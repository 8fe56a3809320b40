/** @file What may come a thousand times a second is told once in a while. */

/** Things that are remembered at most: their words may be a stranger's. */
const most = 256;

export class Seldom {
  private readonly milliseconds: number;
  private readonly now: () => number;
  private readonly told = new Map<string, { at: number; untold: number }>();

  /** @param milliseconds in which the same thing is told once */
  constructor(milliseconds: number, now: () => number = () => performance.now()) {
    this.milliseconds = milliseconds;
    this.now = now;
  }

  /** How often it came untold since it was told last; undefined where it is not to be told now. */
  due(what: string): number | undefined {
    const now = this.now();
    const before = this.told.get(what);
    if (before && now - before.at < this.milliseconds) {
      before.untold++;
      return undefined;
    }
    // Behind the others: the one that was told longest ago is forgotten first.
    this.told.delete(what);
    this.told.set(what, { at: now, untold: 0 });
    if (this.told.size > most) this.told.delete(this.told.keys().next().value!);
    return before?.untold ?? 0;
  }
}
