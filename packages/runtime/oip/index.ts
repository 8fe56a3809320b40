/** @file The Open Inference Protocol, version 2: segments served to whoever speaks it, and models asked of servers that do. */
export { bearerOf } from "./bearer.ts";
export { RemoteModel, type RemoteModelOptions } from "./client.ts";
export { RequestError } from "./error.ts";
export type { ServedModel } from "./model.ts";
export { serveGrpc } from "./grpc/server.ts";
export type { OipOptions, OipServer } from "./served-to.ts";
export { serveOip } from "./server.ts";
export { modelUrl } from "./url.ts";
