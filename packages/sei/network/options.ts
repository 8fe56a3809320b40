/** @file The flags of `sei network`, and the scenario that they name. */
import { parseProtection, protectionForms } from "@split-et-impera/core/wire";
import { InputError } from "@split-et-impera/core/errors";
import {
  congestionNames,
  LARGEST_MESSAGE,
  LARGEST_PAYLOAD,
  LONGEST_BURST,
  LONGEST_NS,
  lossProblem,
  PACKET_PAYLOAD,
  transportKinds,
  type CongestionName,
  type LinkParameters,
  type MessageScenario,
  type TransportKind,
} from "@split-et-impera/core/network";
import { parseCount, parseDuration, parseRate, parseShare, parseSize } from "@split-et-impera/core/units";

import type { ArgsDef } from "citty";

/** Messages at most: their times are kept, and printed with `--json`. */
const MOST_MESSAGES = 1e6;
/** ns after the last datagram at which a receiver gives up what is missing. */
const UDP_TIMEOUT = 1e9;

/** Only infers the types. */
const flagsOf = <const T extends ArgsDef>(args: T): T => args;

export const networkArgs = flagsOf({
  link: {
    type: "string",
    valueHint: "FILE",
    description: "a study, or a file with its `links`: the link, in place of all flags that say what it is",
  },
  rate: { type: "string", default: "100 Mbit/s", description: "of the link" },
  delay: { type: "string", default: "5 ms", description: "one-way" },
  loss: { type: "string", default: "0 %", description: "share of packets lost" },
  "rate-back": { type: "string", description: "towards the sender of messages (default: as --rate)" },
  "delay-back": { type: "string", description: "likewise (default: as --delay)" },
  "loss-back": { type: "string", description: "likewise (default: as --loss)" },
  burst: { type: "string", default: "1", description: "mean length of a run of losses, in packets" },
  jitter: { type: "string", default: "0 ms", description: "added to the delay: uniform from 0 to this, in order" },
  reorder: { type: "boolean", description: "let jitter change the order of packets" },
  queue: { type: "string", valueHint: "PACKETS", description: "that may wait before the link (default: no bound)" },
  duplex: { type: "enum", options: ["full", "half"], default: "full", description: "full or half" },
  size: { type: "string", default: "150 kB", description: "of a message" },
  count: { type: "string", default: "1000", description: "messages, each after the answer to the last" },
  gap: { type: "string", default: "0 ms", description: "between an answer and the next message" },
  transport: { type: "enum", options: transportKinds, default: "tcp", description: transportKinds.join(" or ") },
  cc: { type: "enum", options: congestionNames, default: "cubic", description: "congestion control" },
  nagle: { type: "boolean", description: "let small segments wait for acknowledgements" },
  handshake: {
    type: "enum",
    options: ["warm", "tcp", "tls"],
    default: "warm",
    description: "warm: one open connection; tcp, tls: a new one per message, opened first",
  },
  datagram: {
    type: "string",
    default: `${PACKET_PAYLOAD} B`,
    description: `UDP payload per datagram; more than ${PACKET_PAYLOAD} B travel as IP fragments`,
  },
  protection: {
    type: "string",
    default: "none",
    description: `what is added to UDP datagrams: ${protectionForms.join(", ")}`,
  },
  seed: { type: "string", default: "1", description: "of the random losses" },
  trace: { type: "string", valueHint: "FILE", description: "write every packet to FILE.csv and FILE.pcap" },
});

/** The flags' values, as written. */
export type NetworkFlags = { [K in keyof typeof networkArgs]?: string | boolean | undefined };

/** Flags that say what a link is. */
const linkFlags = [
  "rate",
  "delay",
  "loss",
  "rate-back",
  "delay-back",
  "loss-back",
  "burst",
  "jitter",
  "reorder",
  "queue",
  "duplex",
] as const;

/**
 * Reads the flags.
 * @param given the link of `--link`
 * @throws InputError `ERR_USAGE` naming the flag, what it expects and what came
 */
