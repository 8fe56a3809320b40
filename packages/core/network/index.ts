/** @file The network simulator: a clock, links, UDP, TCP as Linux does it, and the application's frames. */
export { Clock, type EventId, type Handler } from "./clock.ts";
export {
  simulateFrames,
  type FlowRun,
  type FrameFlow,
  type FrameRun,
  type FrameScenario,
  type Stage,
  type Transport,
} from "./frames.ts";
export { Channel, createLink, type Link, type LinkOptions, type Tally, type Tap } from "./link.ts";
export type { LossOptions } from "./loss.ts";
export { simulateMessages, type MessageRun, type MessageScenario } from "./messages.ts";
export { PacketPool, type Receiver } from "./packet.ts";
export {
  congestionNames,
  connect,
  End,
  MSS,
  open,
  TCP_HEADERS,
  type CongestionName,
  type Path,
  type TcpOptions,
} from "./tcp/index.ts";
export type { Fate, PacketEvent } from "./trace.ts";
export { UDP_HEADERS, UdpFlow, type Datagrams } from "./udp.ts";
