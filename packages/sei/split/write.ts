/** @file Segments as files with their manifest. Nothing is written unless the proof holds. */
import { InputError } from "@split-et-impera/core/errors";
import {
  feedsFor,
  imageBytes,
  proofFeeds,
  proveSegments,
  proveSteps,
  roundedChains,
  serialiseModel,
  type Declared,
  type Loadable,
  type Place,
  type ProofFeeds,
  type Segments,
  type StepsProof,
  type Survey,
} from "@split-et-impera/core/onnx";
import type { Tensor, Tensors } from "@split-et-impera/core/tensor";
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { engine } from "@split-et-impera/ort";
import { writeWhole } from "../files/index.ts";
import type { OpenedModel } from "../model/index.ts";
import { copyWeights, moveWeights } from "./large.ts";
import type { Manifest } from "./manifest.ts";
import { checkTargets, removeOld } from "./targets.ts";

/** Differences up to this share of the largest output are rounding: fused operators round elsewhere. */
export const tolerance = 1e-4;
/** The same where operators compute in float16, which has 11 bits. */
export const halfTolerance = 2 ** -6;
/** Of the stream that the proof's random inputs come from. */
export const proofSeed = "proof";

export interface Written {
  manifest: Manifest;
  /** Paths, in the order of the segments. */
  files: string[];
  bytes: number[];
  /** Why the model could not be run over several steps, where it carries state. */
  stepless?: string;
}

/**
 * Proves segments and writes them with `manifest.json` into a folder.
 * @param given what to prove on beside random numbers: images, or an array for every input
 * @param opened the model whose weights were not read: they are copied from file to file, beside the segments
 */
