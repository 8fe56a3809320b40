/** @file Predictions verified: a design simulated, run over an emulated link or between real hosts, and compared. */
export type { Cell, CellLink, Figures, Verdict, Verification } from "./cell.ts";
export { cellBetween, linkBetween, runBetween } from "./between.ts";
export { calibrationText, linkText, madeText, wayText } from "./link-text.ts";
export { overall, tolerances } from "./judge.ts";
export { readLogs, writeLog, writeTable } from "./logs.ts";
export { judged, measuredOf, verifyCell, type CellOptions, type MeasuredCell } from "./verify.ts";
export { checkWanted } from "./wanted.ts";
