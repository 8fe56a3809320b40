/** @file Deployments: a design with its files, what its hosts agree on, its proof and prediction. Data only. */
export {
  deploymentFormat,
  type Carried,
  type DeployedCrossing,
  type DeployedExit,
  type DeployedHost,
  type DeployedSegment,
  type DeployedState,
  type DeployedTransport,
  type Deployment,
  type DeploymentProof,
  type Passage,
  type PictureCodec,
  type Port,
  type Prediction,
} from "./deployment.ts";
export { answerForm, classSaid, type Answer, type AnswerForm } from "./answer-forms.ts";
export { capturedPorts } from "./captured.ts";
export { checkReads, longestAnswer, openAnswers, type Answers } from "./answers.ts";
export { isPlain, mostDepth } from "./plain.ts";
export { answerPassage, crossingPassages, hostsOf } from "./passages.ts";
