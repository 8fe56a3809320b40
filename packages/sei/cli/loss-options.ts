/** @file Flags of shares of losses and how many are lost in a row. */
import { InputError } from "@split-et-impera/core/errors";
import { LONGEST_BURST, lossProblem } from "@split-et-impera/core/network";
import { parseShare } from "@split-et-impera/core/units";

/** `10 %,30 %`: shares below 1. */
export function shares(flag: string, said: string): number[] {
  return said.split(",").map((part) => {
    const share = parseShare(part.trim());
    if (typeof share === "number" && share < 1) return share;
    throw new InputError("ERR_USAGE", `--${flag}: expected shares below 1 such as 10 %, got "${part.trim()}"`);
  });
}

/** The numbers of a flag, each as it is to be. */
export function numbers(flag: string, said: string, fits: (value: number) => boolean, expected: string): number[] {
  return said.split(",").map((part) => {
    const value = Number(part);
    if (Number.isFinite(value) && fits(value)) return value;
    throw new InputError("ERR_USAGE", `--${flag}: expected ${expected}, got "${part.trim()}"`);
  });
}

/** Packets lost in a row in the mean. */
export const burstsOf = (flag: string, said: string): number[] =>
  numbers(flag, said, (burst) => burst >= 1 && burst <= LONGEST_BURST, `numbers from 1 to ${LONGEST_BURST}`);

/** @throws InputError `ERR_USAGE` where bursts cannot give a share */
export function checkLosses(flags: string, { losses, bursts }: { losses: number[]; bursts: number[] }): void {
  for (const rate of losses) {
    for (const burst of bursts) {
      const problem = lossProblem({ rate, burst });
      if (problem !== undefined) throw new InputError("ERR_USAGE", `${flags} with --bursts: ${problem}`);
    }
  }
}