export function scenarioOf(flags: NetworkFlags, given?: MessageScenario["link"]): MessageScenario {
  for (const flag of given ? linkFlags : []) {
    const row: { type: string; default?: string } = networkArgs[flag];
    if (flags[flag] !== undefined && flags[flag] !== false && flags[flag] !== row.default)
      throw new InputError("ERR_USAGE", `--${flag}: expected it without --link, whose file says what the link is`);
  }
  const text = (flag: keyof NetworkFlags): string => String(flags[flag] ?? "");
  const direction = (back: "" | "-back"): LinkParameters => {
    const flag = <F extends "rate" | "delay" | "loss">(name: F): F | `${F}-back` =>
      back !== "" && flags[`${name}-back`] !== undefined ? `${name}-back` : name;
    const rate = flag("rate");
    const delay = flag("delay");
    const loss = flag("loss");
    const jitter = nanoseconds("jitter", text("jitter"));
    const share = value(loss, parseShare(text(loss)));
    const burst = number("burst", text("burst"), 1, LONGEST_BURST);
    const problem = lossProblem({ rate: share, burst });
    if (problem !== undefined) throw new InputError("ERR_USAGE", `--${loss} with --burst: ${problem}`);
    return {
      rate: value(rate, parseRate(text(rate))),
      delay: nanoseconds(delay, text(delay)),
      loss: { rate: share, burst },
      duplex: text("duplex") === "half" ? "half" : "full",
      ...(jitter > 0 && { jitter: { range: jitter, ...(flags.reorder === true && { reorder: true }) } }),
      ...(flags.queue !== undefined && { queue: { packets: value("queue", parseCount(text("queue"), "packets")) } }),
    };
  };
  const link = direction("");
  const own = (["rate-back", "delay-back", "loss-back"] as const).some((name) => flags[name] !== undefined);
  const size = bytes("size", text("size"), 1, LARGEST_MESSAGE);
  const first = given ? ("rate" in given ? given : given[0]) : link;
  return {
    link: given ?? (own ? [link, direction("-back")] : link),
    transport: transport(flags, text, first),
    bytes: size,
    count: value("count", parseCount(text("count"), "messages", 1, MOST_MESSAGES)),
    gap: nanoseconds("gap", text("gap")),
    seed: number("seed", text("seed"), 0, Number.MAX_SAFE_INTEGER, "a whole number of 0 or more"),
  };
}

function transport(
  flags: NetworkFlags,
  text: (flag: keyof NetworkFlags) => string,
  { jitter: { range: jitter } = { range: 0 }, loss }: LinkParameters,
): MessageScenario["transport"] {
  const lost = loss && "rate" in loss ? loss : { rate: 0 };
  const protection = parseProtection(text("protection") || "none", { burst: 1, ...lost });
  if (typeof protection === "string") throw new InputError("ERR_USAGE", `--protection: ${protection}`);
  const payload = bytes("datagram", text("datagram"), 1, LARGEST_PAYLOAD);
  const kinds: Record<TransportKind, () => MessageScenario["transport"]> = {
    // What is held up by jitter is not given up.
    udp: () => ({
      kind: "udp",
      payload,
      timeout: UDP_TIMEOUT + jitter,
      ...(protection.kind !== "none" && { protection }),
    }),
    tcp: () => ({
      kind: "tcp",
      cc: text("cc") as CongestionName,
      nagle: flags.nagle === true,
      handshake: text("handshake") as "warm" | "tcp" | "tls",
    }),
  };
  return kinds[text("transport") as TransportKind]();
}

/** A parsed quantity, or the reason why it is none. */
function value(flag: string, parsed: number | string): number {
  if (typeof parsed === "number") return parsed;
  throw new InputError("ERR_USAGE", `--${flag}: ${parsed}`);
}

function nanoseconds(flag: string, text: string): number {
  const ns = Math.round(value(flag, parseDuration(text)) * 1e9);
  if (ns <= LONGEST_NS) return ns;
  throw new InputError("ERR_USAGE", `--${flag}: expected a duration of at most ${LONGEST_NS / 1e9} s, got "${text}"`);
}

function bytes(flag: string, text: string, least: number, most: number): number {
  return value(flag, parseSize(text, least, most));
}

function number(flag: string, text: string, least: number, most: number, whole?: string): number {
  const parsed = text.trim() === "" ? Number.NaN : Number(text);
  if (parsed >= least && parsed <= most && (whole === undefined || Number.isInteger(parsed))) return parsed;
  throw new InputError(
    "ERR_USAGE",
    `--${flag}: expected ${whole ?? `a number from ${least} to ${most}`}, got "${text}"`,
  );
}
