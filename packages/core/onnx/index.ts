/** @file ONNX models as graphs: reading, legal cuts, taking parts out, joining. */
export {
  attributeFloat,
  attributeFloats,
  attributeInt,
  attributeInts,
  attributeString,
  attributeStrings,
} from "./attributes.ts";
export { withConstants } from "./constants.ts";
export { blocksOf, type Block } from "./blocks.ts";
export { createBuilder, type GraphBuilder } from "./builder.ts";
export { countsMacs, nodeMacs } from "./cost.ts";
export { nodesTowards, singleTensorCuts, type Cut, type SingleCut } from "./cuts.ts";
export { modelCost, severalCuts, singleCuts, type CutCost } from "./cut-costs.ts";
export { extractModel } from "./extract.ts";
export { describe, indexGraph, isRandom, subgraphs, type GraphIndex } from "./graph.ts";
export { copyModel, opsetOf, parseModel, serialiseModel } from "./model.ts";
export { batched, isPictureAlone } from "./batched.ts";
export { opaqueTensors } from "./opaque.ts";
export { firstNotFinite, observe, observeApart, observedBytes, type Observations, type Observed } from "./observe.ts";
export {
  attribute,
  AttributeType,
  DataType,
  makeNode,
  valueInfo,
  withFields,
  type AttributeProto,
  type AttributeValue,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "./proto.ts";
export { checkProto, fromProto, isExternal, protoBytes, toProto } from "./tensor-proto.ts";
export { elementType, elementTypeName, tensorType } from "./element-type.ts";
export {
  inspectionOf,
  inspectModel,
  inspectSurvey,
  type InspectOptions,
  type Inspection,
  type Port,
} from "./inspect.ts";
export { randomInput } from "./random-tensor.ts";
export { declaredInputs, feedsFor, sizesFor, type Declared, type InputOptions, type Sizes } from "./feeds.ts";
export { batchAxis, hasBatch, imageBytes, imageShape } from "./rows.ts";
export { sizeFlow, type SizeFlow } from "./size-flow.ts";
export { withDecidedBranches } from "./constant-sizes.ts";
export type { Trouble } from "./troubles.ts";
export { isSizedByValues } from "./value-sizes.ts";
export { surveyModel, type Survey, type SurveyOptions } from "./survey.ts";
export { reachBack } from "./separate.ts";
export { findState, isStateName, stateOf, withoutState, type StateOption, type StatePair } from "./state.ts";
export { firstState, type CarriedState } from "./carried.ts";
export { type HeldState } from "./held.ts";
export { type StateSides } from "./state-cuts.ts";
export { planSegments, type Place, type Plan, type PlannedSegment } from "./plan.ts";
export { headAndTail, splitSegments, type Segments, type Split } from "./segments.ts";
export {
  largestDifference,
  proofFeeds,
  proveSegments,
  roundedChains,
  runChain,
  type Chains,
  type Loadable,
  type ProofFeeds,
  type SegmentsProof,
} from "./proof.ts";
export { proveSteps, type StepsProof } from "./prove-steps.ts";
export { createRunner, type Runner, type RunnerOptions } from "./runner.ts";
export { joinSegments, type Segment } from "./join.ts";
export { bodyOf } from "./bodies.ts";
export { besidesInitialisers, storedTensors } from "./stored.ts";
export { knownName, renameTensors } from "./rename.ts";
export { inputOptionsOf, withModelOptions, type ModelOptions } from "./model-options.ts";
export { readInputs } from "./unread.ts";
export { undivided, type Undivided } from "./undivided.ts";
export { typed } from "./typed.ts";
export { firstRows, fitted } from "./fitted.ts";
export { cheaper, usefulCuts, type UsefulCut, type UsefulOptions } from "./useful-cuts.ts";
export { declaredSeen, hollow } from "./hollow-model.ts";
export {
  modelGraph,
  type GraphBlock,
  type GraphCut,
  type GraphOperator,
  type GraphTensor,
  type ModelGraph,
} from "./model-graph.ts";
export { outlineModel, type Outline, type OutlinedCut } from "./outline.ts";
