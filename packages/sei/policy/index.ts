/** @file Policies as files. */
export { policySchema } from "./definition.ts";
export { policyJson, readPolicy } from "./file.ts";
