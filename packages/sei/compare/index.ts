/** @file Results against each other. */
export { compareResults, mostResults, type Comparison, type Named } from "./compare.ts";
export { comparisonText, type Block } from "./text.ts";
