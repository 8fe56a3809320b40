/** @file Simulated packets as a table. */
import type { PacketEvent } from "@split-et-impera/core/network";

const COLUMNS = [
  "time_ns",
  "direction",
  "fate",
  "sequence",
  "length",
  "acknowledgement",
  "flags",
  "window",
  "sacks",
  "cwnd",
  "ssthresh",
  "in_flight",
  "state",
] as const;

/** One line per packet that enters the link, lost ones included. `>`: towards the receiver of messages. */
export function writeCsv(events: readonly PacketEvent[]): string {
  const lines = events.map((event) => {
    const flags = [event.syn && "SYN", event.push && "PSH", event.retransmission && "RETRANSMISSION"].filter(Boolean);
    const sacks = event.sacks.map(([start, end]) => `${start}-${end}`);
    return [
      event.time,
      event.direction === 0 ? ">" : "<",
      event.fate,
      event.sequence,
      event.length,
      event.acknowledgement,
      flags.join(" "),
      event.window,
      sacks.join(" "),
      event.cwnd ?? "",
      event.ssthresh === undefined || event.ssthresh > 1e9 ? "" : event.ssthresh,
      event.inFlight ?? "",
      event.state ?? "",
    ].join(",");
  });
  return `${[COLUMNS.join(","), ...lines].join("\n")}\n`;
}
