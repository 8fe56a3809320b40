/** @file What a study can say of a link. */
import {
  congestionNames,
  jitterMeans,
  jitterNames,
  LARGEST_MESSAGE,
  LONGEST_BURST,
  MOST_STATIONS,
  MTU,
} from "@split-et-impera/core/network";
import {
  parseBytePrice,
  parseBytes,
  parseCount,
  parseDuration,
  parseEnergy,
  parseFactor,
  parseRate,
  parseShare,
  parseSize,
  shown,
} from "@split-et-impera/core/units";
import { z } from "zod";
import { count, list, phrase, quantity } from "./fields.ts";
import { linkProfileNames } from "./link-profiles.ts";

const loss = z.union([
  quantity(parseShare).meta({
    description: "Every packet is lost with this probability, independently.",
    examples: ["1 %"],
  }),
  z.strictObject({
    rate: quantity(parseShare).meta({ description: "Share of packets lost.", examples: ["1 %", 0.01] }),
    burst: quantity(parseBurst)
      .prefault(1)
      .meta({
        description:
          `Mean number of packets lost in a row, ${LONGEST_BURST} at most; 1: independent losses. Bursts of b lose b/(b+1) of all ` +
          "packets at most, since one at least gets through between them.",
        examples: [4],
      }),
  }),
]);

function parseBurst(input: unknown): number | string {
  const value = parseFactor(input);
  return typeof value === "number" && value >= 1 && value <= LONGEST_BURST
    ? value
    : `expected a number of packets of 1 to ${LONGEST_BURST}, got ${shown(input)}`;
}

/** Who writes a rate for each direction is told how. */
function oneRate(input: unknown): number | string {
  const rate = parseRate(input);
  return typeof rate === "string" && typeof input === "object" && input !== null
    ? `${rate}, or a file as \`{ trace: FILE }\`; the rate of the other direction stands in \`back: { rate: 50 Mbit/s }\``
    : rate;
}

const rate = z.union(
  [
    quantity(oneRate),
    z.strictObject({
      trace: z
        .string()
        .min(1)
        .meta({
          description:
            "A file, relative to the study: lines `seconds, bit/s` (`.csv`), or milliseconds in which 1500 bytes may leave (Mahimahi).",
          examples: ["lte.csv", "Verizon-LTE-driving.up"],
        }),
      end: z.enum(["repeat", "hold", "error"]).default("repeat").meta({
        description:
          "What comes after its end: it begins anew, its last rate holds (`.csv` only), or the study is refused.",
      }),
    }),
  ],
  { error: ({ input }) => String(oneRate(input)) },
);

const jitterText = jitterNames.map((name) => `\`${name}\`: ${jitterMeans(name)}`).join("; ");

const jitter = z.union([
  quantity(parseDuration),
  z.strictObject({
    range: quantity(parseDuration).meta({ description: "What the distribution makes of it.", examples: ["5 ms"] }),
    distribution: z
      .enum(jitterNames as [string, ...string[]] as typeof jitterNames & [string, ...string[]])
      .default("uniform")
      .meta({ description: `What \`range\` is: ${jitterText}.` }),
    reorder: z.boolean().default(false).meta({
      description: "Packets overtake each other; else each arrives no sooner than the one before it.",
    }),
  }),
]);

/** Packets, or bytes. */
function parseQueue(input: unknown): number | { bytes: number } | string {
  const packets = parseCount(input, "packets");
  if (typeof packets === "number") return packets;
  const bytes = parseBytes(input);
  if (typeof bytes === "number" && bytes >= leastBytes && typeof input === "string" && /[a-z]/i.test(input))
    return { bytes };
  return noQueue(input);
}

const noQueue = (input: unknown): string =>
  `expected a whole number of packets, 1 or more, or a size of at least ${leastBytes} bytes such as \`64 kB\`, got ${shown(input)}`;

/** A full packet with Ethernet's header. */
const leastBytes = 1514;

const queue = z
  .union([z.string(), z.number()], { error: ({ input }) => noQueue(input) })
  .transform((input, context): number | { bytes: number } => {
    const value = parseQueue(input);
    if (typeof value !== "string") return value;
    context.issues.push({ code: "custom", message: value, input });
    return z.NEVER;
  });

