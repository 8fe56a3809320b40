/** @file One-sided bounds at a confidence of one's own: what a quantity is not above, and the normal distribution behind it. */
import { internal } from "../errors/index.ts";

/**
 * The point below which a share `p` of the standard normal distribution lies: rational functions on three stretches,
 * within 1.2e-9 of it.
 * Source: P. J. Acklam, An algorithm for computing the inverse normal cumulative distribution function (2003).
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw internal(`a quantile of the normal distribution at ${p}`);
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.024_25) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(tail.over, q) / (polynomial(tail.under, q) * q + 1);
  }
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(middle.over, r) * q) / (polynomial(middle.under, r) * r + 1);
}

const middle = {
  over: [
    -39.696_830_286_653_76, 220.946_098_424_520_5, -275.928_510_446_968_7, 138.357_751_867_269, -30.664_798_066_147_16,
    2.506_628_277_459_239,
  ],
  under: [
    -54.476_098_798_224_06, 161.585_836_858_040_9, -155.698_979_859_886_6, 66.801_311_887_719_72,
    -13.280_681_552_885_72,
  ],
};
const tail = {
  over: [
    -0.007_784_894_002_430_293, -0.322_396_458_041_136_5, -2.400_758_277_161_838, -2.549_732_539_343_734,
    4.374_664_141_464_968, 2.938_163_982_698_783,
  ],
  under: [0.007_784_695_709_041_462, 0.322_467_129_070_039_8, 2.445_134_137_142_996, 3.754_408_661_907_416],
};

/** Horner's scheme, the highest power first. */
const polynomial = (of: readonly number[], x: number): number => of.reduce((sum, one) => sum * x + one, 0);

/**
 * What the first of two answers to the same items is better by at most, at a one-sided confidence: the upper end of the
 * interval of `discordantDifference`, which Bonett and Price (2012) give, at its own z.
 *
 * @param only1 items that only the first has right
 * @param only2 items that only the second has right
 */
export function discordantBound(only1: number, only2: number, n: number, confidence: number): number {
  if (n === 0) return 1;
  const p = (only1 + 1) / (n + 2);
  const q = (only2 + 1) / (n + 2);
  return Math.min(1, p - q + normalQuantile(confidence) * Math.sqrt((p + q - (p - q) ** 2) / (n + 2)));
}
