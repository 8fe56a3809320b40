/** @file The network simulator: a clock, links, UDP, and TCP as Linux does it. */
export { VirtualClock, type Clock, type EventId, type Handler } from "./clock.ts";
export {
  ETHERNET_HEADER,
  IP_HEADER,
  UDP_HEADER,
  LARGEST_PAYLOAD,
  MSS,
  MTU,
  PACKET_PAYLOAD,
  TCP_HEADERS,
  UDP_HEADERS,
} from "./headers.ts";
export { simulateHistory, type ConnectionPoint } from "./history.ts";
export { Channel, type Tally, type Tap } from "./channel.ts";
export type { CodelOptions } from "./codel.ts";
export { checkDownload, startDownload, type DownloadOptions } from "./download.ts";
export { createLink, freeFlow, route, type Link } from "./link.ts";
export { jitterMeans, jitterNames, longestJitter, meanJitter, type JitterName, type JitterOptions } from "./jitter.ts";
export { checkLink, idleTime, LARGEST_MESSAGE, LEAST_RATE, LONGEST_NS, type LinkParameters } from "./link-options.ts";
export { contentionDefaults, ContentionMedium, type ContentionOptions } from "./medium.ts";
export { meanRate, type Opportunities, type Rate, type Trace } from "./service.ts";
export { checkTraffic, startTraffic, type TrafficOptions } from "./traffic.ts";
export { createLoss, LONGEST_BURST, lossProblem, type LossOptions } from "./loss.ts";
export { lostOf } from "./lost.ts";
export { shareDown, type OutageOptions } from "./outages.ts";
export { messagesInParts, simulateMessages, type MessageRun, type MessageScenario } from "./messages.ts";
export { COLUMNS, FLOW, PacketPool, readPacket, SIZE, type PacketFields, type Receiver } from "./packet.ts";
export { congestionNames, connect, End, open, type CongestionName, type Path, type TcpOptions } from "./tcp/index.ts";
export { Reassembly, type Reassembled, type ReassemblyOptions } from "./reassembly.ts";
export { checkStations, MOST_STATIONS, startStations, type StationsOptions } from "./stations.ts";
export type { Fate, PacketEvent } from "./trace.ts";
export { fragmentsOf, isPayload, UdpFlow, type Datagrams, type UdpOptions } from "./udp.ts";
export * from "./transports/index.ts";