export async function writeSegments(
  source: string,
  survey: Survey,
  segments: Segments,
  folder: string,
  given?: Tensors,
  opened?: OpenedModel,
): Promise<Written> {
  const { index } = survey;
  const noise = survey.troubles.find(({ kind }) => kind === "noise");
  if (noise) throw new InputError("ERR_SPLIT_DIFFERS", `${noise.message}; no two answers of the model are the same`);
  const runs = proofFeeds(survey, proofSeed, given);
  const names = segmentNames(segments);
  const files = names.map((name) => `${name}.onnx`);
  const data = opened && files.map((file) => `${file}.data`);
  const targets = [...files, ...(data ?? []), "manifest.json"];
  await checkTargets(source, folder, targets);
  const moved = segments.models.map((model, s) => (data ? moveWeights(model, data[s]!) : { model, moves: [] }));
  const parts = moved.map(({ model }) => serialiseModel(model));
  // Weights beside a file are found through the file: such segments are written first, and taken away again if they fail.
  const written: string[] = [];
  if (opened && data) {
    for (const [s, { moves }] of moved.entries()) {
      written.push(join(folder, files[s]!), join(folder, data[s]!));
      await writeWhole(written.at(-2)!, parts[s]!);
      await copyWeights(opened.locate, moves, written.at(-1)!);
    }
  }
  const whole = opened ? source : serialiseModel(survey.given);
  const loadable = opened ? files.map((file) => join(folder, file)) : parts;
  const undo = async (): Promise<void> => {
    for (const file of written) await rm(file, { force: true });
  };
  const rounded = opened ? undefined : roundedChains(survey, segments.models);
  const allowed = rounded ? halfTolerance : tolerance;
  const outputs = index.outputs.filter((name) => survey.seen.has(name));
  const { proof, answers } = await proveSegments(
    engine,
    whole,
    loadable,
    outputs,
    runs.map(({ feeds }) => feeds),
    rounded,
  ).catch(async (error: unknown) => {
    await undo();
    throw error;
  });
  const { steps, stepless } = await stepsOf(survey, whole, loadable).catch(async (error: unknown) => {
    await undo();
    throw error;
  });
  for (const found of steps ? [proof, steps] : [proof]) {
    if (found.exact || found.largestDifference <= allowed * proof.largestOutput) continue;
    await undo();
    const when = found === proof ? "" : " over several steps";
    throw new InputError(
      "ERR_SPLIT_DIFFERS",
      `the segments differ from the model by ${found.largestDifference}${when}; nothing was written`,
    );
  }
  const manifest: Manifest = {
    ...describePlan(source, survey, segments, names),
    segments: segments.plan.segments.map((segment, s) => ({
      name: names[s]!,
      file: files[s]!,
      sha256: sha256(parts[s]!),
      data: data?.[s],
      inputs: segment.inputs.map((tensor) => ({ tensor, from: placed(segments, tensor, names).from })),
      outputs: segments.models[s]!.graph!.output.map(({ name }) => ({
        tensor: name,
        to: placed(segments, name, names).to,
      })),
      operators: segments.models[s]!.graph!.node.length,
    })),
    ...(segments.plan.state.length > 0 && { state: stateOfPlan(survey, segments, names) }),
    proof: {
      ...proof,
      ...(steps && { steps }),
      tolerance: allowed,
      engine: engine.name,
      runs: runs.map(({ inputs, rows, feeds }, r) => ({
        inputs,
        rows,
        ...(inputs === "random" && { feeds: described(feeds), answers: digests(answers[r]!) }),
      })),
    },
  };
  await removeOld(folder, targets);
  if (!opened) for (const [s, file] of files.entries()) await writeWhole(join(folder, file), parts[s]!);
  await writeWhole(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return {
    manifest,
    files: files.map((file) => join(folder, file)),
    bytes: parts.map(({ length }) => length),
    ...(stepless !== undefined && { stepless }),
  };
}

/** The proof over steps, or why the model itself cannot go through them. */
async function stepsOf(
  survey: Survey,
  whole: Loadable,
  parts: readonly Loadable[],
): Promise<{ steps?: StepsProof; stepless?: string }> {
  try {
    const steps = await proveSteps(engine, survey, whole, parts, proofSeed);
    return steps ? { steps } : {};
  } catch (error) {
    if (error instanceof InputError && error.code === "ERR_MODEL_STATE") return { stepless: error.message };
    throw error;
  }
}

function stateOfPlan({ state }: Survey, { plan }: Segments, names: readonly string[]): NonNullable<Manifest["state"]> {
  return plan.state.map(({ input, output, segment }) => {
    const { type, dims, grows } = state.find((one) => one.input === input)!;
    return { input, output, type, shape: dims, grows, segment: names[segment]! };
  });
}

/** `head` and `tail` for one cut of one tensor, else `segment-1` and so on. */
export function segmentNames({ plan }: Segments): string[] {
  if (plan.segments.length === 2 && plan.cuts[0]!.length === 1) return ["head", "tail"];
  return plan.segments.map((_, s) => `segment-${s + 1}`);
}

function placed({ plan }: Segments, tensor: string, names: readonly string[]): { from: string; to: string[] } {
  const place = (at: Place): string => (typeof at === "number" ? names[at]! : at);
  const found = plan.tensors.find(({ name }) => name === tensor);
  return found ? { from: place(found.from), to: found.to.map(place) } : { from: names[0]!, to: ["output"] };
}

export function describePlan(
  source: string,
  survey: Survey,
  segments: Segments,
  names: readonly string[],
): Pick<Manifest, "format" | "model" | "cuts" | "tensors"> {
  const { plan, declared } = segments;
  const { index } = survey;
  return {
    format: 2,
    model: { file: basename(source), inputs: [...index.inputs], outputs: [...index.outputs] },
    cuts: plan.cuts,
    tensors: plan.tensors.map(({ name, crosses }) => {
      const known: Partial<Declared> = declared.get(name) ?? {};
      const { from, to } = placed(segments, name, names);
      return {
        name,
        type: known.type,
        shape: known.dims,
        bytes: imageBytes(survey, name),
        from,
        to,
        crosses: crosses.map((cut) => cut + 1),
      };
    }),
  };
}

export type Fed = NonNullable<Manifest["proof"]["runs"][number]["feeds"]>;

export const described = (feeds: Tensors): Fed =>
  Object.entries(feeds).map(([name, { type, dims }]) => ({ name, type, shape: [...dims] }));

/** The random inputs of a proof, made again, with the digests of the model's answers to each. */
export function proofRuns({ proof }: Manifest): (ProofFeeds & { answers?: Record<string, string> | undefined })[] {
  return proof.runs.flatMap(({ inputs, rows, feeds, answers }) => {
    if (!feeds) return [];
    const declared = feeds.map(({ name, type, shape }): Declared => ({ name, type, dims: shape }));
    return [{ inputs, rows, feeds: feedsFor(declared, new Map(), proofSeed), answers }];
  });
}

export function digests(answers: Tensors): Record<string, string> {
  return Object.fromEntries(Object.entries(answers).map(([name, value]) => [name, tensorDigest(value)]));
}

function tensorDigest({ type, dims, data }: Tensor): string {
  const hash = createHash("sha256").update(`${type}[${dims.join()}]`);
  if (Array.isArray(data)) hash.update(JSON.stringify(data));
  else hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest("hex");
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
