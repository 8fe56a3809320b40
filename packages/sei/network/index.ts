/** @file Traces and charts of simulated networks. */
export { writeCsv } from "./csv.ts";
export { histogram } from "./histogram.ts";
export { writePcap } from "./pcap.ts";
