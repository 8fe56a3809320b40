/** @file The report of a result: one HTML file that needs nothing else, and a summary for the terminal. */
export type { Origin } from "./origin.ts";
export { renderPolicy, type PolicyPage } from "./policy.ts";
export { renderReport } from "./report.ts";
export { renderWire } from "./wire.ts";
export { terminalSummary, type SummaryOptions } from "./terminal.ts";
export { figureFiles, type FigureFile } from "./figures.ts";
export { brokenText, systemText } from "./system-text.ts";
export { renderSystemReport } from "./system-page.ts";
