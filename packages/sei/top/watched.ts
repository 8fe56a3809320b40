/** @file A running host that is looked at again and again: its metrics now, and those of a while ago. */
import { scrape } from "./scrape.ts";
import type { Scraped } from "./view.ts";

/** Looks come a little later than they should. */
const slack = 500;

export class WatchedHost {
  readonly url: URL;
  private readonly milliseconds: number;
  private readonly kept: Scraped[] = [];

  /** @param seconds how far back `before` is, once it has been looked at for so long */
  constructor(url: URL, seconds: number) {
    this.url = url;
    this.milliseconds = seconds * 1e3 + slack;
  }

  /**
   * @returns `before` is absent at the first look, after a long pause, and where the host began anew meanwhile
   * @throws InputError `ERR_CONNECT` where the host cannot be reached just now; it may come back
   */
  async look(signal: AbortSignal): Promise<{ now: Scraped; before: Scraped | undefined }> {
    const { kept } = this;
    const metrics = await scrape(this.url, signal);
    const now = { at: Date.now(), metrics };
    // A host that began anew counts from 0.
    if (kept[0] && begin(kept[0]) !== begin(now)) kept.length = 0;
    while (kept[0] && now.at - kept[0].at > this.milliseconds) kept.shift();
    const before = kept[0];
    kept.push(now);
    return { now, before };
  }
}

const begin = ({ metrics }: Scraped): number | undefined => metrics.get("sei_start_time_seconds")?.[0]?.value;
