/** @file How sure a number is: quantiles, shares, means and paired differences with 95 % intervals. */
export { discordantBound, normalQuantile } from "./bounds.ts";
export * from "./clustered.ts";
export type { Estimate } from "./estimate.ts";
export { independentDifference, type Reading } from "./independent.ts";
export * from "./normal.ts";
export * from "./quantile.ts";
