/** @file The links of a result's study. */
import { congestionNames, jitterNames } from "@split-et-impera/core/network";
import { z } from "zod";
import { number, share, text, whole } from "./words.ts";

const pair = z.tuple([number, number]);

const direction = {
  rate: number.meta({ description: "Bits per second; of a trace, its mean." }),
  trace: z
    .strictObject({
      file: text,
      end: z.enum(["repeat", "hold", "error"]),
      seconds: number,
      opportunities: text.optional(),
      steps: z.strictObject({ times: z.array(number), rates: z.array(number) }).optional(),
    })
    .optional()
    .meta({ description: "How the rate changes over time." }),
  delay: number,
  jitter: z.strictObject({ range: number, distribution: z.enum(jitterNames), reorder: z.boolean() }).optional(),
  loss: z.strictObject({ rate: share, burst: number }),
  queue: z.union([whole, z.strictObject({ bytes: whole })]).meta({ description: "Packets, or bytes." }),
  codel: z.strictObject({ target: number, interval: number }).optional(),
  bucket: number.optional(),
};

export const link = z.strictObject({
  between: z.tuple([text, text]),
  ...direction,
  duplex: z.enum(["full", "half"]),
  header: number,
  back: z.strictObject(direction).optional().meta({ description: "The way back, where it is another." }),
  outages: z
    .union([
      z.strictObject({ packets: z.enum(["lost", "wait"]), at: z.array(pair) }),
      z.strictObject({ packets: z.enum(["lost", "wait"]), up: number, down: number }),
    ])
    .optional(),
  medium: z
    .strictObject({
      name: text,
      slot: number,
      gap: number,
      overhead: number,
      collision: number,
      window: pair,
      retries: whole,
      aggregate: whole,
      stations: whole,
      each: z.strictObject({ rate: number, packet: number }).optional(),
    })
    .optional()
    .meta({ description: "What its senders share by contention, and who else is there." }),
  connections: z.enum(["fresh", "fresh-tls"]).optional().meta({ description: "A TCP connection for each frame." }),
  background: z
    .array(
      z.union([
        z.strictObject({ from: text, pattern: z.enum(["constant", "poisson"]), rate: number, packet: number }),
        z.strictObject({
          from: text,
          pattern: z.literal("on-off"),
          rate: number,
          packet: number,
          on: number,
          off: number,
        }),
        z.strictObject({
          from: text,
          pattern: z.literal("download"),
          congestion: z.enum(congestionNames),
          transfer: number.optional(),
          pause: number,
        }),
      ]),
    )
    .optional()
    .meta({ description: "What else goes over the link." }),
  profile: text.optional().meta({ description: "By which name the study took what it did not say." }),
});
