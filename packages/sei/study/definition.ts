/** @file The one definition of a study file: fields, units, defaults and what they mean. */
import { hostOrders } from "@split-et-impera/core/frames";
import {
  anyQuality,
  boundsWhole,
  parseRequirement,
  parseWholeRequirement,
  type Phase,
  type Requirement,
  type WholeRequirement,
} from "@split-et-impera/core/study";
import { parseFrameRate, parseSize } from "@split-et-impera/core/units";
import { LARGEST_MESSAGE } from "@split-et-impera/core/network";
import { taskMetrics } from "@split-et-impera/core/task";
import { z } from "zod";
import { columns, inputNames, sound } from "./data-fields.ts";
import { explore } from "./explore-fields.ts";
import { link } from "./link-fields.ts";
import { host } from "./machine-fields.ts";
import { modelFields } from "./model-fields.ts";
import { task } from "./task-fields.ts";
import { dataFormats, formatNames } from "../data/formats/index.ts";
import { count, hostName, list, phrase, quantity } from "./fields.ts";
import { protection } from "./protection-field.ts";

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
      description:
        "File or folder of the data, relative to the study. Not for `conveyor` and `belt`. `--data` overrides it.",
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
  inputs: inputNames,
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

export const phases: readonly [Phase, ...Phase[]] = ["spread", "together", "random"];

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
  phase: z
    .enum(phases)
    .optional()
    .meta({
      description:
        "When the copies of the capturing host capture: `spread` evenly over the time between two frames, all `together`, or at " +
        "seeded `random` times. Default: `spread`.",
    }),
  answer: z
    .strictObject({
      host: z.string().optional().meta({ description: "Where the answer is due. Default: the host that captures." }),
      bytes: quantity((input) => parseSize(input, 0, LARGEST_MESSAGE))
        .prefault(16)
        .meta({ description: "Size of an answer at least; a longer one takes what it takes." }),
      protection: protection.optional().meta({
        description:
          "What is added to its datagrams over `udp`, as one of `explore.protections`. Default: what is added to the others. " +
          "An answer is short, so that copies cost little, and a frame whose answer is lost is lost.",
        examples: ["auto", "repeat 3"],
      }),
    })
    .prefault({})
    .meta({ description: "The answer to a frame." }),
});

/** What a flow may say by itself. */
const flow = z.strictObject({
  model: modelFields.meta({ description: "Its model, where that is not the study's." }),
  data: data.optional().meta({ description: "Its samples." }),
  task: task.optional().meta({ description: "What its model is for." }),
  frames: z
    .looseObject({})
    .optional()
    .meta({
      description:
        "Of the study's `frames` what is otherwise here: `host`, `rate`, `phase`, `answer`. All flows are simulated for the same time.",
      examples: [{ host: "camera", rate: "2 fps" }],
    }),
  requirements: z
    .array(z.string())
    .optional()
    .meta({ description: "Bounds of this flow; one on the same metric takes the place of the study's." }),
  explore: z.looseObject({}).optional().meta({ description: "Of the study's `explore` what is otherwise here." }),
});

/** Of one design, or of a whole system. */
const parseAnyRequirement = (text: unknown): Requirement | WholeRequirement | string =>
  typeof text === "string" && boundsWhole(text) ? parseWholeRequirement(text) : parseRequirement(text);

const objectives = [anyQuality, "latency", "bytes", "memory", "throughput", ...taskMetrics.keys()] as [
  string,
  ...string[],
];

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
    model: modelFields,
    data: data.meta({ description: "Samples to measure, calibrate and train with." }),
    task: task.optional().meta({
      description:
        "What the model is for, and how its answers are judged: a word, or its options. Default: by what the model's " +
        "metadata and the data say (a class: `classification`, boxes: `detection` ...), else `agreement`.",
      examples: ["agreement", { kind: "classification", expect: "98 %" }],
    }),
    hosts: z.record(hostName, host.meta({ description: "A machine." })).meta({
      description: "The machines by name: two or more, the one that captures first.",
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
      .array(phrase(parseAnyRequirement).meta({ examples: ["latency p95 <= 50 ms", "accuracy-drop <= 2 %"] }))
      .prefault([])
      .meta({
        description:
          "Bounds that a design must keep: `metric [statistic] [on host] <= value`. With `flows` or `copies` every flow and every " +
          "camera keeps them, and all together keep `bytes on LINK <= 1 Mbit/s` and `utilisation of HOST <= 80 %` (or of a link).",
      }),
    flows: z
      .record(hostName, flow.meta({ description: "A flow." }))
      .optional()
      .meta({
        description:
          "Several flows of frames that share hosts and links, by name ([systems](systems.md)). What a flow does not say it takes " +
          "from the study. Default: one flow, the study's own.",
        examples: [{ inspect: {}, count: { model: "count.onnx", frames: { rate: "2 fps" } } }],
      }),
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
    vary: z
      .record(z.string(), z.array(z.unknown()).min(1).max(1000))
      .optional()
      .meta({
        description:
          "Lists of values by the path of the field that takes them: every combination is a study of its own, and " +
          "`sei design` ends with a table of all ([sweeps](sweeps.md)).",
        examples: [{ "links[0].rate": ["1 Mbit/s", "10 Mbit/s"], "hosts.camera.speed": ["1/60", "1/10"] }],
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
