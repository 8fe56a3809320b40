/** @file Policies as files. */
export { policySchema, shortestWindow } from "./definition.ts";
export { policyJson, readPolicy } from "./file.ts";
