/** @file The library: what the command line does, for programs. */
export { openCache, openStore, type Cache, type Key, type Store } from "./store/index.ts";
export { openData, type Dataset } from "./data/index.ts";
export { runStudy, writeBundle, type Run } from "./stages/design/index.ts";
export { engine } from "@split-et-impera/ort";
export { readModel } from "./model/index.ts";
export { renderReport, terminalSummary } from "./report/index.ts";
export { readStudy } from "./study/index.ts";