const codel = z.union([
  z.boolean(),
  z.strictObject({
    target: quantity(parseDuration)
      .prefault("5 ms")
      .meta({ description: "Wait that is tolerated: above 0, below the interval." }),
    interval: quantity(parseDuration).prefault("100 ms").meta({ description: "For how long it may be exceeded." }),
  }),
]);

function parseBucket(input: unknown): number | string {
  const bytes = parseBytes(input);
  if (typeof bytes === "string" || bytes === 0 || bytes >= leastBytes) return bytes;
  return `expected 0, or a size of at least one full packet (${leastBytes} bytes), got ${shown(input)}`;
}

/** What can differ between the directions. */
const direction = {
  rate: rate.meta({
    description: "Bits per second, each way; or over time, from a file. Needed without a `profile`.",
    examples: ["100 Mbit/s", "1 Gb/s", { trace: "lte.csv" }],
  }),
  delay: quantity(parseDuration).meta({ description: "Propagation, one way.", examples: ["5 ms"] }),
  jitter: jitter.meta({
    description: "Added to the delay of each packet, drawn from 0 to this, or as it says.",
    examples: ["5 ms", { range: "2 ms", distribution: "exponential", reorder: true }],
  }),
  loss: loss.meta({
    description: "Packets lost on the way, as a share or, in bursts, as `{rate: 1 %, burst: 4}`.",
    examples: ["1 %", { rate: "1 %", burst: 4 }],
  }),
  queue: queue.meta({
    description: "Packets, or bytes, that wait before the link at most; later ones are dropped.",
    examples: ["1000 packets", "64 kB"],
  }),
  codel: codel.meta({
    description: "CoDel (RFC 8289) drops what has waited too long for too long.",
    examples: [true, { target: "5 ms", interval: "100 ms" }],
  }),
  bucket: quantity(parseBucket).meta({
    description:
      "A token bucket: bytes that may leave at once after a pause; what comes behind them keeps the rate. 0: none.",
    examples: ["32 kB"],
  }),
};

const at = z.tuple([quantity(parseDuration), quantity(parseDuration)]);

const outages = z.strictObject({
  at: list(at, 1)
    .optional()
    .meta({
      description: "From when to when the link is down, from the first frame on.",
      examples: [[["10 s", "12 s"]]],
    }),
  up: quantity(parseDuration)
    .optional()
    .meta({ description: "In place of `at`: mean time between outages; times are exponential.", examples: ["60 s"] }),
  down: quantity(parseDuration)
    .optional()
    .meta({ description: "With `up`: mean length of one.", examples: ["500 ms"] }),
  packets: z.enum(["lost", "wait"]).default("lost").meta({
    description: "What becomes of packets that come while the link is down: they are lost, or wait in the queue.",
  }),
});

const background = z.strictObject({
  pattern: z.enum(["constant", "poisson", "on-off", "download"]).meta({
    description:
      "Packets at equal distances (`constant`), at exponential ones (`poisson`), at equal ones in exponential bursts (`on-off`), " +
      "or TCP as fast as it goes (`download`).",
  }),
  from: z.string().optional().meta({ description: "The host that sends. Default: the first of `between`." }),
  rate: quantity(parseRate)
    .optional()
    .meta({ description: "In the mean; needed but with `download`.", examples: ["2 Mbit/s"] }),
  packet: count("bytes", 20, 65_535).prefault(1500).meta({ description: "Bytes of a packet, IP header included." }),
  on: quantity(parseDuration)
    .optional()
    .meta({ description: "Of `on-off`: mean length of a burst.", examples: ["500 ms"] }),
  off: quantity(parseDuration)
    .optional()
    .meta({ description: "Of `on-off`: mean length of a pause.", examples: ["2 s"] }),
  congestion: z.enum(congestionNames).default("cubic").meta({ description: "Of a `download`." }),
  transfer: quantity((input) => parseSize(input, 1, LARGEST_MESSAGE))
    .optional()
    .meta({ description: "Of a `download`: bytes after which it pauses. Default: it has no end.", examples: ["5 MB"] }),
  pause: quantity(parseDuration).prefault("0 s").meta({ description: "Of a `download`: until the next transfer." }),
});

const slots = count("slots", 1, 1e6);

