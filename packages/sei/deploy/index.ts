/** @file Deployments on disk: the definition of their manifest, the writer and the reader; how to run them. */
export { deploymentSchema } from "./definition.ts";
export { manifestName, parseDeployment, readDeployment } from "./read.ts";
export { ownRecipes, writeRecipes } from "./recipes/index.ts";
export { writeManifest } from "./write.ts";
