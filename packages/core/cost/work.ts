/** @file The names under which work is timed: what a study measures and what a saved profile holds meet by them. */

/** The whole model for one image; every host's speed leans on it. */
export const wholeWork = "whole";

/** Work of a model split at a tensor. */
export interface SplitWork {
  head: string;
  encode: string;
  decode: string;
  tail: string;
}

/**
 * Names of the work of a split: `head@pool3`, `encode uint8@pool3`, ... and with a bottleneck `head@pool3+64x`, ...
 * @param codec how the tensor is coded: `float32`, `uint8`, ...
 * @param compression of the bottleneck, where there is one
 */
export function splitWork(cut: string, codec: string, compression?: number): SplitWork {
  const at = `@${cut}${compression === undefined ? "" : `+${compression}x`}`;
  return { head: `head${at}`, encode: `encode ${codec}${at}`, decode: `decode ${codec}${at}`, tail: `tail${at}` };
}

/** The same for so many frames at once: `tail@pool3 x8`. */
export const batchWork = (work: string, frames: number): string => `${work} x${frames}`;

/** The work that a batch does for one frame. */
export const aloneOf = (work: string): string => work.replace(/ x\d+$/, "");

/** Names of the work of sending the input as a picture: `encode jpeg-90`, `decode jpeg-90`. */
export function pictureWork(picture: string): { encode: string; decode: string } {
  return { encode: `encode ${picture}`, decode: `decode ${picture}` };
}

/** Whether the work is to make a picture file or to read one. */
export function isPictureWork(work: string): boolean {
  return /^(encode|decode) [^@]*$/.test(work);
}

/** Whether the work is a head of the unchanged model for one frame: behind a bottleneck a head has layers that the whole has not. */
export function isPlainHead(work: string): boolean {
  return work.startsWith("head@") && !/\+[\d.]+x$| x\d+$/.test(work);
}
