/** @file A number and how sure it is. */

/** How sure a number is: a value with its 95 % interval over `n` samples. */
export interface Estimate {
  value: number;
  lo: number;
  hi: number;
  n: number;
}
