/** @file What can be said of messages over TCP. */
import type { TcpOptions } from "../tcp/index.ts";

export interface TcpSpec extends TcpOptions {
  kind: "tcp";
  /** Bytes of framing before each message. Default 0. */
  header?: number;
  /** `warm`: one connection, open before the first message (default); else one per message, with TLS 1.3 on top or not. */
  handshake?: HandshakeName;
}

export const handshakeNames = ["warm", "tcp", "tls"] as const;
export type HandshakeName = (typeof handshakeNames)[number];

/** Nothing to say still needs a byte to say so. */
export const framed = (bytes: number, header: number): number => Math.max(1, header + bytes);
