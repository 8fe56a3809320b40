/** @file Bottlenecks: autoencoders trained at a cut, so that less crosses the wire. */
export { fitLinear } from "./linear.ts";
export { joinBottleneck, latentName, type BottleneckSplit } from "./join.ts";
export { planAt } from "./plan-at.ts";
export { planLinear } from "./plan-linear.ts";
export { planBottleneck, type BottleneckPlan } from "./plan.ts";
export {
  trainBottleneck,
  type Bottleneck,
  type Lesson,
  type Phase,
  type Phases,
  type TrainingImages,
} from "./train.ts";
