/** @file What the manifests of `sei design` and `sei split` have in common: files beside them, their digests, and the proof. */
import { tensorTypes, type TensorType } from "@split-et-impera/core/tensor";
import { z } from "zod";

/** Characters of a name: names of tensors are long. */
const longestName = 4096;
/** Elements of all that a proof is run on, together; they are drawn again to join. */
const mostElements = 2 ** 28;

export const text = z.string().max(longestName);
export const name = text.min(1);
export const tensorType = z.enum(Object.keys(tensorTypes) as [TensorType, ...TensorType[]]);
/** A file beside the manifest: no name that leads elsewhere, on any system. */
export const fileName = z
  .string()
  .min(1)
  .max(255)
  .refine((file) => !/[/\\:]/.test(file) && !file.includes("\0") && file !== "." && file !== "..", {
    error: ({ input }) => `expected a file beside the manifest, got ${JSON.stringify(input)}`,
  });
export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: "expected a SHA-256 in 64 hexadecimal digits" })
  .meta({ description: "SHA-256, in hexadecimal digits." });

/** The part of a model that is in a file. */
export const segmentFile = {
  name,
  file: fileName.meta({ description: "Beside the manifest." }),
  sha256,
};

const fed = z.object({ name: z.string(), type: tensorType, shape: z.array(z.int().min(0)) });

const elements = (feeds: readonly z.infer<typeof fed>[] = []): number =>
  feeds.reduce((sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1), 0);

/** How files were compared with what they were made from. */
export const proof = {
  exact: z.boolean().meta({ description: "Equal bit for bit, the engine's optimisations off." }),
  largestDifference: z.number().min(0).meta({ description: "With the optimisations on." }),
  largestOutput: z.number().min(0),
  finite: z
    .boolean()
    .meta({ description: "Whether any output held a number that is not NaN or infinite; if not, nothing was shown." }),
  tolerance: z.number().min(0).meta({ description: "What the difference may be, as a share of the largest output." }),
  engine: text.meta({ description: "Name and version." }),
};

/** What a proof of `sei split` was run on. */
export const recordedRuns = z
  .array(
    z.object({
      inputs: z.enum(["random", "data"]),
      rows: z.number(),
      /** What was fed where the inputs were random: they can be made again. */
      feeds: z.array(fed).max(1024).optional(),
      /** SHA-256 of the model's answers to them, optimisations off. */
      answers: z.record(z.string(), z.string()).optional(),
    }),
  )
  .min(1)
  .max(16)
  .refine(
    (runs) => runs.reduce((sum, { feeds }) => sum + elements(feeds), 0) <= mostElements,
    "more elements than a proof has",
  );
