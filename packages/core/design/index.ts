/** @file Studies, designs and results. */
export type * from "./study.ts";
export type * from "./result.ts";
