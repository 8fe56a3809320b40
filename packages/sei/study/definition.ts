/** @file The one definition of a study file: fields, units, defaults and what they mean. */
import { hostOrders } from "@split-et-impera/core/frames";
import {
  parseRequirement,
  pictureFormats,
  usualInputs,
  type NamedCut,
  type RemoteInput,
  anyQuality,
} from "@split-et-impera/core/study";
import {
  parseBytePrice,
  parseBytes,
  parseDuration,
  parseEnergy,
  parseFactor,
  parseFrameRate,
  parseHourlyPrice,
  parseMemory,
  parsePower,
  parseRate,
  parseShare,
  shown,
} from "@split-et-impera/core/units";
import { taskMetrics } from "@split-et-impera/core/task";
import { codecs, codecKinds } from "@split-et-impera/core/wire";
import { z } from "zod";
import { columns, sound } from "./data-fields.ts";
import { task } from "./task-fields.ts";
import { dataFormats, formatNames } from "../data/formats/index.ts";
import { count, hostName, list, phrase, quantity } from "./fields.ts";

const modelPath = z
  .string()
  .min(1)
  .meta({
    description: "The ONNX file, relative to the study. `--model` overrides it.",
    examples: ["parts.onnx"],
  });

const dims = z
  .array(
    z
      .int()
      .min(1)
      .max(2 ** 28),
  )
  .max(16);
const constant = z.union([
  z.number(),
  z.boolean().transform(Number),
  z
    .array(z.number())
    .min(1)
    .max(2 ** 20),
]);

const model = z.strictObject({
  path: modelPath.optional(),
  shapes: z
    .record(z.string().min(1), dims)
    .optional()
    .meta({
      description: "Whole shapes of inputs that the model leaves open, by name. `--shape` adds to them.",
      examples: [{ input_ids: [1, 128] }],
    }),
  constants: z
    .record(
      z.string().min(1),
      constant.transform((value) => [value].flat()),
    )
    .optional()
    .meta({
      description:
        "Inputs that are values once and for all: a number, or a list of all elements. `--constant` adds to them.",
      examples: [{ sr: 16000 }],
    }),
  state: list(z.strictObject({ input: z.string().min(1), output: z.string().min(1) }))
    .optional()
    .meta({
      description:
        "What the model carries from step to step: the output of one step that is the input of the next. Default: what names " +
        "tell, such as `past_key_values.0.key` and `present.0.key`; `[]`: nothing. `--state` replaces it.",
      examples: [[{ input: "state", output: "stateN" }]],
    }),
});

const numbers = z.union([z.number(), z.array(z.number()).min(1)]).transform((value) => [value].flat());

/** One number for both sides, or height and width. */
const side = count("pixels", 1, 16_384);
const size = z.union([side, z.tuple([side, side])]).transform((value): number[] => [value].flat());

