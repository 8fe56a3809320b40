/** @file TCP as Linux does it. */
export type { CongestionName } from "./congestion.ts";
export { connect, End, type Connection, type Application, type Path, type TcpOptions } from "./connection.ts";
export { congestionNames } from "./controls.ts";
export { open, SYN_WINDOW } from "./handshake.ts";
