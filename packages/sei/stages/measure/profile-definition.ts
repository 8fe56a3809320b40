/** @file What stands in a profile file: the definition that checks it and describes it (docs/profile.md). */
import { mostSamples } from "@split-et-impera/core/cost";
import { z } from "zod";

/** Most works of a profile, and characters of a name: names of tensors are long. */
const mostWorks = 20_000;
const longestName = 4096;

const seconds = z.number().min(0).max(1e6);
const text = z.string().max(longestName);
const name = z.string().min(1).max(longestName);

const machine = z
  .strictObject({
    engine: text.meta({
      description: "Name and version of what ran the model.",
      examples: ["onnxruntime-node 1.30.0"],
    }),
    platform: text,
    cpu: text,
    threads: z.int().min(0).max(1e6).meta({ description: "Processors; 0: not known." }),
  })
  .meta({ description: "What measured." });

const cost = z
  .strictObject({
    seconds: seconds.meta({
      description:
        "The location: a third of the undisturbed runs are quicker (of a busy machine, a fifth); what other tools give may be their median.",
    }),
    lo: seconds.meta({ description: "95 % interval of the location." }),
    hi: seconds,
    n: z.int().min(1).max(1e12).meta({ description: "Runs that it rests on." }),
    disturbed: z.int().min(0).max(1e12).optional().meta({
      description:
        "Runs during which the machine is known to have done something else; left out where others are left. Default: 0.",
    }),
    call: seconds.optional().meta({
      description:
        "Of `seconds`, what an empty call of the engine or library takes; a host's speed does not divide it. Default: 0.",
    }),
    samples: z
      .array(seconds)
      .min(1)
      .max(100_000)
      .optional()
      .meta({
        description:
          `Seconds of single runs; the simulation draws from them. \`sei\` writes at most ${mostSamples} and keeps no more ` +
          "of what it reads. Default: every run takes `seconds`.",
      }),
    mirrored: z.boolean().optional().meta({
      description: "The machine was busy: the samples above the location are those below it, mirrored. Default: false.",
    }),
  })
  .superRefine(({ seconds, lo, hi, call = 0, samples }, context) => {
    const wrong = (field: string, message: string): void =>
      context.addIssue({ code: "custom", path: [field], message });
    if (!(seconds > 0)) wrong("seconds", `expected a time above 0, got ${seconds}`);
    if (lo > seconds) wrong("lo", `expected at most \`seconds\` (${seconds}), got ${lo}`);
    if (hi < seconds) wrong("hi", `expected at least \`seconds\` (${seconds}), got ${hi}`);
    if (call > seconds) wrong("call", `expected at most \`seconds\` (${seconds}), got ${call}`);
    if (!samples) return;
    const [least, most] = samples.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [Infinity, 0]);
    // Written numbers are rounded.
    if (seconds < 0.99 * least || seconds > 1.01 * most)
      wrong("seconds", `expected a time among its samples (${least} to ${most}), got ${seconds}`);
  });

/** Format 2. */
export const profileFile = z
  .strictObject({
    $schema: z.string().optional().meta({ description: "For editors." }),
    format: z.literal(2),
    source: text.meta({ description: "The program that measured.", examples: ["sei 0.1.0", "trtexec"] }),
    machine,
    model: text.meta({ description: "SHA-256 of the model file, in hexadecimal digits." }),
    works: z
      .record(name, cost)
      .refine((works) => Object.keys(works).length <= mostWorks, { error: `expected at most ${mostWorks} works` })
      .meta({
        description:
          "Seconds by work, of one frame: `whole`, `head@TENSOR`, `tail@TENSOR`, `encode CODEC@TENSOR`, " +
          "`decode CODEC@TENSOR`, with `+64x` behind the tensor where a bottleneck is; `encode jpeg-90`, `decode jpeg-90`.",
      }),
  })
  .meta({ title: "Split-Et-Impera profile", description: "Times of a model and its parts, measured on one machine." });

const timing = z.object({ median: z.number().positive(), lo: seconds, hi: seconds, n: z.int().min(1) });

/** Format 1: the median, 5th and 95th percentile of the runs. */
export const oldProfileFile = z.object({
  format: z.literal(1),
  machine,
  model: text,
  timings: z
    .record(name, timing)
    .refine((works) => Object.keys(works).length <= mostWorks, { error: `expected at most ${mostWorks} works` }),
});

/** The JSON Schema (draft 7) of a profile. */
export function profileSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(profileFile, { io: "input", target: "draft-7" }) };
}
