/** @file Which datagrams of a train never came, and how many of them in a row. */
import { wilson, wilsonShare, type Estimate } from "@split-et-impera/core/statistics";
import { mostCount } from "./datagram.ts";

/** What {@link Arrivals.losses} says of a train. */
export interface Losses {
  count: number;
  received: number;
  /** Runs of lost datagrams. */
  runs: number;
}

/** Whether a train can have come so: whole numbers, and a run for each gap at most. */
export function canBe({ count, received, runs }: Losses): boolean {
  const lost = count - received;
  if (!Number.isInteger(received) || !Number.isInteger(runs) || lost < 0) return false;
  return lost === 0 ? runs === 0 : runs >= 1 && runs <= Math.min(lost, received + 1);
}

/** Which datagrams of a train have come; in what order is no matter. */
export class Arrivals {
  private readonly bits = new Uint8Array(mostCount);
  received = 0;

  /** False where it came before. */
  mark(index: number): boolean {
    if (this.bits[index] !== 0) return false;
    this.bits[index] = 1;
    this.received++;
    return true;
  }

  /** @param count how many were sent */
  losses(count: number): Losses {
    const losses: Losses = { count, received: 0, runs: 0 };
    for (let i = 0; i < count; i++) {
      if (this.bits[i] === 1) losses.received++;
      else if (i === 0 || this.bits[i - 1] === 1) losses.runs++;
    }
    return losses;
  }
}

export interface LossEstimate {
  /** Share of datagrams lost. */
  rate: Estimate;
  /** Mean number of datagrams lost in a row; absent where none was lost. */
  burst?: Estimate;
}

/**
 * Share and mean burst, of a chain of two states as the simulator's (Gilbert): a loss is followed by another with the chance
 * q = 1 - 1 / burst, whose interval is Wilson's over all losses. Losses in bursts say less of the share than as many single
 * ones: its interval is Wilson's of n (1 - r) / (1 + r) datagrams, r being the correlation of neighbours, 1 - r = 1 /
 * (burst (1 - share)).
 */
export function lossEstimate({ count, received, runs }: Losses): LossEstimate {
  const lost = count - received;
  if (lost === 0) return { rate: wilson(0, count) };
  const share = lost / count;
  const leave = share < 1 ? Math.min(1, runs / lost / (1 - share)) : 1;
  const stays = wilson(lost - runs, lost);
  return {
    rate: { ...wilsonShare(share, (count * leave) / (2 - leave)), n: count },
    burst: { value: lost / runs, lo: 1 / (1 - stays.lo), hi: 1 / (1 - stays.hi), n: runs },
  };
}
