/** @file tmp */
import type { Result } from "@split-et-impera/core/design";
export interface SummaryOptions {
  columns?: number;
}
export function terminalSummary(result: Result): string {
  return result.version;
}
