/** @file For tests: the saturation throughput of 802.11 DCF by Bianchi's model (IEEE JSAC 18(3), 2000). */

export interface Air {
  /** Slots at first, and how often the window doubles. */
  window: number;
  stages: number;
  slot: number;
  gap: number;
  /** ns besides the bytes, of an access and of a collision; the gap is not in them. */
  overhead: number;
  collision: number;
  /** Bytes of a packet, and bit/s. */
  bytes: number;
  rate: number;
}

/** His equations 7, 9 and 13: the share of the time in which payload is sent. */
export function bianchi({ window: w, stages: m, slot, gap, overhead, collision, bytes, rate }: Air, n: number): number {
  const tauOf = (p: number): number => {
    // 2 (1 - 2p) / ((1 - 2p) (W + 1) + p W (1 - (2p)^m)), without its pole at 1/2.
    let sum = 0;
    for (let i = 0; i < m; i++) sum += (2 * p) ** i;
    return 2 / (1 + w + p * w * sum);
  };
  // p = 1 - (1 - tau)^(n - 1) falls in tau, tau in p: halving finds where they meet.
  let [low, high] = [0, 1];
  for (let i = 0; i < 100; i++) {
    const p = (low + high) / 2;
    if (1 - (1 - tauOf(p)) ** (n - 1) > p) low = p;
    else high = p;
  }
  const tau = tauOf(low);
  const some = 1 - (1 - tau) ** n;
  const one = (n * tau * (1 - tau) ** (n - 1)) / some;
  const payload = (bytes * 8e9) / rate;
  const success = payload + overhead + gap;
  const clash = payload + collision + gap;
  return (some * one * payload) / ((1 - some) * slot + some * one * success + some * (1 - one) * clash);
}
