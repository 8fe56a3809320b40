/** @file Several models, one feeding the next, as one graph. */
export { chainModels, type ChainPart } from "./chain.ts";
