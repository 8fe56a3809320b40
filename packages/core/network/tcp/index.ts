/** @file TCP as Linux does it. */
export type { CongestionName } from "./congestion.ts";
export { connect, End, TCP_HEADERS, type Application, type Path, type TcpOptions } from "./connection.ts";
export { congestionNames } from "./controls.ts";
export { open } from "./handshake.ts";
export { MSS } from "./sender.ts";
