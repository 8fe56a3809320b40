/** @file The Open Inference Protocol, version 2: segments served to whoever speaks it. */
export { bearerOf } from "./bearer.ts";
export type { ServedModel } from "./model.ts";
export { serveOip, type OipOptions, type OipServer } from "./server.ts";
