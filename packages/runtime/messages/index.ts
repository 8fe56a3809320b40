/** @file Messages between hosts in real time: framed streams, datagrams, lines that are kept open. */
export { LoopClock, monotonicNs } from "./clock.ts";
export { DatagramReader, packetsOf, type Packing } from "./datagrams.ts";
export { Dialled, type DialOptions } from "./dial.ts";
export { Line, type LineOptions, type Outgoing } from "./line.ts";
export { digestBytes, traceSeedBytes, type Accepted, type ArrivedMessage } from "./message.ts";
export { DatagramSocket } from "./socket.ts";
export { MessageReader, writeMessage } from "./stream.ts";
