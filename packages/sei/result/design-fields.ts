/** @file What stands of a design in a result and in a deployment: its parts, its quality and its latency. */
import { z } from "zod";
import { concealments, orders } from "@split-et-impera/core/wire";
import { kindsOf } from "../kinds-of.ts";
import { protectionSpec } from "./protection-fields.ts";

const text = z.string();
const number = z.number();
const whole = z.int().min(0);
const transport = z.strictObject({
  kind: z.enum(["tcp", "udp"]),
  datagram: z
    .int()
    .min(1)
    .optional()
    .meta({ description: "Most bytes of a message in a datagram; absent: what an Ethernet packet carries." }),
  resend: z
    .literal(true)
    .optional()
    .meta({ description: "Lost datagrams are asked for again while they can be there in time." }),
  protection: protectionSpec.optional().meta({ description: "What is added to datagrams; absent: nothing." }),
  concealment: z.enum(kindsOf(concealments)).optional().meta({
    description: "What stands in for values that never came; absent: their neighbours, of raw pictures the mean.",
  }),
});

/** A number that is infinite where frames were never answered. */
export const bound = z.number().nullable().meta({ id: "bound", description: "null: infinite." });

export const estimate = z
  .strictObject({ value: bound, lo: bound, hi: bound, n: whole })
  .meta({ id: "estimate", description: "A value with its 95 % interval over n samples; null: infinite." });

export const quality = z.record(text, estimate).meta({
  id: "quality",
  description: "By the names of the task's metrics, the one that designs are ranked by first.",
});

/** Of latencies, in designs and in the sweep. */
export const latencyCurve = z
  .strictObject({
    seconds: z.array(number),
    share: z.array(number.min(0).max(1)).meta({ description: "Of all frames, those never answered included." }),
  })
  .optional()
  .meta({
    description:
      "The empirical distribution of the frames' latencies at some of its points: `share[i]` of the frames were answered within `seconds[i]`; absent in results of older versions.",
  });

export const latency = z
  .strictObject({
    median: estimate,
    p95: estimate,
    p99: estimate,
    mean: bound,
    max: bound,
    meanInterval: z.strictObject({ lo: bound, hi: bound }).optional(),
    curve: latencyCurve,
  })
  .meta({ description: "Seconds from capture to answer; null: some of these frames were never answered." });

/** A bottleneck at a crossing, as a result names it. */
export const bottleneckSpec = z.strictObject({
  kind: z.literal("pca").optional().meta({ description: "Fitted, not trained; absent: a trained autoencoder." }),
  compression: number.meta({ description: "How many times fewer values cross." }),
  lossy: z.literal(true).optional().meta({ description: "Trained behind a link that loses datagrams." }),
});

export const designFields = {
  segments: z
    .array(z.strictObject({ host: text, from: z.array(text), to: z.array(text) }))
    .meta({ description: "What each host runs: the part of the model between two cuts, in the order of a frame." }),
  crossings: z
    .array(
      z.strictObject({
        after: z.int().min(-1).meta({ description: "The segment whose tensors cross, from 0; -1: what was captured." }),
        links: z.array(text),
        codec: z.strictObject({
          kind: text,
          quality: number.optional(),
          order: z
            .enum(kindsOf(orders))
            .optional()
            .meta({ description: "In which order values are sent; absent: the tensor's own." }),
          step: number.optional().meta({
            description: "How many times wider its steps are than those of the least squared error; absent: 1.",
          }),
        }),
        bottleneck: bottleneckSpec.optional(),
        transport,
      }),
    )
    .meta({ description: "What goes from one segment to the next, and how." }),
  answer: z
    .strictObject({ links: z.array(text), transport })
    .optional()
    .meta({ description: "The answer's way, where it is due on another host than the last segment's." }),
  exits: z
    .array(
      z.strictObject({
        after: whole.meta({ description: "The segment behind which it is asked, from 0." }),
        head: text,
        threshold: number.meta({ description: "Least confidence at which its answer stands." }),
      }),
    )
    .optional()
    .meta({ description: "Early exits: heads that may answer on the capturing host." }),
};

/** What becomes of frames at exits. */
export const exited = z
  .strictObject({
    share: estimate.meta({ description: "Share of the test images of which an early exit is sure." }),
    fallback: estimate.meta({
      description: "Share of the frames whose answer was not there by the deadline, so that the exit's stood.",
    }),
  })
  .optional()
  .meta({ description: "Of designs with early exits." });

/** How messages came over datagrams. */
export const holes = z
  .strictObject({
    share: number.min(0).max(1).meta({ description: "Of all frames, those whose message came with holes or never." }),
    missing: number.min(0).max(1).meta({ description: "Of the bytes of those, in the mean, what cannot be used." }),
  })
  .optional()
  .meta({ description: "Of designs over datagrams; absent in results of older versions." });
