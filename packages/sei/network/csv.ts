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

/** A threshold that no loss has set yet. */
const NO_THRESHOLD = 1e9;

export const csvHeader = `${COLUMNS.join(",")}\n`;

/** The line of a packet that enters the link, a lost one too. `>`: towards the receiver of messages. */
export function csvLine(event: PacketEvent): string {
  const { fragment, cwnd, ssthresh, inFlight, state } = event;
  const flags = [
    event.syn && "SYN",
    event.push && "PSH",
    event.retransmission && "RETRANSMISSION",
    fragment && `FRAGMENT ${fragment.index + 1}/${fragment.count}`,
  ].filter(Boolean);
  const fields = [
    event.time,
    event.direction === 0 ? ">" : "<",
    event.fate,
    event.sequence,
    event.length,
    event.acknowledgement,
    flags.join(" "),
    event.window,
    event.sacks.map(([start, end]) => `${start}-${end}`).join(" "),
    cwnd ?? "",
    ssthresh === undefined || ssthresh > NO_THRESHOLD ? "" : ssthresh,
    inFlight ?? "",
    state ?? "",
  ];
  return `${fields.join(",")}\n`;
}
