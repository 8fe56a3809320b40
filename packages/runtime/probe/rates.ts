/** @file How a bottleneck's rate is looked for: trains of datagrams, each a little faster than the link seems to be. */
import { quantile, type Estimate } from "@split-et-impera/core/statistics";
import { isSaturated, rateEstimate, type Train } from "./train.ts";

/** A train to be sent. */
export interface TrainPlan {
  count: number;
  /** 0: as fast as the system takes them. */
  gapNs: number;
}

/** What one direction's rate may take. */
export interface RateBudget {
  seconds: number;
  bytes: number;
  /** Of an IP packet. */
  packetBytes: number;
  /** Of it on the link. */
  linkBits: number;
}

/** The first train: enough to tell roughly, over in a second at 60 kbit/s. */
const firstCount = 5;
/** Trains into which what there is is divided; six make an interval of the median. */
const share = 9;
/** How much faster than the link a train is: the queue before it stays filled and does not soon overflow. */
const press = 1.5;
const mostDatagrams = 4000;
/** A sender that keeps up with less than this share of what it was told is at its end. */
const keepsUp = 0.8;
/** Trains of a sender at its end, and trains of which nothing came, that are enough. */
const enough = 3;

/**
 * The rate of one direction.
 * @param send sends a train and tells what came of it
 * @param left whether there is time for another
 */
export async function searchRate(
  budget: RateBudget,
  send: (plan: TrainPlan) => Promise<Train>,
  left: () => boolean,
): Promise<Estimate> {
  const { seconds, bytes, packetBytes, linkBits } = budget;
  const most = Math.min(mostDatagrams, bytes / share / packetBytes);
  const done: Train[] = [];
  /** Bits a second that the link is thought to have; 0: not known yet. */
  let rate = 0;
  let [atEnd, lost] = [0, 0];
  for (let spent = 0; atEnd < enough && lost < enough && left() && spent < bytes;) {
    const asked = press * rate;
    const count =
      rate === 0 ? firstCount : Math.max(firstCount, Math.floor(Math.min(most, (rate * seconds) / share / linkBits)));
    const train = await send({ count, gapNs: rate === 0 ? 0 : Math.round((linkBits * 1e9) / asked) });
    spent += count * packetBytes;
    // The first is short, and says little of a link that lets a burst pass.
    if (rate > 0) done.push(train);
    if (train.came.length === 0) {
      lost++;
      continue;
    }
    const came = quantile(train.came, 0.5);
    if (rate === 0 || isSaturated(train)) rate = came;
    else if (train.offered < keepsUp * asked) atEnd++;
    else rate = 2 * Math.max(rate, came);
  }
  return done.length > 0 ? rateEstimate(done) : { value: rate, lo: 0, hi: Infinity, n: 1 };
}
