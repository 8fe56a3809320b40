/**
 * @file The probability that a message is not whole, exactly: packets are lost by a chain of two states, and the number of
 * losses in each block is followed packet by packet (Gilbert, "Capacity of a burst-noise channel", 1960; the recursion is that
 * of Frossard, "FEC performance in multimedia streaming", 2001).
 */

/** How packets are lost: the share, and the mean length of a run of losses, in packets; 1: independently. */
export interface PacketLoss {
  rate: number;
  burst: number;
}

/** Interleaved blocks: packet i of the message belongs to block i modulo their number, and so does parity behind the message. */
export interface Layout {
  blocks: number;
  /** Parity packets in each; so many of a block's packets may be lost. */
  parity: number;
}

/** Products of states and packets up to which blocks are followed together. */
const MOST_WORK = 2e7;

/**
 * The probability that some block of a message loses more packets than it has parity. Over links that have been in use for
 * some time: the first packet meets them in any state.
 *
 * Where there are so many blocks that they cannot be followed together, the sum of what each fails with: never too little.
 * @param packets of the message
 */
export function failureProbability(packets: number, { blocks, parity }: Layout, loss: PacketLoss): number {
  const count = packets + blocks * parity;
  const states = (parity + 1) ** blocks;
  if (states * count <= MOST_WORK) return 1 - success(count, packets, { blocks, parity }, chainOf(loss));
  const alone = (own: number): number => 1 - success(own + parity, own, { blocks: 1, parity }, chainOf(loss, blocks));
  // Some blocks have one packet more than the others.
  const least = Math.floor(packets / blocks);
  const longer = packets % blocks;
  return Math.min(1, longer * (longer > 0 ? alone(least + 1) : 0) + (blocks - longer) * alone(least));
}

/** A chain of two states, of which one loses everything: the share of time in it, and what of a state is left in the next packet. */
interface Chain {
  bad: number;
  memory: number;
}

/** @param stride packets from one that is looked at to the next */
function chainOf({ rate, burst }: PacketLoss, stride = 1): Chain {
  if (burst <= 1 || rate <= 0 || rate >= 1) return { bad: Math.min(1, Math.max(0, rate)), memory: 0 };
  const recover = 1 / burst;
  // At the highest rate that bursts so short can give, rounding must not lead beyond it.
  const fail = Math.min(1, (rate / (1 - rate)) * recover);
  return { bad: fail / (fail + recover), memory: (1 - fail - recover) ** stride };
}

/** The probability that no block loses more than its parity. */
function success(count: number, packets: number, { blocks, parity }: Layout, { bad, memory }: Chain): number {
  const [toBadFromBad, toBadFromGood] = [bad + (1 - bad) * memory, bad * (1 - memory)];
  const size = (parity + 1) ** blocks;
  // By the losses of each block so far, as digits: the probability of that and of the state that the next packet meets.
  let [good, lossy] = [new Float64Array(size), new Float64Array(size)];
  let [nextGood, nextLossy] = [new Float64Array(size), new Float64Array(size)];
  good[0] = 1 - bad;
  lossy[0] = bad;
  for (let i = 0; i < count; i++) {
    const digit = (parity + 1) ** ((i < packets ? i : i - packets) % blocks);
    nextGood.fill(0);
    nextLossy.fill(0);
    for (let losses = 0; losses < size; losses++) {
      const [kept, lost] = [good[losses]!, lossy[losses]!];
      nextGood[losses]! += kept * (1 - toBadFromGood);
      nextLossy[losses]! += kept * toBadFromGood;
      // One more than a block can lose is no success.
      if (Math.floor(losses / digit) % (parity + 1) === parity) continue;
      nextGood[losses + digit]! += lost * (1 - toBadFromBad);
      nextLossy[losses + digit]! += lost * toBadFromBad;
    }
    [good, nextGood] = [nextGood, good];
    [lossy, nextLossy] = [nextLossy, lossy];
  }
  return Math.min(
    1,
    good.reduce((sum, p, i) => sum + p + lossy[i]!, 0),
  );
}
