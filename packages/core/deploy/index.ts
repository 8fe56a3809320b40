/** @file Deployments: a design with its files, what its hosts agree on, its proof and prediction. Data only. */
export {
  deploymentFormat,
  type Carried,
  type DeployedCrossing,
  type DeployedHost,
  type DeployedSegment,
  type DeployedTransport,
  type Deployment,
  type DeploymentProof,
  type Passage,
  type PictureCodec,
  type Port,
  type Prediction,
  type Reading,
} from "./deployment.ts";
export { answerPassage, crossingPassages, hostsOf } from "./passages.ts";
