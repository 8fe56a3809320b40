/** @file manifest.json: what the segments of a model are, which tensor goes where, and the proof. */
import { InputError } from "@split-et-impera/core/errors";
import { tensorTypes, type TensorType } from "@split-et-impera/core/tensor";
import { readText } from "../files/index.ts";
import { z } from "zod";

const dims = z.array(z.union([z.number(), z.string()]));
/** A segment's name, or `input` for what is fed and `output` for what is answered. */
const place = z.string();
const type = z.enum(Object.keys(tensorTypes) as [TensorType, ...TensorType[]]);
/** Elements of all that a proof is run on, together; they are drawn again to join. */
const mostElements = 2 ** 28;

const fed = z.object({
  name: z.string(),
  type,
  shape: z.array(z.int().min(0)),
});

const elements = (feeds: readonly z.infer<typeof fed>[] = []): number =>
  feeds.reduce((sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1), 0);

const manifestFile = z.object({
  format: z.literal(2),
  model: z.object({
    file: z.string(),
    /** In the model's order. */
    inputs: z.array(z.string()).min(1),
    outputs: z.array(z.string()).min(1),
  }),
  /** In the order in which a frame passes them. */
  cuts: z.array(z.array(z.string()).min(1)).min(1),
  segments: z
    .array(
      z.object({
        name: z.string(),
        /** Relative to the manifest. */
        file: z.string(),
        sha256: z.string(),
        /** Weights beside the file, where they are too many for it. */
        data: z.string().optional(),
        inputs: z.array(z.object({ tensor: z.string(), from: place })),
        outputs: z.array(z.object({ tensor: z.string(), to: z.array(place) })),
        operators: z.number(),
      }),
    )
    .min(1),
  tensors: z.array(
    z.object({
      name: z.string(),
      type: z.string().optional(),
      /** Numbers, and names of open dimensions. */
      shape: dims.optional(),
      /** For one image, as it is. */
      bytes: z.number().optional(),
      from: place,
      to: z.array(place),
      /** The cuts that it crosses, counted from 1. */
      crosses: z.array(z.number()),
    }),
  ),
  proof: z.object({
    /** Over all runs. */
    exact: z.boolean(),
    largestDifference: z.number(),
    largestOutput: z.number(),
    /** Whether any output held a number that is not NaN or infinite; if not, nothing was shown. */
    finite: z.boolean(),
    tolerance: z.number(),
    engine: z.string(),
    runs: z
      .array(
        z.object({
          inputs: z.enum(["random", "data"]),
          rows: z.number(),
          /** What was fed where the inputs were random: they can be made again. */
          feeds: z.array(fed).max(64).optional(),
          /** SHA-256 of the model's answers to them, optimisations off. */
          answers: z.record(z.string(), z.string()).optional(),
        }),
      )
      .min(1)
      .max(16)
      .refine(
        (runs) => runs.reduce((sum, { feeds }) => sum + elements(feeds), 0) <= mostElements,
        "more elements than a proof has",
      ),
  }),
});

export type Manifest = z.infer<typeof manifestFile>;

/** A manifest lists tensors, a line each. */
const mostBytes = 64 * 2 ** 20;

/** Reads a manifest. Throws `InputError` `ERR_MANIFEST` naming the field. */
export async function readManifest(file: string): Promise<Manifest> {
  const text = await readText(file, { code: "ERR_MANIFEST", what: "the manifest of `sei split`", most: mostBytes });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    throw new InputError("ERR_MANIFEST", `${file}: expected the manifest of \`sei split\`, but ${message}`, {
      cause: error,
    });
  }
  const parsed = manifestFile.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError("ERR_MANIFEST", `${file}: ${issue?.path.join(".") || "the file"}: ${issue?.message}`);
  }
  return parsed.data;
}
