/** @file Loss models: each decides, packet by packet, what a link loses. */
import { internal } from "../errors/index.ts";
import type { Random } from "../random/index.ts";
import { formatNumber } from "../units/index.ts";
import type { Outages } from "./outages.ts";

/** Loses packets; called once per packet, in the order in which they enter the link. */
export interface Loss {
  /** Whether the packet that enters at `now` (ns) is lost. */
  drops(now: number): boolean;
}

/**
 * What a user says about loss.
 * - `rate` with `burst`: share of packets lost, and mean length of a run of losses, in packets (1: independent;
 *   more: Gilbert-Elliott, the bad state loses everything). Default burst 1.
 * - `byTime`: the same as a process in time: the link is down for `meanDown` ns at a time, `rate` of the time.
 * - `outages`: intervals [from, to) in ns in which everything is lost.
 * - `packets`: indices (from 0) of the packets lost on a direction; for tests.
 */
export type LossOptions =
  | { rate: number; burst?: number }
  | { byTime: { rate: number; meanDown: number } }
  | { outages: readonly (readonly [number, number])[] }
  | { packets: readonly number[] };

/** The longest mean run of losses, packets: longer ones are outages, which have a time. */
export const LONGEST_BURST = 1000;

/**
 * Why a link cannot lose this share of its packets in runs of this mean length, as what was expected and what came; undefined
 * where it can. Between two runs at least one packet gets through, so that runs of b lose b / (b + 1) at most; where all is
 * lost there are no runs, and single losses have none to keep apart.
 * @param rate from 0 to 1
 */
export function lossProblem({ rate, burst = 1 }: { rate: number; burst?: number | undefined }): string | undefined {
  if (!(burst >= 1 && burst <= LONGEST_BURST))
    return `expected bursts of 1 to ${LONGEST_BURST} packets in the mean, got ${burst}`;
  const most = burst / (burst + 1);
  if (burst === 1 || rate >= 1 || rate <= most * (1 + ROUNDING)) return undefined;
  const needed = (rate / (1 - rate)) * (1 - ROUNDING);
  const otherwise =
    needed <= LONGEST_BURST
      ? `; ${percent(rate)} % needs bursts of at least ${Math.ceil(100 * needed) / 100}, or of 1 (each packet by itself)`
      : `; ${percent(rate)} % is lost with bursts of 1 only (each packet by itself)`;
  return (
    `expected at most ${Math.floor(1000 * most) / 10} % lost in bursts of ${formatNumber(burst)} packets, between which at least ` +
    `one gets through, got ${percent(rate)} %${otherwise}`
  );
}

/** What decimal places do to a share. */
const ROUNDING = 1e-9;

const percent = (share: number): number => Number((100 * share).toPrecision(6));

/** @throws an internal error where {@link lossProblem} was not asked before */
export function createLoss(options: LossOptions | undefined, random: Random): Loss | undefined {
  if (options === undefined) return undefined;
  if ("packets" in options) return namedLoss(options.packets);
  if ("outages" in options) return outageLoss(options.outages);
  if ("byTime" in options) return timedLoss(options.byTime.rate, options.byTime.meanDown, random);
  const { rate, burst = 1 } = options;
  const problem = lossProblem(options);
  if (problem !== undefined) throw internal(problem);
  if (rate <= 0) return undefined;
  return burst > 1 && rate < 1 ? gilbertElliott(rate, burst, random) : { drops: () => random.uniform() < rate };
}

/** Loses all while the link is down, and else what `loss` loses; that draws for every packet, so that outages shift nothing. */
export function duringOutages(outages: Outages, loss: Loss | undefined): Loss {
  return {
    drops: (now) => {
      const lost = loss?.drops(now) ?? false;
      return outages.at(now).down || lost;
    },
  };
}

/**
 * Gilbert-Elliott per packet: the bad state loses every packet and lasts `burst` packets in the mean; the good one
 * loses none and lasts burst (1 - rate) / rate. The state changes after the packet.
 */
function gilbertElliott(rate: number, burst: number, random: Random): Loss {
  const recover = 1 / burst;
  const fail = (rate / (1 - rate)) * recover;
  let bad = false;
  return {
    drops: () => {
      const lost = bad;
      if (random.uniform() < (bad ? recover : fail)) bad = !bad;
      return lost;
    },
  };
}

/** Mean turns of up and down after which a process has forgotten its state. */
const FORGOTTEN = 1000;

/** Up and down for exponential times with means such that `rate` of the time is down. */
function timedLoss(rate: number, meanDown: number, random: Random): Loss | undefined {
  if (rate <= 0) return undefined;
  if (rate >= 1) return { drops: () => true };
  const meanUp = (meanDown * (1 - rate)) / rate;
  let down = random.uniform() < rate;
  let until = random.exponential() * (down ? meanDown : meanUp);
  return {
    drops: (now) => {
      // After so long nothing is left of what was: the state is drawn anew, and how long it lasts knows no past.
      if (now - until > FORGOTTEN * (meanUp + meanDown)) {
        down = random.uniform() < rate;
        until = now + random.exponential() * (down ? meanDown : meanUp);
      }
      while (until <= now) {
        down = !down;
        until += random.exponential() * (down ? meanDown : meanUp);
      }
      return down;
    },
  };
}

function outageLoss(outages: readonly (readonly [number, number])[]): Loss {
  const sorted = [...outages].sort((a, b) => a[0] - b[0]);
  let index = 0;
  return {
    drops: (now) => {
      while (index < sorted.length && sorted[index]![1] <= now) index++;
      return index < sorted.length && sorted[index]![0] <= now;
    },
  };
}

function namedLoss(packets: readonly number[]): Loss {
  const named = new Set(packets);
  let index = 0;
  return { drops: () => named.has(index++) };
}
