/** @file ONNX models as graphs: reading, legal cuts, taking parts out, joining. */
export {
  attributeFloat,
  attributeFloats,
  attributeInt,
  attributeInts,
  attributeString,
  attributeStrings,
} from "./attributes.ts";
export { createBuilder, type GraphBuilder } from "./builder.ts";
export { nodeMacs, nodeParameters } from "./cost.ts";
export { nodesTowards, singleTensorCuts, type Cut } from "./cuts.ts";
export { extractModel } from "./extract.ts";
export { describe, indexGraph, isRandom, subgraphs, type GraphIndex } from "./graph.ts";
export { copyModel, opsetOf, parseModel, serialiseModel } from "./model.ts";
export { boundaryInfo, firstNotFinite, observe, observedBytes, type Observations, type Observed } from "./observe.ts";
export {
  attribute,
  AttributeType,
  DataType,
  makeNode,
  valueInfo,
  type AttributeProto,
  type AttributeValue,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "./proto.ts";
export { checkProto, fromProto, isExternal, protoBytes, toProto } from "./tensor-proto.ts";
export { elementType, tensorType } from "./element-type.ts";
export { inspectModel, randomInput, type CutCost, type InspectOptions, type Inspection } from "./inspect.ts";
export { proveSplit, splitModel, type Split, type SplitProof } from "./split.ts";
export { batchSymbol, declaredInputs, feedsFor, sizesFor, type Declared, type Sizes } from "./feeds.ts";
export { costlyCuts, declareTensors, surveyModel, type SetCost, type Survey, type SurveyOptions } from "./survey.ts";
export { planSegments, type Place, type Plan, type PlannedSegment } from "./plan.ts";
export {
  proveSegments,
  runChain,
  splitSegments,
  type Loadable,
  type Segments,
  type SegmentsProof,
} from "./segments.ts";
export { joinSegments, type Segment } from "./join.ts";
export { bodyOf } from "./bodies.ts";
export { cheaper, usefulCuts, type UsefulCut, type UsefulOptions } from "./useful-cuts.ts";
export { declaredSeen, hollow } from "./hollow-model.ts";
export { outlineModel, type Outline, type OutlinedCut } from "./outline.ts";
