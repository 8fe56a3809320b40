/** @file manifest.json: what the segments of a model are, which tensor goes where, and the proof. */
import { InputError } from "@split-et-impera/core/errors";
import { fileName, proof, recordedRuns, segmentFile } from "../deploy/fields.ts";
import { readText } from "../files/index.ts";
import { z } from "zod";

const dims = z.array(z.union([z.number(), z.string()]));
/** A segment's name, or `input` for what is fed and `output` for what is answered. */
const place = z.string();
const manifestFile = z.object({
  format: z.literal(2, { error: "expected 2, which this version reads; split the model again" }),
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
        ...segmentFile,
        /** Weights beside the file, where they are too many for it. */
        data: fileName.optional(),
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
  /** What is carried from step to step, and the segment that keeps it. */
  state: z
    .array(
      z.object({
        input: z.string(),
        output: z.string(),
        type: z.string(),
        shape: dims,
        /** Dimensions that are longer after every step, from 0; the first step takes nothing along them. */
        grows: z.array(z.number()),
        segment: z.string(),
      }),
    )
    .optional(),
  proof: z.object({
    ...proof,
    runs: recordedRuns,
    /** The same over steps that follow each other, each side with its own state. */
    steps: z
      .object({ steps: z.number(), rows: z.number(), exact: z.boolean(), largestDifference: z.number() })
      .optional(),
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