const medium = z.strictObject({
  name: z.string().min(1).default("air").meta({ description: "Links that name the same share it." }),
  stations: count("stations", 0, MOST_STATIONS)
    .prefault(0)
    .meta({ description: "Others on it, beside the two ends of the link.", examples: [4] }),
  each: z
    .strictObject({
      rate: quantity(parseRate).meta({ description: "In the mean, in Poisson packets.", examples: ["2 Mbit/s"] }),
      packet: count("bytes", 20, 65_535).prefault(1500).meta({ description: "Bytes of a packet, IP header included." }),
    })
    .optional()
    .meta({ description: "What each of them sends. Default: always full packets." }),
  slot: quantity(parseDuration).prefault("9 us").meta({ description: "What is counted down." }),
  gap: quantity(parseDuration)
    .prefault("34 us")
    .meta({ description: "For how long it is free before that (DIFS, AIFS)." }),
  overhead: quantity(parseDuration)
    .prefault("70 us")
    .meta({ description: "Of an access besides its bytes: preamble, SIFS, acknowledgement." }),
  collision: quantity(parseDuration)
    .optional()
    .meta({ description: "The same of a collision. Default: as `overhead`.", examples: ["40 us"] }),
  window: z
    .tuple([slots, slots])
    .prefault([16, 1024])
    .meta({ description: "Slots to draw from at first, and at most." }),
  retries: count("retries", 0, 1000)
    .prefault(7)
    .meta({ description: "How often a packet is sent again after a collision or a loss." }),
  aggregate: count("packets", 1, 1024).prefault(1).meta({ description: "Packets per access at most (A-MPDU)." }),
});

export const link = z.strictObject({
  between: z.tuple([z.string(), z.string()]).meta({ description: "The two hosts.", examples: [["camera", "server"]] }),
  profile: z
    .enum(linkProfileNames)
    .optional()
    .meta({
      description:
        "What all fields are that are not given, by a name of [the table](network.md#profiles); the first host of `between` is " +
        "the device, the second the network's side.",
      examples: ["lte"],
    }),
  rate: direction.rate.optional(),
  delay: direction.delay.prefault("100 us"),
  jitter: direction.jitter.optional(),
  loss: direction.loss.prefault(0),
  queue: direction.queue.prefault(1000),
  codel: direction.codel.optional(),
  bucket: direction.bucket.optional(),
  back: z
    .strictObject({
      rate: direction.rate.optional(),
      delay: direction.delay.optional(),
      jitter: direction.jitter.optional(),
      loss: direction.loss.optional(),
      queue: direction.queue.optional(),
      codel: direction.codel.optional(),
      bucket: direction.bucket.optional(),
    })
    .optional()
    .meta({
      description: "From the second host of `between` to the first, what is otherwise than the fields above.",
      examples: [{ rate: "50 Mbit/s" }],
    }),
  outages: outages.optional().meta({ description: "When the link is down, both ways at once." }),
  medium: medium.optional().meta({
    description:
      "Both directions contend for one medium with all others on it, as on Wi-Fi (CSMA/CA): packets lost are sent again by the " +
      "link, up to `retries`.",
    examples: [{ stations: 4 }],
  }),
  connections: z
    .enum(["persistent", "fresh", "fresh-tls"])
    .default("persistent")
    .meta({
      description:
        "Of TCP: one connection, open before the first frame (`persistent`, as `sei run` has it), or one for each frame and its " +
        "answer, opened first, with TLS 1.3 on top or not.",
    }),
  background: list(background)
    .prefault([])
    .meta({
      description: "What else goes over the link while frames are under way.",
      examples: [
        [
          { pattern: "poisson", rate: "2 Mbit/s" },
          { pattern: "download", from: "server" },
        ],
      ],
    }),
  duplex: z.enum(["full", "half"]).default("full").meta({ description: "Whether both directions can send at once." }),
  header: quantity((input) => parseSize(input, 0, MTU))
    .prefault(14)
    .meta({
      description:
        "Link-layer header and trailer per packet (14: Ethernet's header; 38: with all that is on the wire).",
      examples: ["14 bytes"],
    }),
  energy: quantity(parseEnergy)
    .optional()
    .meta({
      description: "Of both ends, per byte on the wire, for `sei place --objective energy`.",
      examples: ["50 nJ/bit"],
    }),
  price: phrase(parseBytePrice)
    .optional()
    .meta({ description: "Per byte on the wire, for `sei place --objective price`.", examples: ["0.09 EUR/GB"] }),
});
