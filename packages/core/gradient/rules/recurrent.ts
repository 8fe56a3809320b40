/** @file placeholder */
import type { RuleTable } from "../rule.ts";
export const recurrent: RuleTable = {};
