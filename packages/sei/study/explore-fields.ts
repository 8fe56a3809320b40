/** @file What a study can say of the designs to try. */
import { pictureFormats, usualInputs, type NamedCut, type RemoteInput } from "@split-et-impera/core/study";
import { datagramPayload } from "@split-et-impera/core/design";
import { LONGEST_BURST, PACKET_PAYLOAD, UDP_HEADERS } from "@split-et-impera/core/network";
import { parseBytes, parseFactor, parseShare, shown } from "@split-et-impera/core/units";
import { codecs, codecKinds, concealments, orders, usualConcealment, usualOrder } from "@split-et-impera/core/wire";
import { z } from "zod";
import { kindsOf } from "../kinds-of.ts";
import { count, list, phrase, quantity } from "./fields.ts";
import { protection, protectionMeanings } from "./protection-field.ts";

const scenarios = ["LC", "RC", "SC"] as const;

/** How many times fewer values; a sentence where that is no such number. */
export function parseCompression(input: unknown): number | string {
  const value = parseFactor(input);
  return typeof value === "number" && value > 1 ? value : `expected a factor above 1, such as 64, got ${shown(input)}`;
}

const compression = quantity(parseCompression)
  .prefault(64)
  .meta({ description: "How many times fewer values cross the link.", examples: [64] });

const pca = z.strictObject({
  kind: z.literal("pca").meta({
    description:
      "Principal components over channels, with cosines over positions: fitted to training samples, not trained.",
  }),
  compression,
});

const autoencoder = z.strictObject({
  kind: z.literal("autoencoder").default("autoencoder").meta({ description: "A small network that is trained." }),
  compression,
  epochs: z
    .strictObject({
      frozen: count("epochs").prefault(4).meta({ description: "With the rest of the model frozen." }),
      joint: count("epochs", 0).prefault(0).meta({ description: "Then end to end." }),
    })
    .prefault({})
    .meta({ description: "Passes over the training samples." }),
  "learning-rate": z.number().positive().default(0.005).meta({ description: "Of the Adam optimiser." }),
  batch: count("images", 1, 65_536).prefault(64).meta({ description: "Samples per training step." }),
  augment: z
    .array(z.enum(["mirror", "shift"]))
    .default(["mirror", "shift"])
    .meta({
      description: "How training images are varied. Leave `mirror` out where left and right matter, as in digits.",
      examples: [["shift"]],
    }),
  lost: list(quantity(parseLoss), 1)
    .optional()
    .meta({
      description:
        "Shares of datagrams lost while it is trained, of which each sample meets one, so that answers survive losses: datagrams of `explore.datagrams` " +
        "(the smallest), of the shortest of `explore.codecs`. Its designs are called `lossy`. Absent: nothing is lost.",
      examples: [["0 %", "10 %", "30 %"]],
    }),
  bursts: list(z.number().min(1).max(LONGEST_BURST), 1)
    .optional()
    .meta({
      description:
        "With `lost`: datagrams lost in a row in the mean, of which each sample meets one. Default: 1 and 3.",
      examples: [[1, 3]],
    }),
});

function parseLoss(input: unknown): number | string {
  const value = parseShare(input);
  if (typeof value === "string" || value < 1) return value;
  return `expected a share below 100 %, got ${shown(input)}`;
}

function parsePart(input: unknown): number | string {
  const value = parseShare(input);
  if (typeof value === "string" || (value > 0 && value < 1)) return value;
  return `expected a share between 0 % and 100 %, got ${shown(input)}`;
}

const exits = z.strictObject({
  at: list(z.string().min(1), 1)
    .optional()
    .meta({
      description: "Tensors that exits answer from, each a cut by itself; default: where the model is split.",
      examples: [["/features/MaxPool_2_output_0"]],
    }),
  loss: quantity(parsePart)
    .prefault("1 %")
    .meta({
      description: "By how much the task's first metric may be worse for an exit, as a share of all samples.",
      examples: ["1 %"],
    }),
  confidence: quantity(parsePart)
    .prefault("95 %")
    .meta({
      description: "How sure it has to be on samples held back that no more is lost.",
      examples: ["95 %"],
    }),
  hidden: count("numbers", 0, 65_536).prefault(128).meta({
    description: "Of the layer between the tensor and the scores; 0: there is none.",
  }),
  epochs: count("epochs")
    .prefault(30)
    .meta({ description: "Passes over what the model makes of the training samples." }),
  "learning-rate": z.number().positive().default(0.002).meta({ description: "Of the AdamW optimiser." }),
  batch: count("samples", 1, 65_536).prefault(64).meta({ description: "Samples per training step." }),
});

