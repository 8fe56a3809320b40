/** @file The library: what the command line does, for programs. */
export { openStore, type Key, type Store } from "./store/index.ts";
export { openData, type Dataset } from "./data/index.ts";
export { runStudy, type Run, type RunOptions } from "./stages/design/index.ts";
export { engine } from "@split-et-impera/ort";
export type { Context, Job, Jobs, Outcome, Progress, Stage } from "./stages/context.ts";
export { inProcess } from "./jobs/index.ts";
export { runStage } from "./stages/run-stage.ts";
export { readModel } from "./model/index.ts";
export { figureFiles, renderReport, terminalSummary, type FigureFile } from "./report/index.ts";
export { compareResults, type Comparison } from "./compare/index.ts";
export { readResult } from "./result/index.ts";
export { readStudy } from "./study/index.ts";