const data = z.strictObject({
  format: z.enum(formatNames).meta({
    description: `${formatNames.map((name) => `\`${name}\`: ${dataFormats[name].means}`).join("; ")}.`,
  }),
  path: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: "File or folder of the data, relative to the study. Not for `conveyor`. `--data` overrides it.",
      examples: ["cifar-10-batches-bin"],
    }),
  normalise: z
    .strictObject({
      mean: numbers
        .prefault(0)
        .meta({ description: "A number per channel, or one for all.", examples: [[0.5, 0.5, 0.5]] }),
      std: numbers
        .prefault(1)
        .meta({ description: "A number per channel, or one for all.", examples: [[0.25, 0.25, 0.25]] }),
      channels: z.enum(["RGB", "BGR"]).optional().meta({
        description: "The order in which colours are fed. Default: `RGB`; models of OpenCV's world take `BGR`.",
      }),
    })
    .prefault({})
    .meta({
      description:
        "What the model was trained with: (pixel / 255 - mean) / std, a number per channel in the order in which they are fed.",
    }),
  layout: z
    .enum(["NCHW", "NHWC"])
    .default("NCHW")
    .meta({ description: "Order of the dimensions of the model's input." }),
  classes: list(z.union([z.string().min(1), z.number().transform(String)]), 1)
    .optional()
    .meta({
      description:
        "The classes in the order of the model's scores; of `images`, the folders' names. Default: as the data have them " +
        "(`classes.txt`, or the folders sorted).",
      examples: [["cat", "dog"]],
    }),
  resize: size.optional().meta({
    description:
      "Of pictures of any size: the shorter side in pixels, the aspect kept; `[height, width]` stretches. Default: to cover the " +
      "model's input.",
    examples: [256, [224, 224]],
  }),
  crop: size.optional().meta({
    description: "Of pictures of any size: the middle, after `resize`. Default: the size of the model's input.",
    examples: [224],
  }),
  letterbox: size.optional().meta({
    description:
      "Of pictures of any size: the whole picture within this size, grey bars beside it; in place of `resize` and `crop`.",
    examples: [640],
  }),
  columns,
  sound,
  limit: z
    .strictObject({
      test: count("images").prefault(1000).meta({ description: "Test samples to measure quality on, at most." }),
      train: count("images")
        .prefault(4000)
        .meta({ description: "Samples to train bottlenecks and calibrate codecs on, at most." }),
    })
    .prefault({})
    .meta({ description: "How many samples to use." }),
});

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

const host = z.strictObject({
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

const link = z.strictObject({
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

const frames = z.strictObject({
  host: z
    .string()
    .optional()
    .meta({ description: "The host that captures. Default: the first of `hosts`.", examples: ["camera"] }),
  rate: quantity(parseFrameRate)
    .prefault("20 fps")
    .meta({ description: "Frames captured per second.", examples: ["20 fps"] }),
  count: count("frames", 1, 1e6).prefault(500).meta({ description: "Frames to simulate for every design." }),
  order: z
    .enum(hostOrders)
    .default("oldest")
    .meta({
      description:
        "Which of the frames that wait for a host goes next: the `oldest` (all are answered, in order), the `newest`, or, with " +
        "`drop`, the newest while those that waited before it are left out.",
    }),
  answer: z
    .strictObject({
      host: z.string().optional().meta({ description: "Where the answer is due. Default: the host that captures." }),
      bytes: quantity(parseBytes)
        .prefault(16)
        .meta({ description: "Size of an answer at least; a longer one takes what it takes." }),
    })
    .prefault({})
    .meta({ description: "The answer to a frame." }),
});

const scenarios = ["LC", "RC", "SC"] as const;
const objectives = [anyQuality, "latency", "bytes", "memory", "throughput", ...taskMetrics.keys()] as [
  string,
  ...string[],
];

const bottleneck = z.strictObject({
  compression: quantity((input) => {
    const value = parseFactor(input);
    return typeof value === "number" && value > 1
      ? value
      : `expected a factor above 1, such as 64, got ${shown(input)}`;
  })
    .prefault(64)
    .meta({ description: "How many times fewer values cross the link.", examples: [64] }),
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
});

/** The codecs' names, `raw`, `png`, `webp` (lossless), `webp 80`, `jpeg 90`, `jpeg` (90). */
function parseInput(input: unknown): RemoteInput | string {
  const text = typeof input === "string" ? input.trim() : "";
  const codec = codecKinds.find((kind) => kind === text);
  if (codec) return { format: codec };
  const found = /^([a-z]+)(?:[\s-]+(\d{1,3}))?$/.exec(text);
  const format = pictureFormats.find((one) => one === found?.[1]);
  const quality = found?.[2] === undefined ? (format === "jpeg" ? 90 : undefined) : Number(found[2]);
  const lossy = format === "jpeg" || format === "webp";
  if (format === undefined || (quality !== undefined && (!lossy || quality < 1 || quality > 100))) {
    return (
      `expected ${codecKinds.join(", ")}, raw, png, webp, or webp or jpeg with a quality from 1 to 100 (\`jpeg 90\`), ` +
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

const codecMeanings = codecKinds.map((kind) => `\`${kind}\`: ${codecs[kind].means}`).join("; ");

const explore = z.strictObject({
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
  codecs: list(z.enum(codecKinds), 1)
    .prefault(["float32", "uint8"])
    .meta({
      description: `What a cut's tensor is sent as. ${codecMeanings}.`,
    }),
  inputs: list(
    phrase(parseInput).meta({ pattern: `^(${codecKinds.join("|")}|raw|png|(webp|jpeg)([ -][0-9]{1,3})?)$` }),
    1,
  )
    .optional()
    .meta({
      description:
        "What RC sends the input as. Of 8-bit pictures: `raw` bytes, `png`, `webp` (lossless), or `webp` or `jpeg` with " +
        `a quality. Of any data, the model's input as a tensor: \`${codecKinds.join("`, `")}\`, as at a cut. Default: ` +
        `\`[${inputsText("pictures")}]\` of pictures, \`[${inputsText("others")}]\` of other data.`,
      examples: [["raw", "jpeg 90"], [...codecKinds]],
    }),
  bottlenecks: list(bottleneck)
    .prefault([{ compression: 64 }])
    .meta({
      description: "Autoencoders to train at every candidate; `[]`: none.",
      examples: [[{ compression: 64 }]],
    }),
  plain: z.boolean().default(true).meta({ description: "Whether to try cuts without a bottleneck too." }),
  transports: list(z.enum(["tcp", "udp"]), 1)
    .prefault(["tcp", "udp"])
    .meta({ description: "How to send." }),
  losses: list(quantity(parseShare)).prefault(["0 %", "1 %", "3 %", "5 %"]).meta({
    description: "Losses at which every design is simulated beside the link's own.",
  }),
});

const objective = z.enum(objectives);

/** What may stand in a study file; parses to the same with SI numbers and defaults filled in. */
export const studyFile = z
  .strictObject({
    $schema: z.string().optional().meta({ description: "For editors." }),
    name: z
      .string()
      .min(1)
      .optional()
      .meta({ description: "Shown in the report. Default: the file's or folder's name." }),
    model: z
      .union([modelPath, model])
      .optional()
      .meta({
        description: "The ONNX model: its path, or that with what the file does not say of its inputs.",
        examples: ["parts.onnx", { path: "speech.onnx", constants: { sr: 16000 } }],
      }),
    data: data.meta({ description: "Samples to measure, calibrate and train with." }),
    task: task.optional().meta({
      description:
        "What the model is for, and how its answers are judged: a word, or its options. Default: `classification` where " +
        "the data have classes, else `agreement`.",
      examples: ["agreement", { kind: "classification", expect: "98 %" }],
    }),
    hosts: z.record(hostName, host.meta({ description: "A machine." })).meta({
      description:
        "The machines by name: two or more (`sei design` and `sei simulate`: two), the one that captures first.",
      examples: [{ camera: { speed: "1/20", memory: "64 MB" }, server: {} }],
      minProperties: 2,
    }),
    links: z
      .array(link)
      .min(1)
      .max(15)
      .meta({ description: "What joins the hosts: links between two hosts each, so that every host can be reached." }),
    frames: frames.prefault({}).meta({ description: "What is captured, and where the answer goes." }),
    requirements: z
      .array(phrase(parseRequirement).meta({ examples: ["latency p95 <= 50 ms", "accuracy-drop <= 2 %"] }))
      .prefault([])
      .meta({ description: "Bounds that a design must keep: `metric [statistic] [on host] <= value`." }),
    explore: explore.prefault({}).meta({ description: "Which designs to try." }),
    objective: z
      .union([objective.transform((one) => [one]), list(objective, 1)])
      .prefault(["quality", "latency"])
      .meta({
        description:
          "What is best among the designs that meet every requirement. What the samples cannot tell apart, the next " +
          "word decides. `quality` is the task's first metric; any of its metrics can stand here.",
        examples: ["latency", ["quality", "latency"]],
      }),
    seed: z
      .int()
      .min(0)
      .default(1)
      .meta({ description: "Of every random choice: the same seed gives the same result." }),
  })
  .meta({
    title: "Split-Et-Impera study",
    description: "A study: what to design, for which machines, under which requirements.",
  });

export type StudyFile = z.output<typeof studyFile>;
