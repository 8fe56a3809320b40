/** @file The study of a result: as it was asked, with every default filled in. */
import { taskKinds } from "@split-et-impera/core/task";
import { pictureFormats } from "@split-et-impera/core/study";
import { codecKinds, concealments, orders } from "@split-et-impera/core/wire";
import { z } from "zod";
import { formatNames } from "../data/formats/index.ts";
import { columns, inputNames, sound } from "../study/data-fields.ts";
import { link } from "./link-fields.ts";
import { kindsOf } from "../kinds-of.ts";
import { protectionSpec } from "./protection-fields.ts";
import { aim, number, requirement, share, text, whole } from "./words.ts";

/** Pixels: one number for both sides, or height and width. */
const sizes = z.array(whole).optional();

export const study = z
  .strictObject({
    name: text,
    model: z.union([text, z.array(z.strictObject({ path: text, name: text, feeds: z.record(text, text).optional() }))]),
    modelOptions: z
      .strictObject({
        shape: z.array(whole).optional(),
        shapes: z.record(text, z.array(whole)).optional(),
        constants: z.record(text, z.array(number)).optional(),
        state: z.array(z.strictObject({ input: text, output: text })).optional(),
      })
      .optional()
      .meta({ description: "What the study says of the model's inputs." }),
    data: z.strictObject({
      format: text.meta({ enum: [...formatNames] }),
      path: text.optional(),
      normalise: z.strictObject({
        mean: z.array(number),
        std: z.array(number),
        channels: z.enum(["RGB", "BGR"]).optional(),
      }),
      layout: z.enum(["NCHW", "NHWC"]),
      limit: z.strictObject({ test: whole, train: whole }),
      classes: z.array(text).optional(),
      fit: z
        .strictObject({ resize: sizes, crop: sizes, letterbox: sizes })
        .optional()
        .meta({ description: "How pictures get to one size; absent: they cover the model's input." }),
      columns,
      inputs: inputNames,
      sound,
    }),
    task: z
      .looseObject({ kind: z.enum(taskKinds).optional(), output: text.optional(), expect: number.optional() })
      .optional()
      .meta({ description: "What the model is for, as the study says it; absent: by the data." }),
    hosts: z.record(
      text,
      z.strictObject({
        speed: number,
        profile: text.optional(),
        memory: number.optional(),
        keep: z.array(text).optional(),
        encode: number.optional(),
        decode: number.optional(),
        cores: whole.optional(),
        batch: z.strictObject({ size: whole, timeout: number }).optional(),
      }),
    ),
    links: z.array(link),
    frames: z.strictObject({
      host: text,
      rate: number,
      count: whole,
      order: z.enum(["oldest", "newest", "drop"]).optional(),
      answer: z.strictObject({ host: text, bytes: number, protection: protectionSpec.optional() }),
    }),
    requirements: z.array(requirement),
    explore: z.strictObject({
      scenarios: z.array(z.enum(["LC", "RC", "SC"])),
      candidates: z.union([
        z.strictObject({ from: z.literal("saliency"), most: whole }),
        z.strictObject({ from: z.literal("names"), names: z.array(z.union([text, z.array(text)])) }),
      ]),
      saliency: z.strictObject({ target: z.enum(["label", "predicted"]), classes: z.array(text), images: whole }),
      codecs: z.array(z.enum(codecKinds)),
      search: z.literal(true).optional(),
      inputs: z
        .array(z.strictObject({ format: z.enum([...pictureFormats, ...codecKinds]), quality: number.optional() }))
        .optional(),
      bottlenecks: z.array(
        z.union([
          z.strictObject({ kind: z.literal("pca"), compression: number }),
          z.strictObject({
            compression: number,
            epochs: z.strictObject({ frozen: whole, joint: whole }),
            learningRate: number,
            batch: whole,
            augment: z.array(z.enum(["mirror", "shift"])),
            lossy: z
              .strictObject({
                codec: z.enum(codecKinds),
                losses: z.array(share),
                bursts: z.array(number),
                payload: whole,
              })
              .optional(),
          }),
        ]),
      ),
      plain: z.boolean(),
      exits: z
        .strictObject({
          at: z.array(text).optional(),
          loss: share,
          confidence: share,
          hidden: whole,
          epochs: whole,
          learningRate: number,
          batch: whole,
        })
        .optional(),
      transports: z.array(z.enum(["tcp", "udp"])),
      datagrams: z.array(whole).optional(),
      resend: z.array(z.boolean()).optional(),
      protections: z.array(protectionSpec).optional(),
      orders: z.array(z.enum(kindsOf(orders))).optional(),
      concealments: z.array(z.enum(kindsOf(concealments))).optional(),
      losses: z.array(share),
      hosts: z.array(text).optional(),
      cuts: z.int().min(1).optional(),
      race: z.literal(true).optional(),
    }),
    objective: z.array(aim),
    seed: whole,
  })
  .meta({ description: "The study with every default filled in, in SI units." });
