/** @file What is said of a model beside its file, as plain data: a study keeps it so. */
import type { InputOptions } from "./feeds.ts";
import type { StatePair } from "./state.ts";

export interface ModelOptions {
  /** Sizes of the one input, without the batch. */
  shape?: number[];
  /** Whole shapes by input. */
  shapes?: Record<string, number[]>;
  /** Inputs that are values once and for all: all elements, or one for every element. */
  constants?: Record<string, number[]>;
  /** What is carried from step to step. Absent: what names tell. */
  state?: StatePair[];
}

export function inputOptionsOf({ shape, shapes, constants, state }: ModelOptions = {}): InputOptions {
  return {
    ...(shape && { shape }),
    ...(shapes && { shapes: new Map(Object.entries(shapes)) }),
    ...(constants && { constants: new Map(Object.entries(constants)) }),
    ...(state && { state }),
  };
}

/** Those of a study with others in their place, input by input. */
export function withModelOptions(of: ModelOptions = {}, others: ModelOptions = {}): ModelOptions {
  return {
    ...of,
    ...others,
    ...((of.shapes ?? others.shapes) && { shapes: { ...of.shapes, ...others.shapes } }),
    ...((of.constants ?? others.constants) && { constants: { ...of.constants, ...others.constants } }),
  };
}
