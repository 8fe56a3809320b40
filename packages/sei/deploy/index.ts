/** @file Deployments on disk: the definition of their manifest, the writer and the reader. */
export { deploymentSchema } from "./definition.ts";
export { manifestName, parseDeployment, readDeployment } from "./read.ts";
export { writeManifest } from "./write.ts";