/** The codecs' names, `raw`, `png`, `webp` (lossless), `webp 80`, `jpeg 90`, `jpeg` (90), `avif 50`. */
function parseInput(input: unknown): RemoteInput | string {
  const text = typeof input === "string" ? input.trim() : "";
  const codec = codecKinds.find((kind) => kind === text);
  if (codec) return { format: codec };
  const found = /^([a-z]+)(?:[\s-]+(\d{1,3}))?$/.exec(text);
  const format = pictureFormats.find((one) => one === found?.[1]);
  const quality = found?.[2] === undefined ? (format === "jpeg" ? 90 : undefined) : Number(found[2]);
  const lossy = format === "jpeg" || format === "webp" || format === "avif";
  const bare = format === "avif" && quality === undefined;
  if (format === undefined || bare || (quality !== undefined && (!lossy || quality < 1 || quality > 100))) {
    return (
      `expected ${codecKinds.join(", ")}, raw, png, webp, or webp, jpeg or avif with a quality from 1 to 100 (\`jpeg 90\`), ` +
      `got ${shown(input)}`
    );
  }
  return quality === undefined ? { format } : { format, quality };
}

/** One tensor, or the several of one cut; of a list of one, that. */
const namedCut = z.union(
  [
    z.string().min(1),
    list(z.string().min(1), 1).transform((names): NamedCut => (names.length === 1 ? names[0]! : names)),
  ],
  { error: ({ input }) => `expected a tensor's name, or a list of names for a cut of several, got ${shown(input)}` },
);

const inputsText = (of: keyof typeof usualInputs): string =>
  usualInputs[of].map(({ format, quality }) => [format, quality].join(" ").trim()).join(", ");

const meanings = (table: Record<string, { means: string }>): string =>
  Object.entries(table)
    .map(([kind, { means }]) => `\`${kind}\`: ${means}`)
    .join("; ");

/** Among a study's codecs: whichever a search finds. */
export const searched = "search";

const codecMeanings = meanings(codecs);

const LEAST_DATAGRAM = 16;

/** Most bytes of a message in a datagram, with or without a unit; a sentence where they are out of bounds. */
export function parseDatagram(input: unknown): number | string {
  const bytes = parseBytes(input);
  if (typeof bytes === "string" || (bytes >= LEAST_DATAGRAM && bytes <= datagramPayload)) return bytes;
  return `expected ${LEAST_DATAGRAM} to ${datagramPayload} bytes of a message in a datagram, got ${shown(input)}`;
}

