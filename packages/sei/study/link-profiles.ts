/** @file Links by name: fields as a study writes them, and where their numbers are from. A new one is a row here. */
import { get, isFields } from "./raw.ts";

export interface LinkProfile {
  /** What it is, in some words. */
  means: string;
  /** Fields of a link; its first direction goes from the first host of `between`, the device. */
  fields: Readonly<Record<string, unknown>>;
  /** Where the numbers are from, and what was made of them. */
  source: string;
}

export const linkProfiles = {
  "ethernet-100": {
    means: "100 Mbit/s Ethernet through one switch",
    fields: { rate: "100 Mbit/s", delay: "124 us", header: 38 },
    source:
      "IEEE 802.3, clause 25 (100BASE-TX); 38 bytes are preamble, header, check and gap. Delay: a switch stores a packet of " +
      "1538 bytes (123.0 us), and 100 m of cable take at most 0.6 us (ISO/IEC 11801)",
  },
  "ethernet-1000": {
    means: "1 Gbit/s Ethernet through one switch",
    fields: { rate: "1 Gbit/s", delay: "13 us", header: 38 },
    source: "IEEE 802.3, clause 40 (1000BASE-T); delay as for ethernet-100: 12.3 us and at most 0.6 us",
  },
  "wifi-g": {
    means: "IEEE 802.11g at its highest rate",
    fields: {
      rate: "54 Mbit/s",
      delay: "0 ms",
      header: 36,
      medium: { slot: "9 us", gap: "28 us", overhead: "70 us", window: [16, 1024] },
    },
    source:
      "IEEE 802.11-2016, clause 18 (ERP-OFDM, short slots): DIFS 28 us; preamble and signal extension 26 us, SIFS 10 us, acknowledgement at " +
      "24 Mbit/s 34 us; 36 bytes are MAC header, LLC and check",
  },
  "wifi-4": {
    means: "IEEE 802.11n, 20 MHz, one stream, its highest rate",
    fields: {
      rate: "65 Mbit/s",
      delay: "0 ms",
      header: 42,
      medium: { slot: "9 us", gap: "43 us", overhead: "84 us", window: [16, 1024], aggregate: 42 },
    },
    source:
      "IEEE 802.11-2016, clause 19 (HT, MCS 7, guard interval 800 ns): 65 Mbit/s; AIFS of best effort 43 us; preamble 36 us, SIFS 16 us, block " +
      "acknowledgement at 24 Mbit/s 32 us; aggregates of at most 65,535 bytes and 5.484 ms; 42 bytes are QoS header, LLC, check, delimiter",
  },
  "wifi-5": {
    means: "IEEE 802.11ac, 80 MHz, one stream, its highest rate",
    fields: {
      rate: "390 Mbit/s",
      delay: "0 ms",
      header: 42,
      medium: { slot: "9 us", gap: "43 us", overhead: "88 us", window: [16, 1024], aggregate: 64 },
    },
    source:
      "IEEE 802.11-2016, clause 21 (VHT, MCS 9, guard interval 800 ns): 390 Mbit/s; preamble 40 us; aggregates of as many packets as a " +
      "block acknowledgement tells of, 64; the rest as for wifi-4",
  },
  lte: {
    means: "a phone on a public LTE network",
    fields: { rate: "6 Mbit/s", delay: "35 ms", back: { rate: "13 Mbit/s" } },
    source:
      "Huang et al., A Close Examination of Performance and Power Characteristics of 4G LTE Networks, MobiSys 2012: medians of " +
      "4GTest, 6 Mbit/s up, 13 Mbit/s down, round trip 70 ms",
  },
  "5g": {
    means: "5G as it has to be at the least where many use it",
    fields: { rate: "50 Mbit/s", delay: "4 ms", back: { rate: "100 Mbit/s" } },
    source:
      "ITU-R M.2410-0 (2017): user experienced data rate in dense urban areas, 50 Mbit/s up and 100 Mbit/s down; user plane " +
      "latency of enhanced mobile broadband, 4 ms one way. The way behind the base station is not in it",
  },
  satellite: {
    means: "access by a geostationary satellite",
    fields: { rate: "2.54 Mbit/s", delay: "372 ms", back: { rate: "19.3 Mbit/s" } },
    source:
      "Ookla Speedtest, USA, third quarter of 2021: medians of HughesNet, 2.54 Mbit/s up, 19.3 Mbit/s down, round trip 744 ms " +
      "(light alone takes 479 ms at the least, RFC 2488)",
  },
  "satellite-low": {
    means: "access by satellites in low orbits",
    fields: { rate: "13.54 Mbit/s", delay: "22 ms", back: { rate: "87.25 Mbit/s" } },
    source:
      "Ookla Speedtest, USA, third quarter of 2021: medians of Starlink, 13.54 Mbit/s up, 87.25 Mbit/s down, round trip 44 ms",
  },
  lora: {
    means: "LoRaWAN at its fastest spreading factor",
    fields: { rate: "5470 bit/s", delay: "0 ms", header: 13, duplex: "half" },
    source:
      "LoRaWAN Regional Parameters (RP002-1.0), EU863-870, DR5 (SF7, 125 kHz): 5470 bit/s; 13 bytes are MHDR, FHDR, FPort and " +
      "MIC. Packets are longer than its frames of 222 bytes, and a duty cycle of 1 % would divide the mean rate by 100: " +
      "neither is in it",
  },
  "802.15.4": {
    means: "IEEE 802.15.4 at 2.4 GHz (Zigbee, Thread)",
    fields: { rate: "250 kbit/s", delay: "0 ms", header: 17, duplex: "half" },
    source:
      "IEEE 802.15.4-2006, O-QPSK at 2.4 GHz: 250 kbit/s; 17 bytes are preamble, delimiter, length, a header with short addresses " +
      "and the check. Fragments (RFC 4944), acknowledgements and contention are not in it",
  },
} satisfies Record<string, LinkProfile>;

export type LinkProfileName = keyof typeof linkProfiles;
export const linkProfileNames = Object.keys(linkProfiles) as LinkProfileName[];

/** The row of a name; undefined where there is none. */
export function linkProfile(name: unknown): LinkProfile | undefined {
  return typeof name === "string" && Object.hasOwn(linkProfiles, name)
    ? linkProfiles[name as LinkProfileName]
    : undefined;
}

/** A study as parsed, with the fields of the profiles that its links name; what a link says itself goes before. */
export function withLinkProfiles(raw: unknown): unknown {
  const links = get(raw, ["links"]);
  if (!isFields(raw) || !Array.isArray(links)) return raw;
  return { ...raw, links: links.map(withProfile) };
}

function withProfile(link: unknown): unknown {
  const row = isFields(link) ? linkProfile(link["profile"]) : undefined;
  if (!isFields(link) || !row) return link;
  const nested = ["back", "medium"].flatMap((name) => {
    const [mine, theirs] = [link[name], row.fields[name]];
    return isFields(mine) && isFields(theirs) ? [[name, { ...theirs, ...mine }]] : [];
  });
  return { ...row.fields, ...link, ...Object.fromEntries(nested) };
}
