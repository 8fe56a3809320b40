/**
 * @file What stands in result.json, as a definition that checks it and describes it.
 *
 * JSON has no infinity: a latency that never ended, and what is derived from it, is null there.
 */
import type { Result } from "@split-et-impera/core/design";
import type { Study } from "@split-et-impera/core/study";
import { z } from "zod";
import { basis } from "./basis-fields.ts";
import { graph } from "./graph-fields.ts";
import {
  bottleneckSpec,
  bound,
  designFields,
  estimate,
  exited,
  holes,
  latency,
  latencyCurve,
  quality,
} from "./design-fields.ts";
import { lossMap, optimum } from "./optimum-fields.ts";
import { study } from "./study-fields.ts";
import { overload, verdict } from "./verdict-fields.ts";
import { baselineWarning, saliency } from "./whole-fields.ts";
import { number, requirement, share, text, whole } from "./words.ts";

const kind = z.enum(["LC", "RC", "SC", "EE"]);

const design = z.strictObject({
  id: text,
  kind: kind.meta({ description: "The word for what segments and crossings are." }),
  ...designFields,
  quality: quality.meta({ description: "With the link's loss, by the metric's name; samples are images." }),
  clean: quality.meta({ description: "Without loss." }),
  drop: quality.meta({ description: "The unchanged model's quality less this one's, on the same images." }),
  latency,
  parts: z
    .strictObject({
      head: number,
      encode: number,
      queue: number,
      wire: number,
      decode: number,
      middle: number,
      tail: number,
      answer: number,
    })
    .meta({ description: "Means over the answered frames, seconds." }),
  overload: z.strictObject(overload).optional().meta({
    description: "Frames a second that come and that are answered, where more come: latencies meet no bound.",
  }),
  exited,
  deadlineMisses: estimate,
  framesLost: whole.meta({ description: "Frames that were never answered." }),
  holes,
  bytes: number.meta({ description: "Payload that the capturing host sends per frame." }),
  throughput: bound.meta({ description: "Frames per second that the slowest stage sustains; null: no bound." }),
  throughputInterval: z
    .strictObject({ lo: bound, hi: bound })
    .optional()
    .meta({ description: "95 % interval by how sure compute times are; absent: exact." }),
  memory: z.record(text, number).meta({ description: "Bytes of parameters and activations, by host." }),
  checks: z.array(
    z.strictObject({
      requirement,
      state: z.enum(["met", "missed", "undecided"]),
      value: bound,
      margin: bound.meta({ description: "Distance to the bound, relative to it; positive when met." }),
    }),
  ),
  pareto: z.boolean(),
});

const connection = z
  .strictObject({
    design: text,
    bytes: whole.meta({ description: "Of a message." }),
    messages: whole,
    points: z.array(
      z.strictObject({
        time: number.meta({ description: "Seconds." }),
        cwnd: number.meta({ description: "Congestion window, segments." }),
        sequence: whole.meta({ description: "One past the last byte that the packet carries." }),
        acknowledged: whole.meta({ description: "Bytes that the sender knows to have arrived." }),
        resent: z.literal(true).optional(),
        timeout: z.literal(true).optional().meta({ description: "Sent again after a time-out." }),
        lost: z.literal(true).optional(),
      }),
    ),
  })
  .meta({
    description:
      "The first messages of the recommended (or nearest) design over TCP at the link's own loss, by packet sent; absent where it does not send over TCP.",
  });

const score = {
  loss: number,
  accuracy: share.optional().meta({ description: "Share of right answers, where they are right or wrong." }),
  agreement: share.optional().meta({
    description: "One less the relative error of the outputs against the unchanged model's, where these are learned.",
  }),
};

/** Trials of one search at most: far more than all codecs with all steps. */
const mostTrials = 10_000;

const codecSearch = z.strictObject({
  cut: text,
  bottleneck: bottleneckSpec.optional(),
  whole: number.meta({
    description: "The task's first metric with nothing coded; behind the bottleneck, where there is one.",
  }),
  allowed: number.meta({ description: "By how much it may be worse, in the metric's own numbers." }),
  least: z
    .strictObject({ codec: text, step: number })
    .optional()
    .meta({ description: "Of what was within that, what takes the fewest bytes; absent where nothing was." }),
  tried: z
    .strictObject({
      codec: z.array(text).min(1).max(mostTrials),
      step: z.array(number).meta({ description: "How many times wider than those of the least squared error." }),
      bytes: z.array(number).meta({ description: "Mean of a sample's message, without headers." }),
      drop: z.array(number).meta({
        description: "By how much the metric is worse than with nothing coded, on the same samples; negative: better.",
      }),
      lo: z.array(number).optional().meta({ description: "Ends of its 95 % interval; absent where none is known." }),
      hi: z.array(number).optional(),
      samples: z.array(whole),
    })
    .meta({ description: "By columns, an entry for each codec with each step, in six digits." }),
});

const model = z.strictObject({
  file: text,
  bytes: whole,
  sha256: text.optional(),
  parameters: whole,
  macs: number,
  operators: whole,
  input: z.strictObject({ name: text, shape: z.array(whole) }),
  output: z.strictObject({ name: text, shape: z.array(whole) }),
});

const doubt = z
  .strictObject({
    kind: z.enum(["prefix", "spread", "runs"]),
    work: text,
    seconds: number,
    lo: number,
    hi: number,
    n: whole,
    whole: number.optional().meta({ description: "For `prefix`: seconds of the whole model." }),
  })
  .meta({
    description:
      "`prefix`: a head takes longer than the whole model; `spread`: the interval's end is more than 1.5 times its begin; `runs`: fewer than 10.",
  });