export const explore = z.strictObject({
  scenarios: list(z.enum(scenarios), 1)
    .prefault([...scenarios])
    .meta({
      description: "`LC`: all on the host that captures; `RC`: the input is sent; `SC`: the model is split.",
    }),
  candidates: z
    .union([
      z.strictObject({
        from: z.literal("saliency").meta({ description: "The local maxima of the saliency curve." }),
        most: count("candidates").prefault(3).meta({ description: "How many of them, the highest first." }),
      }),
      list(namedCut, 1).transform((names) => ({ from: "names" as const, names })),
    ])
    .prefault({ from: "saliency", most: 3 })
    .meta({
      description:
        "Where to split: the maxima of the saliency curve, or a list of cuts: a tensor's name, or a list of names where " +
        "several tensors cross together (`sei inspect --cuts` lists both).",
      examples: [{ from: "saliency", most: 3 }, ["/features/MaxPool_2_output_0"], ["pool1", ["relu1", "conv2"]]],
    }),
  saliency: z
    .strictObject({
      target: z.enum(["label", "predicted"]).default("label").meta({
        description: "The class whose score is followed back: the true one or the model's answer.",
      }),
      classes: list(z.union([z.string(), z.number().transform(String)]))
        .prefault([])
        .meta({
          description: "Only samples of these classes; empty: all.",
          examples: [["cat", "dog"]],
        }),
      images: count("images").prefault(500).meta({ description: "Samples to average over, at most." }),
    })
    .prefault({})
    .meta({ description: "How the saliency curve is computed." }),
  codecs: list(z.enum([...codecKinds, searched]), 1)
    .prefault(["float32", "uint8"])
    .meta({
      description:
        `What a cut's tensor is sent as. ${codecMeanings}; \`${searched}\`: of all these and of wider and narrower steps the one with the ` +
        "fewest bytes that on training samples loses at most half as much of the task's first metric as a requirement on its drop allows, " +
        "else half a point ([the wire](wire.md#steps-by-what-they-keep)); alone, beside `float32` and `uint8`.",
    }),
  inputs: list(
    phrase(parseInput).meta({
      pattern: `^(${codecKinds.join("|")}|raw|png|(webp|jpeg)([ -][0-9]{1,3})?|avif[ -][0-9]{1,3})$`,
    }),
    1,
  )
    .optional()
    .meta({
      description:
        "What RC sends the input as. Of 8-bit pictures: `raw` bytes, `png`, `webp` (lossless), or `webp`, `jpeg` or `avif` with " +
        `a quality. Of any data, the model's input as a tensor: \`${codecKinds.join("`, `")}\`, as at a cut. Default: ` +
        `\`[${inputsText("pictures")}]\` of pictures, \`[${inputsText("others")}]\` of other data.`,
      examples: [["raw", "jpeg 90"], [...codecKinds]],
    }),
  bottlenecks: list(z.union([pca, autoencoder]))
    .prefault([{ compression: 64 }])
    .meta({
      description:
        "What makes fewer values cross at every candidate ([bottlenecks](bottleneck.md)), of different compressions, but for those that are trained for losses; `[]`: none.",
      examples: [[{ compression: 64 }, { kind: "pca", compression: 8 }]],
    }),
  plain: z.boolean().default(true).meta({ description: "Whether to try cuts without a bottleneck too." }),
  exits: exits.optional().meta({
    description:
      "Early exits to train ([early exits](exits.md)): small heads that answer on the host that captures where they are " +
      "sure; other frames go on as `scenarios` say: the rest runs there too, on the other host, or the input is sent. " +
      "Absent: none; `exits: {}` takes the defaults.",
    examples: [{ at: ["pool3"], loss: "1 %" }],
  }),
  transports: list(z.enum(["tcp", "udp"]), 1)
    .prefault(["tcp", "udp"])
    .meta({ description: "How to send." }),
  datagrams: list(quantity(parseDatagram), 1)
    .prefault([datagramPayload])
    .meta({
      description:
        `Most bytes of a message in a datagram of \`udp\`, ${LEAST_DATAGRAM} to ${datagramPayload}, which is what an Ethernet packet ` +
        `carries. In smaller ones a run of losses takes less of a message, and each has ${PACKET_PAYLOAD - datagramPayload + UDP_HEADERS} bytes of headers.`,
      examples: [["1428 B", "256 B"]],
    }),
  resend: list(z.boolean(), 1)
    .prefault([false])
    .meta({
      description:
        "Whether the receiver of datagrams asks for lost ones again, as long as they can be there before the answer is late.",
      examples: [[false, true]],
    }),
  protections: list(protection, 1)
    .prefault(["none"])
    .meta({
      description:
        "What is added to the datagrams of `udp`, so that a message is whole without some of them: a kind with its " +
        `first value, or an object of \`kind\` and fields ([the wire](wire.md)). ${protectionMeanings}.`,
      examples: [["none", "auto", { kind: "reed-solomon", parity: "20 %" }]],
    }),
  orders: list(z.enum(kindsOf(orders)), 1)
    .prefault([usualOrder])
    .meta({
      description: `In which order a tensor's values go as datagrams of \`udp\` ([the wire](wire.md)). ${meanings(orders)}. Over \`tcp\` it is the tensor's own.`,
      examples: [["interleaved", "tensor"]],
    }),
  concealments: list(z.enum(kindsOf(concealments)), 1)
    .prefault([usualConcealment])
    .meta({
      description: `What stands in for a tensor's values that never came, over \`udp\`; of raw pictures it is the mean. ${meanings(concealments)}.`,
      examples: [["neighbours", "mean"]],
    }),
  hosts: list(z.string().min(1), 1)
    .optional()
    .meta({
      description:
        "Hosts that may run a part of the model; the others capture, or pass on what crosses. Default: all of `hosts`.",
      examples: [["camera", "server"]],
    }),
  cuts: count("cuts", 1, 15)
    .optional()
    .meta({
      description:
        "Most cuts of a design, what is captured and sent to a host that runs the head counted as one. Default: one fewer than " +
        "there are hosts, at most 2.",
      examples: [2],
    }),
  race: z
    .boolean()
    .default(false)
    .meta({
      description:
        "Whether splits leave as soon as they surely miss a requirement over the links as they are ([races](race.md)): before a " +
        "bottleneck is trained, after some test samples, after some frames. `losses`, and other rates, are told of those that stay.",
    }),
  losses: list(quantity(parseShare)).prefault(["0 %", "1 %", "3 %", "5 %"]).meta({
    description: "Losses at which every design is simulated beside the links' own, on every link.",
  }),
});
