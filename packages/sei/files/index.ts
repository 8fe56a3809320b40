/** @file Files: never half-written, never read without a bound. */
export { cannotWrite, reasonOf } from "./errors.ts";
export { checkReplaceable, checkWritable, makeFolder, removeFolder, replaceFolder, type OwnFiles } from "./folders.ts";
export { checkInputsKept } from "./inputs.ts";
export { lineOf } from "./line-of.ts";
export { readText, type TextFile } from "./read.ts";
export {
  isTemporary,
  onTemporaries,
  release,
  release as releaseTemporary,
  sweepFolder,
  temporaryFor,
} from "./temporary.ts";
export { writeWhole } from "./write.ts";
