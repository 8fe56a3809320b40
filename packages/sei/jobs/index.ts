/** @file Who does the work of stages: this process alone, or processes beside it. */
export { inProcess } from "./in-process.ts";
export { processes, type ProcessesOptions, type StorePlace } from "./processes.ts";
