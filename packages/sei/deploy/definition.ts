/** @file What stands in the manifest.json of a deployment: the definition that checks it and describes it (docs/deployment.md). */
import { deploymentFormat, isPlain, mostDepth } from "@split-et-impera/core/deploy";
import { hostOrders } from "@split-et-impera/core/frames";
import { pictureFormats } from "@split-et-impera/core/study";
import { taskKinds } from "@split-et-impera/core/task";
import { codecs, concealments, type ConcealmentKind, type ParameterField } from "@split-et-impera/core/wire";
import { z } from "zod";
import { kindsOf } from "../kinds-of.ts";
import { designFields, exited, latency, quality } from "../result/design-fields.ts";
import { protectionSpec } from "../result/protection-fields.ts";
import { name, proof, segmentFile, sha256, tensorType, text } from "./fields.ts";

/** Most bytes of a file, a tensor or a message: what a protobuf and an array of bytes can hold. */
const mostBytes = 2 ** 31;
/** Tensors in a message at most. */
const mostCarried = 1024;

const number = z.number();
const numbers = z.array(number);
const size = z.int().min(0).max(mostBytes);
const host = name.meta({ description: "A host of the study." });
const links = z.array(name).meta({ description: "Links of the study, in the order in which they are crossed." });

const portFields = {
  tensor: name,
  type: tensorType,
  shape: z.array(z.int().min(0)).max(64).meta({ description: "Of one frame, batch included." }),
  bytes: size.meta({ description: "Of the tensor itself." }),
};
const port = z.strictObject(portFields);

/** Of each row of the table of codecs: its parameters. */
const codecParameters = Object.entries<{ fields: Record<string, ParameterField> }>(codecs).map(([kind, { fields }]) =>
  z.strictObject({
    kind: z.literal(kind),
    ...Object.fromEntries(Object.entries(fields).map(([field, rule]) => [field, parameter(rule)])),
  }),
);

function parameter({ whole, positive, min, max, list, optional, means }: ParameterField): z.ZodType {
  let one = whole ? z.int() : z.number();
  if (positive) one = one.positive();
  if (min !== undefined) one = one.min(min);
  if (max !== undefined) one = one.max(max);
  const all = (list ? z.array(one).min(1) : one).meta({ description: `${means}.` });
  return optional ? all.optional() : all;
}

const picture = z.strictObject({
  kind: z.literal("image"),
  format: z.enum([...pictureFormats]),
  quality: z.int().min(1).max(100).optional().meta({ description: "WebP without it is lossless." }),
});

const transport = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("tcp") }),
    z.strictObject({
      kind: z.literal("udp"),
      payloadBytes: z.int().min(1).max(65_507).meta({ description: "Most bytes of a datagram's payload." }),
      timeoutNs: z
        .int()
        .min(1)
        .meta({ description: "Nanoseconds after the last arrival at which a receiver goes on with what it has." }),
      reserveNs: z.int().min(0).optional().meta({
        description:
          "Of the time that is left when a message is sent, what its own way and all behind it take: the receiver goes on so much earlier. Default: 0.",
      }),
      resendNs: z.int().min(0).optional().meta({
        description:
          "Lost datagrams are asked for again, while what that takes, there and back on an idle way, is left. Absent: they are not.",
      }),
    }),
  ])
  .meta({ description: "What carries messages: `tcp`, or `udp` with its two numbers." });

const protectionMeans =
  "What is added to datagrams, so that a message is whole without some of them ([the wire](wire.md)).";
const passage = { from: host, to: host, links, transport };

const carried = z
  .strictObject({
    ...portFields,
    codec: z
      .discriminatedUnion("kind", [picture, ...codecParameters])
      .meta({ description: "With all of its parameters; little-endian ([the wire](wire.md))." }),
    concealment: z
      .strictObject({
        kind: z.enum(kindsOf<ConcealmentKind>(concealments)),
        values: numbers.min(1).meta({ description: "One, or one per channel along `axis`." }),
        axis: z.int().min(0),
      })
      .optional()
      .meta({
        description: "What stands in for values that never came; absent where a message with holes says nothing.",
      }),
  })
  .meta({
    description:
      "A tensor before it is coded (behind a bottleneck's encoder); of a picture its pixels, [height, width, channels].",
  });

const crossing = z.strictObject({
  after: z.int().min(-1).meta({ description: "The segment behind which this is, from 0; -1: what was captured." }),
  ...passage,
  carries: z.array(carried).min(1).max(mostCarried).meta({
    description:
      "The tensors that cross: the coded bytes of all, one after another in this order, are the message. A picture is alone.",
  }),
  mostBytes: size.meta({ description: "The largest message; what claims to be longer is refused." }),
  protection: protectionSpec.meta({ description: protectionMeans }),
});

const segment = z.strictObject({
  ...segmentFile,
  host,
  bytes: size.meta({ description: "Of the file." }),
  inputs: z.array(port).min(1),
  outputs: z.array(port).min(1),
  state: z
    .array(
      z.strictObject({
        input: name,
        output: name,
        type: tensorType,
        shape: port.shape.shape,
        grows: z.literal(true).optional(),
      }),
    )
    .optional()
    .meta({
      description:
        "What the file takes and gives beside, and its host keeps from frame to frame: zeros of this shape where a stream begins.",
    }),
});

