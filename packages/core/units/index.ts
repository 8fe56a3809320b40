/** @file Quantities as people write them, and back. Inside the house every number is in SI units. */
export * from "./format.ts";
export * from "./parse.ts";
export { shown } from "./quantity.ts";
