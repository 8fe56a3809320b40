/** @file Messages over a link from the command line: flags, summaries, traces and charts. */
export { histogram } from "./histogram.ts";
export { networkArgs, scenarioOf, type NetworkFlags } from "./options.ts";
export { seriesOf, summarise, type MessageSeries, type MessageSummary } from "./summary.ts";
export { openTraceFiles, type TraceFiles } from "./trace-files.ts";
