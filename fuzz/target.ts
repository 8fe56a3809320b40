/** @file What is fuzzed: something that reads what comes from outside, and inputs to begin with. */
import type { Random } from "../packages/core/random/index.ts";

export interface Target {
  /** `study`, `npz`, `sei inspect`, ... */
  name: string;
  /** How many of a hundred thousand inputs go here. */
  share: number;
  /** Sound inputs; an input is one of them, changed. */
  seeds(): readonly unknown[] | Promise<readonly unknown[]>;
  /** Changes a sound input; the same stream gives the same change. */
  mutate(seed: unknown, random: Random): unknown;
  /**
   * Reads a changed input. Ends, or throws an `InputError`; anything else is a fault.
   * @param folder an empty one of this input's own
   */
  read(input: unknown, folder: string): Promise<void> | void;
}
