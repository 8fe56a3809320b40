/**
 * @file What stands in result.json, as a definition that checks it and describes it.
 *
 * JSON has no infinity: a latency that never ended, and what is derived from it, is null there.
 */
import type { Result } from "@split-et-impera/core/design";
import { taskKinds } from "@split-et-impera/core/task";
import { anyQuality, metricRules, pictureFormats, type Metric, type Study } from "@split-et-impera/core/study";
import { codecKinds } from "@split-et-impera/core/wire";
import { z } from "zod";
import { formatNames } from "../data/formats/index.ts";
import { columns, sound } from "../study/data-fields.ts";
import { bound, designFields, estimate, latency, latencyCurve, quality } from "./design-fields.ts";

const text = z.string();
const number = z.number();
const whole = z.int().min(0);
const share = z.number().min(0).max(1);
const shape = z.array(whole);
const kind = z.enum(["LC", "RC", "SC", "EE"]);

const metricNames = Object.keys(metricRules) as [Metric, ...Metric[]];
const objectives = [...metricNames, anyQuality] as [Metric, ...Metric[]];

const requirement = z.strictObject({
  text,
  metric: z.enum(metricNames),
  statistic: z.enum(["median", "mean", "p95", "p99", "max"]).optional(),
  host: text.optional(),
  operator: z.enum(["<=", ">="]),
  value: number.meta({ description: "In SI units: seconds, shares, bytes, frames per second." }),
});

/** Pixels: one number for both sides, or height and width. */
const sizes = z.array(whole).optional();

const study = z
  .strictObject({
    name: text,
    model: text,
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
        encode: number.optional(),
        decode: number.optional(),
      }),
    ),
    links: z.array(
      z.strictObject({
        between: z.tuple([text, text]),
        rate: number,
        delay: number,
        loss: z.strictObject({ rate: share, burst: number }),
        queue: whole,
        duplex: z.enum(["full", "half"]),
        header: number,
      }),
    ),
    frames: z.strictObject({
      host: text,
      rate: number,
      count: whole,
      order: z.enum(["oldest", "newest", "drop"]).optional(),
      answer: z.strictObject({ host: text, bytes: number }),
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
      inputs: z
        .array(z.strictObject({ format: z.enum([...pictureFormats, ...codecKinds]), quality: number.optional() }))
        .optional(),
      bottlenecks: z.array(
        z.strictObject({
          compression: number,
          epochs: z.strictObject({ frozen: whole, joint: whole }),
          learningRate: number,
          batch: whole,
          augment: z.array(z.enum(["mirror", "shift"])),
        }),
      ),
      plain: z.boolean(),
      transports: z.array(z.enum(["tcp", "udp"])),
      losses: z.array(share),
    }),
    objective: z.array(z.enum(objectives)),
    seed: whole,
  })
  .meta({ description: "The study with every default filled in, in SI units." });

const saliency = z.strictObject({
  target: z.enum(["label", "predicted"]),
  classes: z.array(text),
  images: whole,
  points: z.array(
    z.strictObject({
      tensor: text,
      operator: text,
      shape: shape.meta({ description: "Without the batch." }),
      bytes: whole,
      cs: number.meta({ description: "Cumulative Saliency, linear; the curve shows log10." }),
      lo: number,
      hi: number,
      legal: z.boolean(),
      candidate: z.boolean(),
    }),
  ),
  examples: z.array(
    z.strictObject({
      image: z.strictObject({ width: whole, height: whole, rgb: z.array(whole) }),
      label: text,
      predicted: text,
      maps: z.array(z.strictObject({ tensor: text, width: whole, height: whole, values: z.array(number) })),
    }),
  ),
  notes: z.array(text).optional().meta({ description: "What the curve should be read with." }),
});

const numbers = z.array(number);

/** Whose quality it is; absent: accuracy. */
const metric = text.optional();

