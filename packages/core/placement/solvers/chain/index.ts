/** @file Chains of pieces on hosts joined in any way: least cost by a shortest path, most frames per second by pipelines. */
export { placePipeline, type Pipeline, type PipelineLoad } from "./pipeline.ts";
export {
  chainCosts,
  type Chain,
  type ChainCosts,
  type ChainPiece,
  type ChainPrices,
  type ChainRoom,
  type ChainRoute,
} from "./problem.ts";
export { placeChain, type ChainOptions, type ChainPlacement } from "./solve.ts";