/** result.json */
export const resultFile = z
  .strictObject({
    format: z.literal(2),
    version: text,
    date: text.meta({ description: "ISO 8601, UTC." }),
    study,
    model,
    data: z.strictObject({
      name: text,
      classes: z.array(text),
      testImages: whole,
      trainImages: whole,
      notes: z.array(text).optional(),
      test: text.optional().meta({ description: "Digest of images, labels and normalisation." }),
      train: text.optional(),
    }),
    whole: z.strictObject({ quality }).meta({ description: "The unchanged model on the test images." }),
    baselineWarnings: z
      .array(baselineWarning)
      .optional()
      .meta({ description: "What speaks against that quality: chance, another way of feeding the data, the study." }),
    saliency: saliency.optional(),
    designs: z.array(design).meta({ description: "At the link's own loss; those that fit first, best first." }),
    pruned: z
      .array(
        z.strictObject({
          design: text,
          misses: z.array(text).min(1),
          after: z.strictObject({ samples: whole.optional(), frames: whole.optional() }).optional(),
        }),
      )
      .optional()
      .meta({
        description:
          "Designs that were not evaluated, since they surely miss requirements: of studies of more than two hosts those of which bounds say so at " +
          "every rate told of here; of a race (`after`: so many test samples or frames, or neither, by bounds) over the links as they are.",
      }),
    front: z.array(text).meta({ description: "What the Pareto front is over." }),
    verdict,
    optimum: optimum.optional(),
    lossMap,
    connection: connection.optional(),
    byClass: z
      .strictObject({
        classes: z.array(text).meta({ description: "Those of which there are test images." }),
        whole: z.array(estimate).meta({ description: "The unchanged model, by class." }),
        designs: z.array(z.strictObject({ id: text, quality: z.array(estimate), drop: z.array(estimate) })),
      })
      .optional()
      .meta({
        description:
          "By class, over its test images: the qualities of the designs that the verdict names, LC and the best RC, and what they lose against the unchanged model; absent in results of older versions and for data of one class.",
      }),
    training: z
      .array(
        z.strictObject({
          cut: text,
          ...bottleneckSpec.omit({ kind: true }).shape,
          epochs: z.array(
            z.strictObject({ phase: z.enum(["frozen", "joint"]), ...score, held: z.strictObject(score).optional() }),
          ),
        }),
      )
      .optional()
      .meta({
        description:
          "How each bottleneck learned: means over the training images of an epoch, as they were while it trained. The loss of the phase `frozen` has the reconstruction in it. Absent where none was trained, and in results of older versions.",
      }),
    searches: z.array(codecSearch).optional().meta({
      description:
        "What each search for a cut's codec tried, on training samples; absent where nothing was searched for, and in results of older versions.",
    }),
    exits: z
      .array(
        z.strictObject({
          cut: text.meta({ description: "The tensor that it answers from." }),
          features: whole.meta({ description: "Numbers that it looks at." }),
          parameters: whole,
          epochs: z.array(z.strictObject({ ...score, held: z.strictObject(score).optional() })),
          calibration: z
            .strictObject({
              threshold: number.optional(),
              samples: whole,
              share: share.meta({ description: "Of the samples, those that leave." }),
              lost: number.meta({ description: "Of quality, over all samples; negative: won." }),
              bound: number.meta({ description: "The upper end of its one-sided interval." }),
            })
            .meta({
              description:
                "What training samples say that it did not learn from; without a threshold no bound could be kept, and no design has it.",
            }),
        }),
      )
      .optional()
      .meta({ description: "Every early exit that was trained; absent where none was." }),
    sweep: z
      .array(
        z.strictObject({
          loss: share,
          designs: z.array(
            z.strictObject({
              id: text,
              quality,
              median: bound,
              p95: bound,
              curve: latencyCurve,
              overload: z.strictObject(overload).optional(),
              deadlineMisses: share,
              framesLost: whole,
              holes,
            }),
          ),
          verdict,
        }),
      )
      .meta({ description: "The same designs at every loss rate of the study." }),
    basis,
    graph,
    doubts: z
      .array(z.strictObject({ source: text, doubts: z.array(doubt) }))
      .optional()
      .meta({ description: "Compute times that cannot be trusted, by where they are from." }),
    stages: z
      .array(z.strictObject({ name: text, seconds: number, cached: z.boolean() }))
      .meta({ description: "Wall time; the one part that differs between equal runs with saved profiles." }),
    machine: z.strictObject({ engine: text, platform: text, cpu: text, threads: whole }),
  })
  .meta({
    title: "Split-Et-Impera result",
    description: "What a study ends with. Infinity, which JSON cannot hold, is written as null.",
  });

/** A result is what the definition takes: a compile error here says which of the two is behind. */
type Fits = Result extends z.input<typeof resultFile> ? true : never;
export const resultFits: Fits = true;

/** Whether all fields of a part are known, but for some; one that may be absent would be refused when a result is read back. */
type Has<Part, Known, But = never> = [Exclude<keyof Part, keyof Known | But>] extends [never] ? true : never;
type Known = z.input<typeof resultFile>;
export const resultHas: [
  Has<Result, Known>,
  // What only `sei place` reads, what several flows share, and what a model takes, stand in no result of one flow.
  Has<Study, Known["study"], "placing" | "system">,
  Has<Study["data"], Known["study"]["data"], "input" | "wants">,
] = [true, true, true];

/** The JSON Schema (draft 7) of result.json. */
export function resultSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(resultFile, { io: "input", target: "draft-7" }) };
}