const baselineWarning = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("near-chance"), metric, quality: estimate, chance: share }),
  z.strictObject({
    kind: z.literal("feeding"),
    metric,
    quality: estimate,
    other: estimate,
    variant: z.strictObject({
      name: text,
      normalise: z.strictObject({ mean: numbers, std: numbers }),
      order: z.enum(["RGB", "BGR"]),
      layout: z.enum(["NCHW", "NHWC"]),
    }),
  }),
  z.strictObject({ kind: z.literal("below-expected"), metric, quality: estimate, expected: number }),
]);

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
  overload: z.strictObject({ offered: number, sustained: number, busiest: text.optional() }).optional().meta({
    description: "Frames a second that come and that are answered, where more come: latencies meet no bound.",
  }),
  deadlineMisses: estimate,
  framesLost: whole.meta({ description: "Frames that were never answered." }),
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

const placementName = { kind: z.enum(["LC", "RC", "SC"]), cut: text.optional(), codec: text.optional() };
const priced = z.strictObject({
  ...placementName,
  seconds: number,
  over: number.meta({ description: "Seconds more than the optimum." }),
  candidate: z.boolean().meta({ description: "Whether the study tries it: LC, RC, or a cut that it chose." }),
});

const figure = {
  metric: z.enum(metricNames),
  statistic: z.enum(["median", "mean", "p95", "p99", "max"]).optional(),
  host: text.optional(),
  value: bound,
};
const overload = { offered: number, sustained: number, busiest: text.optional() };
const aim = z.enum(objectives);
const placement = z.strictObject(placementName);
const phrase = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("nothing") }),
  z.strictObject({ kind: z.enum(["choose", "nearest"]), design: text }),
  z.strictObject({ kind: z.literal("unsure"), design: text, decides: z.array(z.enum(["images", "frames", "times"])) }),
  z.strictObject({ kind: z.literal("figure"), ...figure, bound: number.optional() }),
  z.strictObject({ kind: z.literal("unanswered"), frames: whole }),
  z.strictObject({ kind: z.literal("overloaded"), ...overload }),
  z.strictObject({ kind: z.literal("relax"), requirement: text, to: text }),
  z.strictObject({ kind: z.literal("misses"), requirement: text, ...figure, bound: number }),
  z.strictObject({ kind: z.literal("undecided"), requirement: text, ...figure, lo: bound, hi: bound }),
  z.strictObject({ kind: z.enum(["worse", "even"]), aim, value: bound, than: bound }),
  z.strictObject({ kind: z.literal("tie") }),
  z.strictObject({ kind: z.literal("best-placement"), of: whole, placement, host: text, seconds: number }),
  z.strictObject({ kind: z.enum(["candidate", "no-candidate"]) }),
  z.strictObject({ kind: z.literal("gives-up"), placement, seconds: number, share: number, unsure: number.optional() }),
  z.strictObject({
    kind: z.literal("simulated"),
    medians: z.array(number),
    added: z.array(z.strictObject({ coding: number, waiting: number, sending: number })).optional(),
  }),
  z.strictObject({ kind: z.literal("beyond"), design: text, median: number }),
]);
const phrases = z.array(phrase).meta({ description: "Statements in order, as kinds, names and numbers." });

const verdict = z.strictObject({
  says: phrases,
  fitting: z.array(text),
  recommended: text.optional().meta({ description: "Absent when nothing fits." }),
  ties: z.array(text),
  runnerUp: z.strictObject({ id: text, because: phrases }).optional(),
  instead: z
    .array(z.strictObject({ id: text, because: phrases }))
    .meta({ description: "Why not LC or RC, where the verdict does not name one." }),
  nearest: z
    .strictObject({ id: text, relax: z.array(z.strictObject({ requirement: text, to: text })) })
    .optional()
    .meta({ description: "When nothing fits: what comes nearest, and bounds under which it would." }),
});

const stretches = z.array(z.strictObject({ ...placementName, from: number, to: number }));

