/**
 * @file Exact placement: pipelines by throughput or latency (`stages`), ordered tiers by one minimum cut (`tiers`), hosts
 * joined in any way (`hosts`), and lower envelopes for what changes the answer.
 */
export * from "./solvers/pipeline/index.ts";
export * from "./solvers/tiers/index.ts";
export * from "./solvers/hosts/index.ts";
export * from "./solvers/chain/index.ts";
export { envelope1d, envelope2d, type Cell, type Linear, type Point, type Stretch } from "./envelope.ts";
export { supportedPoints, type Supported } from "./pareto.ts";
