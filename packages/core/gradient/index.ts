/** @file Gradients of ONNX graphs as ONNX graphs. */
export { addGradients, type GradientOptions, type Gradients } from "./gradient.ts";
export { expectedOpset, raiseModel } from "./raise.ts";
export { fusedRules, ruleFor, rules } from "./rules/index.ts";
