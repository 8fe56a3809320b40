/** @file What a study can say of the machines and what joins them: hosts, links. */
import {
  parseBytePrice,
  parseBytes,
  parseDuration,
  parseEnergy,
  parseFactor,
  parseHourlyPrice,
  parseMemory,
  parsePower,
  parseRate,
  parseShare,
  shown,
} from "@split-et-impera/core/units";
import { z } from "zod";
import { count, list, phrase, quantity } from "./fields.ts";

const operators = list(
  z.union([
    z.string().min(1),
    z.strictObject({
      from: z
        .string()
        .min(1)
        .optional()
        .meta({ description: "The tensor behind which they begin. Default: the input." }),
      to: z.string().min(1).optional().meta({ description: "The tensor that they end with. Default: the output." }),
    }),
  ]),
).prefault([]);

/** A duration, or `hardware`: 0 of the host's own time. */
function parseCoding(input: unknown): number | string {
  if (input === "hardware") return 0;
  const value = parseDuration(input);
  return typeof value === "number" ? value : `${value}, or hardware`;
}

export const host = z.strictObject({
  speed: quantity(parseFactor)
    .optional()
    .meta({
      description: "How fast the host is, as a multiple of this machine. Default: 1, this machine.",
      examples: ["1/20", 0.05, 2],
    }),
  profile: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        "Times measured on the real host (`sei profile`), relative to the study; with `speed`, divided by it.",
      examples: ["camera.json"],
    }),
  memory: quantity(parseMemory)
    .optional()
    .meta({
      description:
        "Room for parameters and activations; a design that needs more is refused, as by the requirement " +
        "`memory on HOST`. Default: no bound.",
      examples: ["64 MB", "512 MiB"],
    }),
  encode: quantity(parseCoding)
    .optional()
    .meta({
      description:
        "What making a picture file of a frame takes on this host, for RC, whatever `speed` says: a duration, or `hardware` " +
        "where that takes none of its time. Default: measured.",
      examples: ["2 ms", "hardware"],
    }),
  decode: quantity(parseCoding)
    .optional()
    .meta({ description: "The same for reading a picture file.", examples: ["500 us", "hardware"] }),
  power: quantity(parsePower)
    .optional()
    .meta({ description: "Drawn while it computes, for `sei place --objective energy`.", examples: ["4 W"] }),
  radio: quantity(parsePower)
    .optional()
    .meta({ description: "Drawn while it sends or receives.", examples: ["800 mW"] }),
  price: phrase(parseHourlyPrice)
    .optional()
    .meta({ description: "Of the time it computes, for `sei place --objective price`.", examples: ["0.40 EUR/h"] }),
  keep: list(z.string().min(1))
    .prefault([])
    .meta({
      description: "Tensors that must not leave this host (`input`: what is captured); for `sei place`.",
      examples: [["input"]],
    }),
  only: operators.meta({
    description:
      "Operators that run here and nowhere else: by name, kind or a tensor that they make, or from one tensor to another; " +
      "for `sei place`.",
    examples: [["NonMaxSuppression"], [{ from: "pool3" }]],
  }),
  never: operators.meta({ description: "Operators that cannot run here; for `sei place`.", examples: [["LSTM"]] }),
});

const loss = z.union([
  quantity(parseShare).meta({
    description: "Every packet is lost with this probability, independently.",
    examples: ["1 %"],
  }),
  z.strictObject({
    rate: quantity(parseShare).meta({ description: "Share of packets lost.", examples: ["1 %", 0.01] }),
    burst: quantity((input) => atLeastOne(parseFactor(input), input))
      .prefault(1)
      .meta({ description: "Mean number of packets lost in a row; 1: independent losses.", examples: [4] }),
  }),
]);

function atLeastOne(value: number | string, input: unknown): number | string {
  return typeof value === "number" && value >= 1
    ? value
    : `expected a number of packets of 1 or more, got ${shown(input)}`;
}

/** Links are alike in both directions; who writes one rate for each is told which to write. */
function oneRate(input: unknown): number | string {
  const rate = parseRate(input);
  return typeof rate === "string" && typeof input === "object" && input !== null
    ? `${rate}; one rate holds for both directions: write that of the direction in which the frames go, such as \`5 Mbit/s\``
    : rate;
}

export const link = z.strictObject({
  between: z.tuple([z.string(), z.string()]).meta({ description: "The two hosts.", examples: [["camera", "server"]] }),
  rate: quantity(oneRate).meta({ description: "Bits per second, each way.", examples: ["100 Mbit/s", "1 Gb/s"] }),
  delay: quantity(parseDuration)
    .prefault("100 us")
    .meta({ description: "Propagation, one way.", examples: ["5 ms"] }),
  loss: loss.prefault(0).meta({
    description: "Packets lost on the way, as a share or, in bursts, as `{rate: 1 %, burst: 4}`.",
    examples: ["1 %", { rate: "1 %", burst: 4 }],
  }),
  queue: count("packets")
    .prefault(1000)
    .meta({
      description: "Packets that wait before the link at most; later ones are dropped.",
      examples: ["1000 packets"],
    }),
  duplex: z.enum(["full", "half"]).default("full").meta({ description: "Whether both directions can send at once." }),
  header: quantity(parseBytes)
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
