/** @file The best placement of the model itself in a result, and the best design by rate and loss. */
import { z } from "zod";
import { number, share, text, whole } from "./words.ts";
import { phrases, placementName } from "./verdict-fields.ts";

const priced = z
  .strictObject({
    ...placementName,
    seconds: number,
    over: number.meta({ description: "Seconds more than the optimum." }),
    candidate: z.boolean().meta({ description: "Whether the study tries it: LC, RC, or a cut that it chose." }),
  })
  .meta({ id: "priced" });

const stretches = z.array(z.strictObject({ ...placementName, from: number, to: number })).meta({ id: "stretches" });

export const optimum = z
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
    placements: z.array(priced).meta({
      description:
        "All that the hosts have room for, from RC along the cuts to LC; each cut by codec. Over more than two hosts the best ones.",
    }),
    of: whole.optional().meta({ description: "Over more than two hosts: placements that were added up." }),
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

export const lossMap = z
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
