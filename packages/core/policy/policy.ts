/** @file Which design is best under which conditions of the link, as plain data that a runtime can follow. */
import type { DesignResult } from "../design/index.ts";
import type { Axes, Cell } from "./condition.ts";

export interface Policy {
  format: 1;
  /** Name of the study, and SHA-256 of its model where that is known. */
  study: string;
  model?: string;
  /** Hosts of the link that the conditions are of: from, to. */
  link: [string, string];
  frames: {
    /** Per second. */
    rate: number;
    /** Seconds. */
    deadline: number;
  };
  /** Seconds over which a condition is measured: what runs may change after each. */
  every: number;
  /** Seconds without an answer while another design is taken up. */
  pause: number;
  axes: Axes;
  designs: PolicyDesign[];
  /** By loss, round trip and rate, in the order of the axes. */
  cells: PolicyCell[][][];
}

export interface PolicyDesign {
  id: string;
  kind: DesignResult["kind"];
  /** Folder of the files that deploy it, beside the policy's file. */
  bundle?: string;
}

export interface PolicyCell {
  /** The design that is best here, by its place among the designs. */
  best: number;
  /** Whether it is sure to meet every requirement. */
  fits: boolean;
  /** Of each design, share of frames answered in time, less what its answers are worse than the unchanged model's. */
  worth: number[];
}

export function policyCell({ cells }: Pick<Policy, "cells">, { loss, rtt, rate }: Cell): PolicyCell {
  return cells[loss]![rtt]![rate]!;
}