const exit = z.strictObject({
  ...segmentFile,
  host,
  bytes: size.meta({ description: "Of the file." }),
  inputs: z.array(port).min(1),
  outputs: z.array(port).min(2),
  after: z.int().min(0).meta({ description: "The segment behind which it is asked, from 0." }),
  confidence: name.meta({ description: "Of its outputs the one that says how sure it is." }),
  threshold: number.meta({ description: "The least confidence at which its answer stands." }),
});

/** Fields of a task's own, which it checks itself where it is opened. */
const ownFields = <S extends z.core.$ZodLooseShape>(fields: S) =>
  z.looseObject(fields).refine((value) => isPlain(value), `expected plain data, at most ${mostDepth} deep`);

const task = ownFields({ kind: z.enum(taskKinds) }).meta({
  description: "What the model is for, with all that the study says of it.",
});

const prediction = z
  .strictObject({
    quality: quality.meta({ description: "With the link's loss, by the metric's name; samples are images." }),
    latency,
    bytesPerFrame: number.min(0).meta({ description: "Payload that the capturing host sends, a mean." }),
    exited,
  })
  .transform(withInfinity)
  .meta({ description: "What the simulation says of the design, as in [the result](result.md)." });

/** JSON has no infinity: null stands for it. */
function withInfinity(value: unknown): unknown {
  if (value === null) return Infinity;
  if (Array.isArray(value)) return value.map(withInfinity);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withInfinity(inner)]));
}

export const deploymentFile = z
  .strictObject({
    $schema: text.optional().meta({ description: "For editors." }),
    format: z.literal(deploymentFormat),
    version: text.meta({ description: "Of the program that wrote it." }),
    study: text.meta({ description: "The study's name." }),
    id: name.meta({ description: "The design's, as in the result.", examples: ["SC@pool3 uint8 tcp"] }),
    model: z.strictObject({ sha256 }).meta({ description: "The file that was designed for." }),
    design: z.strictObject(designFields).meta({ description: "What runs where and what crosses, as in the result." }),
    task,
    classes: z.array(text).meta({ description: "Names by label." }),
    reads: ownFields({
      outputs: z.array(name).min(1).max(mostCarried),
      decides: z.array(name).max(mostCarried),
      notes: z.array(text).max(mostCarried),
    }).meta({
      description: "How the outputs of the last segment are read as an answer: the task's own fields beside these.",
    }),
    normalise: z
      .strictObject({
        mean: numbers.min(1),
        std: z.array(number.positive()).min(1),
        channels: z.enum(["RGB", "BGR"]).optional(),
      })
      .meta({ description: "The model's input is (pixel / 255 - mean) / std; a number per channel, or one for all." }),
    layout: z.enum(["NCHW", "NHWC"]),
    frames: z.strictObject({
      host: name.meta({ description: "The one that captures." }),
      rate: number.positive().meta({ description: "Frames per second." }),
      order: z.enum(hostOrders).meta({ description: "Which of the frames that wait for a host goes next." }),
      answer: z
        .strictObject({ host: name, bytes: size, mostBytes: size })
        .meta({ description: "Where the answer is due; the bytes that it takes at least, and at most." }),
    }),
    deadlineNs: z.int().min(1).meta({ description: "Nanoseconds from capture after which an answer is late." }),
    segments: z
      .array(segment)
      .min(1)
      .meta({ description: "The files, one for each of the design's segments, in its order." }),
    exits: z
      .array(exit)
      .min(1)
      .max(1)
      .optional()
      .meta({ description: "The early exit: a head that answers where it is sure; absent: there is none." }),
    crossings: z
      .array(crossing)
      .meta({ description: "What both ends must know of each of the design's crossings, in its order." }),
    answer: z
      .strictObject({
        ...passage,
        protection: protectionSpec.optional().meta({ description: `${protectionMeans} Default: none.` }),
      })
      .optional()
      .meta({ description: "How the answer travels; absent where it is due on the last segment's host." }),
    hosts: z
      .record(
        name,
        z.strictObject({
          address: name
            .optional()
            .meta({ description: "Where it listens; absent until that is known.", examples: ["10.0.0.2:7000"] }),
        }),
      )
      .meta({ description: "All that run a segment, capture or want the answer." }),
    proof: z
      .strictObject({
        ...proof,
        runs: z
          .array(z.strictObject({ inputs: z.literal("data"), rows: z.int().min(1) }))
          .min(1)
          .max(16),
        against: z.enum(["model", "segments"]).meta({
          description:
            "What the files were compared with; a bottleneck makes another network of the model, so there the segments that were evaluated.",
        }),
        replay: z.strictObject({ images: z.int().min(0), same: z.int().min(0) }).meta({
          description: "Test images run through the files, codecs included, and those answered as in the evaluation.",
        }),
      })
      .meta({ description: "That the files do what was evaluated." }),
    predicted: prediction,
  })
  .meta({
    title: "Split-Et-Impera deployment",
    description:
      "A design with the files that run it, what its hosts agree on, the proof and the prediction. null: infinity.",
  });

/** The JSON Schema (draft 7) of a deployment's manifest.json. */
export function deploymentSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(deploymentFile, { io: "input", target: "draft-7" }) };
}