const optimum = z
  .strictObject({
    says: phrases,
    best: z.strictObject(placementName),
    value: number.meta({ description: "Seconds." }),
    bound: number.meta({ description: "No placement takes less." }),
    gap: number.meta({ description: "Their distance, relative to the value; 0: proved." }),
    unsure: number.optional().meta({
      description: "Seconds by which the compute times that are added up may be off; absent: they count as exact.",
    }),
    runnerUp: priced.optional(),
    placements: z
      .array(priced)
      .meta({ description: "All that the hosts have room for, from RC along the cuts to LC; each cut by codec." }),
    leftOut: z
      .array(
        z.union([
          z.strictObject({
            because: z.literal("memory"),
            what: z.strictObject(placementName),
            host: text,
            needs: number.meta({ description: "Bytes." }),
            has: number.meta({ description: "Bytes." }),
          }),
          z.strictObject({ because: z.literal("bottleneck"), compressions: z.array(number) }),
          z.strictObject({ because: z.literal("coding"), inputs: z.array(text) }),
          z.strictObject({ because: z.literal("many"), cuts: whole }),
          z.strictObject({ because: z.literal("several"), cuts: whole }),
        ]),
      )
      .optional()
      .meta({ description: "What the optimum, its break-evens and its map say nothing about, and why." }),
    designs: z.array(text).meta({ description: "The simulated designs of the optimum." }),
    added: z.boolean().meta({ description: "Whether these were added because the study would not have tried them." }),
    breakEvens: z
      .strictObject({ rate: stretches, delay: stretches, speed: z.record(text, stretches) })
      .meta({ description: "The best placement by stretches of the link's rate, its delay, each host's speed." }),
    map: z
      .strictObject({
        host: text,
        rate: z.tuple([number, number]),
        speed: z.tuple([number, number]),
        exact: z.boolean(),
        regions: z.array(
          z.strictObject({
            ...placementName,
            fixed: number,
            bits: number,
            work: number,
            corners: z.array(z.tuple([number, number])),
          }),
        ),
      })
      .meta({
        description:
          "The best placement over the link's rate and the capturing host's speed. Latency is fixed + bits / rate + work / speed; corners [rate, speed] are joined by straight lines over 1/rate and 1/speed.",
      }),
  })
  .meta({
    description:
      "The best placement of the model itself over all cuts, by adding up compute, bytes and delay, without loss, waiting, codecs' times or bottlenecks; absent where the study splits nothing or the hosts have no room.",
  });

const lossMap = z
  .strictObject({
    frames: whole,
    rates: z.array(number).meta({ description: "Bits per second." }),
    losses: z.array(share),
    recommended: z.array(z.array(text.nullable())),
  })
  .meta({
    description:
      "By loss, then by rate: the design that the match recommends at this rate and loss of the link, simulated; null: none is sure to fit.",
  });

const score = {
  loss: number,
  accuracy: share.optional().meta({ description: "Share of right answers, where they are right or wrong." }),
  agreement: share.optional().meta({
    description: "One less the relative error of the outputs against the unchanged model's, where these are learned.",
  }),
};

const model = z.strictObject({
  file: text,
  bytes: whole,
  sha256: text.optional(),
  parameters: whole,
  macs: number,
  operators: whole,
  input: z.strictObject({ name: text, shape }),
  output: z.strictObject({ name: text, shape }),
});

/** result.json */
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
          compression: number.meta({ description: "How many times fewer values cross." }),
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
            }),
          ),
          verdict,
        }),
      )
      .meta({ description: "The same designs at every loss rate of the study." }),
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
  // What only `sei place` reads, and what a model takes, stand in no result.
  Has<Study, Known["study"], "placing">,
  Has<Study["data"], Known["study"]["data"], "input">,
] = [true, true, true];

/** The JSON Schema (draft 7) of result.json. */
export function resultSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(resultFile, { io: "input", target: "draft-7" }) };
}
