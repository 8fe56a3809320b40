/** @file What predicts how well a model splits at a cut: measures, and what proposals by them are worth. */
export { fisherOf, measuresOf, pooled, type Measures } from "./measures.ts";
export { latencyRegret, proposed, worthOf, type Worth } from "./proposals.ts";
export { ranks, spearman } from "./ranks.ts";
export { ridgeAccuracy, solve, type Rows } from "./ridge.ts";
