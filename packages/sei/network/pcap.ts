/** @file Simulated packets as a capture file that Wireshark opens (pcap, nanosecond stamps, Ethernet). */
import { IP_HEADER, UDP_HEADER, type PacketEvent } from "@split-et-impera/core/network";

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const ETHERNET = 1;
const LINK_HEADER = 14;
const MOST_BYTES = 65_535;
/** Data follows the SYN, which takes a number. */
const FIRST_SEQUENCE = 1;
const PROTOCOL = { tcp: 6, udp: 17 };
const PORTS = { messages: 40_000, answers: 5000 };
/** Bytes of IP payload before a fragment are told in units of 8. */
const FRAGMENT_UNIT = 8;
const MORE_FRAGMENTS = 0x2000;
const DO_NOT_FRAGMENT = 0x4000;

/** What stands before the first record. */
export function pcapHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, MAGIC_NANOSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, MOST_BYTES, true);
  view.setUint32(20, ETHERNET, true);
  return new Uint8Array(view.buffer);
}

/**
 * The record of a packet, as a capture at the receiver shows it: undefined for what was lost. Payload is not stored (the
 * record has the headers and the true length); checksums are those of a payload of zeros.
 */
export function pcapRecord(event: PacketEvent, transport: "tcp" | "udp"): Uint8Array | undefined {
  if (event.fate !== "sent") return undefined;
  const packet = transport === "tcp" ? tcpPacket(event) : udpPacket(event);
  const bytes = new Uint8Array(16 + packet.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(event.time / 1e9), true);
  view.setUint32(4, event.time % 1e9, true);
  view.setUint32(8, packet.byteLength, true);
  view.setUint32(12, LINK_HEADER + event.size, true);
  bytes.set(new Uint8Array(packet.buffer), 16);
  return bytes;
}

/** One's complement sum of the 16-bit words from `from` to `to`. */
function sumOf(view: DataView, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) sum += at + 1 < to ? view.getUint16(at) : view.getUint8(at) << 8;
  return sum;
}

function checksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}

/** Ethernet and IPv4 headers in front of `length` bytes of transport header; 10.0.0.1 sends messages to 10.0.0.2. */
function headers(event: PacketEvent, protocol: number, length: number): DataView {
  const view = new DataView(new ArrayBuffer(LINK_HEADER + IP_HEADER + length));
  const [from, to] = event.direction === 0 ? [1, 2] : [2, 1];
  view.setUint16(0, 0x0200);
  view.setUint8(5, to);
  view.setUint16(6, 0x0200);
  view.setUint8(11, from);
  view.setUint16(12, 0x0800);
  view.setUint8(14, 0x45);
  view.setUint16(16, event.size);
  view.setUint16(20, DO_NOT_FRAGMENT);
  const { fragment } = event;
  if (fragment !== undefined) {
    // All fragments of a datagram share a number.
    view.setUint16(18, (event.acknowledgement * 0x9e37 + event.sequence + 1) % 0x1_0000);
    const more = fragment.index + 1 < fragment.count ? MORE_FRAGMENTS : 0;
    view.setUint16(20, more + fragment.offset / FRAGMENT_UNIT);
  }
  view.setUint8(22, 64);
  view.setUint8(23, protocol);
  view.setUint32(26, 0x0a000000 + from);
  view.setUint32(30, 0x0a000000 + to);
  view.setUint16(24, checksum(sumOf(view, LINK_HEADER, LINK_HEADER + IP_HEADER)));
  return view;
}

/** Sum over the transport's header and what stands before it in its checksum: addresses, protocol and length. */
function transportSum(view: DataView, protocol: number, length: number): number {
  const addresses = sumOf(view, LINK_HEADER + 12, LINK_HEADER + IP_HEADER);
  return addresses + protocol + length + sumOf(view, LINK_HEADER + IP_HEADER, view.byteLength);
}

const wrap = (sequence: number): number => (sequence + FIRST_SEQUENCE) % 2 ** 32;

function tcpPacket(event: PacketEvent): DataView {
  const { syn, sacks } = event;
  const options = syn ? 20 : 12 + (sacks.length > 0 ? 4 + 8 * sacks.length : 0);
  const view = headers(event, PROTOCOL.tcp, 20 + options);
  // Each connection has a port of its own.
  const port = PORTS.messages + (event.connection % 20_000);
  const [from, to] = event.direction === 0 ? [port, PORTS.answers] : [PORTS.answers, port];
  const start = LINK_HEADER + IP_HEADER;
  const acknowledges = !syn || event.direction === 1;
  view.setUint16(start, from);
  view.setUint16(start + 2, to);
  view.setUint32(start + 4, syn ? 0 : wrap(event.sequence));
  view.setUint32(start + 8, acknowledges ? wrap(event.acknowledgement) : 0);
  view.setUint8(start + 12, ((20 + options) / 4) << 4);
  view.setUint8(start + 13, (syn ? 2 : 0) | (event.push ? 8 : 0) | (acknowledges ? 16 : 0));
  // Windows are scaled by 2^7, except in SYNs.
  view.setUint16(start + 14, syn ? event.window : Math.min(65_535, event.window >> 7));
  if (syn) synOptions(view, start + 20, event);
  else dataOptions(view, start + 20, event);
  view.setUint16(start + 16, checksum(transportSum(view, PROTOCOL.tcp, event.size - IP_HEADER)));
  return view;
}

/** MSS 1460, SACK permitted, timestamps, no-op, window scale 7. */
function synOptions(view: DataView, at: number, { stamp, echo }: PacketEvent): void {
  view.setUint32(at, 0x020405b4);
  view.setUint16(at + 4, 0x0402);
  view.setUint16(at + 6, 0x080a);
  view.setUint32(at + 8, stamp);
  view.setUint32(at + 12, Math.max(0, echo));
  view.setUint32(at + 16, 0x01030307);
}

/** Timestamps and SACK blocks. */
function dataOptions(view: DataView, at: number, { stamp, echo, sacks }: PacketEvent): void {
  view.setUint32(at, 0x0101080a);
  view.setUint32(at + 4, stamp);
  view.setUint32(at + 8, Math.max(0, echo));
  if (sacks.length === 0) return;
  view.setUint16(at + 12, 0x0101);
  view.setUint8(at + 14, 5);
  view.setUint8(at + 15, 2 + 8 * sacks.length);
  for (const [i, [start, end]] of sacks.entries()) {
    view.setUint32(at + 16 + 8 * i, wrap(start));
    view.setUint32(at + 20 + 8 * i, wrap(end));
  }
}

function udpPacket(event: PacketEvent): DataView {
  const { fragment } = event;
  // Only the first fragment has the datagram's header.
  if (fragment !== undefined && fragment.index > 0) return headers(event, PROTOCOL.udp, 0);
  const view = headers(event, PROTOCOL.udp, UDP_HEADER);
  const start = LINK_HEADER + IP_HEADER;
  const length = (fragment?.payload ?? event.length) + UDP_HEADER;
  view.setUint16(start, PORTS.messages);
  view.setUint16(start + 2, PORTS.answers);
  view.setUint16(start + 4, length);
  // A sum of 0 would mean that there is none.
  view.setUint16(start + 6, checksum(transportSum(view, PROTOCOL.udp, length)) || 0xffff);
  return view;
}
