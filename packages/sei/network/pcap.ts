/** @file Simulated packets as a capture file that Wireshark opens (pcap, nanosecond stamps, Ethernet). */
import type { PacketEvent } from "@split-et-impera/core/network";

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const ETHERNET = 1;
const LINK_HEADER = 14;
/** Sequence numbers begin here, as if the SYN had been one less. */
const FIRST_SEQUENCE = 1;

/**
 * A capture of `events`; what was lost is left out, as a capture at the receiver shows it, unless `lost` is set.
 * Payload bytes are not stored: each record has the headers and the true length.
 */
export function writePcap(events: readonly PacketEvent[], transport: "tcp" | "udp", lost = false): Uint8Array {
  const kept = events.filter(({ fate }) => lost || fate === "sent");
  const records = kept.map((event) => (transport === "tcp" ? tcpHeaders(event) : udpHeaders(event)));
  const size = 24 + records.reduce((sum, record) => sum + 16 + record.length, 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC_NANOSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 65_535, true);
  view.setUint32(20, ETHERNET, true);
  let at = 24;
  for (const [index, record] of records.entries()) {
    const event = kept[index]!;
    view.setUint32(at, Math.floor(event.time / 1e9), true);
    view.setUint32(at + 4, event.time % 1e9, true);
    view.setUint32(at + 8, record.length, true);
    view.setUint32(at + 12, LINK_HEADER + event.size, true);
    bytes.set(record, at + 16);
    at += 16 + record.length;
  }
  return bytes;
}

/** Ethernet and IPv4 headers in front of `length` bytes of transport header; 10.0.0.1 sends messages to 10.0.0.2. */
function headers(event: PacketEvent, protocol: number, length: number): DataView {
  const view = new DataView(new ArrayBuffer(LINK_HEADER + 20 + length));
  const [from, to] = event.direction === 0 ? [1, 2] : [2, 1];
  view.setUint16(0, 0x0200);
  view.setUint8(5, to);
  view.setUint16(6, 0x0200);
  view.setUint8(11, from);
  view.setUint16(12, 0x0800);
  view.setUint8(14, 0x45);
  view.setUint16(16, event.size);
  view.setUint16(20, 0x4000);
  view.setUint8(22, 64);
  view.setUint8(23, protocol);
  view.setUint32(26, 0x0a000000 + from);
  view.setUint32(30, 0x0a000000 + to);
  let sum = 0;
  for (let i = 14; i < 34; i += 2) sum += view.getUint16(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(24, ~sum & 0xffff);
  return view;
}

const wrap = (sequence: number): number => (sequence + FIRST_SEQUENCE) % 2 ** 32;

function tcpHeaders(event: PacketEvent): Uint8Array {
  const { syn, sacks } = event;
  const options = syn ? 20 : 12 + (sacks.length > 0 ? 4 + 8 * sacks.length : 0);
  const view = headers(event, 6, 20 + options);
  const [from, to] = event.direction === 0 ? [40_000, 5000] : [5000, 40_000];
  let at = LINK_HEADER + 20;
  const acknowledges = !syn || event.direction === 1;
  view.setUint16(at, from);
  view.setUint16(at + 2, to);
  view.setUint32(at + 4, syn ? 0 : wrap(event.sequence));
  view.setUint32(at + 8, acknowledges ? wrap(event.acknowledgement) : 0);
  view.setUint8(at + 12, ((20 + options) / 4) << 4);
  view.setUint8(at + 13, (syn ? 2 : 0) | (event.push ? 8 : 0) | (acknowledges ? 16 : 0));
  // Windows are scaled by 2^7, except in SYNs.
  view.setUint16(at + 14, syn ? event.window : Math.min(65_535, event.window >> 7));
  at += 20;
  if (syn) {
    // MSS 1460, SACK permitted, timestamps, no-op, window scale 7.
    view.setUint32(at, 0x020405b4);
    view.setUint16(at + 4, 0x0402);
    view.setUint16(at + 6, 0x080a);
    view.setUint32(at + 16, 0x01030307);
    return new Uint8Array(view.buffer);
  }
  view.setUint32(at, 0x0101080a);
  view.setUint32(at + 4, event.stamp);
  view.setUint32(at + 8, Math.max(0, event.echo));
  at += 12;
  if (sacks.length > 0) {
    view.setUint16(at, 0x0101);
    view.setUint8(at + 2, 5);
    view.setUint8(at + 3, 2 + 8 * sacks.length);
    at += 4;
    for (const [start, end] of sacks) {
      view.setUint32(at, wrap(start));
      view.setUint32(at + 4, wrap(end));
      at += 8;
    }
  }
  return new Uint8Array(view.buffer);
}

function udpHeaders(event: PacketEvent): Uint8Array {
  const view = headers(event, 17, 8);
  view.setUint16(LINK_HEADER + 20, 40_000);
  view.setUint16(LINK_HEADER + 22, 5000);
  view.setUint16(LINK_HEADER + 24, event.length + 8);
  return new Uint8Array(view.buffer);
}
