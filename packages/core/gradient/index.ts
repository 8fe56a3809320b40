/** @file Gradients of ONNX graphs as ONNX graphs. */
export { blockConvolutions, layOutConvolutions } from "./blocked/index.ts";
export {
  checkOutside,
  differentiate,
  firstNotFiniteGradient,
  type Differentiated,
  type DifferentiateOptions,
} from "./differentiate.ts";
export { addGradients, type GradientOptions, type Gradients } from "./gradient.ts";
export { observeGrown, type ValueSize } from "./grow.ts";
export { inlineFunctions } from "./inline.ts";
export { expectedOpset, raiseModel } from "./raise.ts";
export { fusedRules, ruleFor, rules } from "./rules/index.ts";
