/** @file Segments read back and composed to one model, with the proof that it is what was split. */
import { InputError } from "@split-et-impera/core/errors";
import {
  declaredInputs,
  feedsFor,
  indexGraph,
  isExternal,
  joinSegments,
  protoBytes,
  observe,
  proveSegments,
  roundedChains,
  serialiseModel,
  sizesFor,
  type Declared,
  type ModelProto,
  type SegmentsProof,
  type TensorProto,
} from "@split-et-impera/core/onnx";
import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { engine } from "@split-et-impera/ort";
import { checkInputsKept, writeWhole } from "../files/index.ts";
import { openModel, readModel, type OpenedModel } from "../model/index.ts";
import { copyWeights, large, moveWeights } from "./large.ts";
import { readManifest, type Manifest } from "./manifest.ts";
import { digests, proofRuns, halfTolerance, sha256, tolerance, type Fed } from "./write.ts";

export interface Composed {
  manifest: Manifest;
  /** Without its weights where these are too many to read. */
  model: ModelProto;
  /** Of the model with its weights. */
  bytes: number;
  /** The composed model against the segments one after the other. */
  proof: SegmentsProof;
  /**
   * It gives the split model's recorded answers, bit for bit. Absent where none were recorded, or by another version of
   * the runtime, whose kernels may round otherwise.
   */
  original?: true;
}

/** What the engine loads: the model composed, and its segments. */
interface Loadable {
  model: ModelProto;
  bytes: number;
  whole: Uint8Array | string;
  parts: (Uint8Array | string)[];
  /** Files that the proof needs; they go where it fails, or nothing is to be written. */
  written: string[];
  /** The segments, where their weights were read. */
  segments?: ModelProto[];
}

/**
 * Composes the segments that a manifest lists, proves the result and writes it where it is told to.
 * @param atOnce bytes of weights that are read; more are left in files, and copied from file to file
 * @throws InputError when a segment is missing or was changed, or the proof fails: then nothing is written
 */
export async function composeSegments(file: string, out?: string, atOnce = large): Promise<Composed> {
  const manifest = await readManifest(file);
  const folder = dirname(file);
  const files: string[] = [];
  let weights = 0;
  for (const segment of manifest.segments) {
    files.push(join(folder, segment.file));
    weights += (await openModel(files.at(-1)!)).weights;
  }
  for (const [s, path] of files.entries()) {
    if (sha256(await readFile(path)) !== manifest.segments[s]!.sha256)
      throw new InputError("ERR_JOIN", `${path}: was changed after it was split (its SHA-256 is another one)`);
  }
  const inputs = [file, ...files, ...manifest.segments.flatMap(({ data }) => (data ? [join(folder, data)] : []))];
  if (out !== undefined) await checkInputsKept(inputs, [out, `${out}.data`]);
  const given = weights > atOnce ? await composeLarge(manifest, files, out) : await composeSmall(manifest, files);
  let keep = false;
  try {
    const proved = await prove(file, manifest, given);
    if (out !== undefined && typeof given.whole !== "string") await writeWhole(out, given.whole);
    keep = out !== undefined;
    return { manifest, model: given.model, bytes: given.bytes, ...proved };
  } finally {
    if (!keep) for (const path of given.written) await rm(path, { force: true });
  }
}

async function composeSmall({ model: { inputs, outputs } }: Manifest, files: readonly string[]): Promise<Loadable> {
  const read: { file: string; model: ModelProto }[] = [];
  for (const file of files) read.push({ file, model: await readModel(file) });
  const model = joinSegments(read, inputs, outputs);
  const whole = serialiseModel(model);
  return {
    model,
    bytes: whole.length,
    whole,
    parts: read.map((one) => serialiseModel(one.model)),
    written: [],
    segments: read.map((one) => one.model),
  };
}

/**
 * With weights left in files: copied beside `out`, or where nothing is to be written, left beside the segments, where a
 * model that stands there for the proof refers to them.
 */
async function composeLarge(
  { model: { inputs, outputs } }: Manifest,
  files: readonly string[],
  out?: string,
): Promise<Loadable> {
  const owners = new Map<TensorProto, OpenedModel>();
  const read: { file: string; model: ModelProto }[] = [];
  let bytes = 0;
  for (const file of files) {
    const opened = await openModel(file);
    read.push({ file, model: opened.model });
    for (const tensor of opened.model.graph!.initializer) owners.set(tensor, opened);
  }
  const model = joinSegments(read, inputs, outputs);
  for (const tensor of model.graph!.initializer) if (isExternal(tensor)) bytes += protoBytes(tensor);
  const whole = out ?? join(dirname(files[0]!), `composed-${randomUUID()}.onnx`);
  if (out === undefined) {
    await writeWhole(whole, serialiseModel(model));
    return { model, bytes, whole, parts: [...files], written: [whole] };
  }
  const data = `${out}.data`;
  const moved = moveWeights(model, basename(data));
  await writeWhole(out, serialiseModel(moved.model));
  await copyWeights((tensor) => owners.get(tensor)!.locate(tensor), moved.moves, data);
  return { model, bytes, whole, parts: [...files], written: [whole, data] };
}

async function prove(
  file: string,
  manifest: Manifest,
  { model, whole, parts, segments }: Loadable,
): Promise<Pick<Composed, "proof" | "original">> {
  const declared = declaredInputs(model, indexGraph(model.graph!));
  // Checked before they are drawn: a manifest may say anything.
  for (const { feeds } of manifest.proof.runs) if (feeds) checkFeeds(file, declared, feeds);
  const recorded = proofRuns(manifest);
  const runs =
    recorded.length > 0 ? recorded : [{ feeds: feedsFor(declared, sizesFor(declared, 2)), answers: undefined }];
  const expected = runs[0]!.answers;
  // An output that the model never makes was not proved when it was split either.
  const outputs = manifest.model.outputs.filter((name) => !expected || Object.hasOwn(expected, name));
  const feeds = runs.map((run) => run.feeds);
  // Only a model that computes in float16 was given this much room.
  const half = segments && manifest.proof.tolerance > tolerance;
  const rounded = half ? roundedChains({ model, seen: await observe(model, engine, feeds[0]!) }, segments) : undefined;
  const { proof, answers } = await proveSegments(engine, whole, parts, outputs, feeds, rounded);
  if (
    !proof.exact &&
    !(proof.largestDifference <= Math.min(manifest.proof.tolerance, halfTolerance) * proof.largestOutput)
  ) {
    throw new InputError(
      "ERR_JOIN",
      `${file}: the composed model differs from its segments by ${proof.largestDifference}; nothing was written`,
    );
  }
  if (!expected || manifest.proof.engine !== engine.name) return { proof };
  const same = runs.every((run, r) => {
    const found = digests(answers[r]!);
    return outputs.every((name) => found[name] === run.answers?.[name]);
  });
  if (same) return { proof, original: true };
  throw new InputError(
    "ERR_JOIN",
    `${file}: the composed model does not give the answers that ${manifest.model.file} gave; nothing was written`,
  );
}

/** That a manifest's recorded inputs are those of the model: nothing is drawn or fed before. */
function checkFeeds(file: string, declared: readonly Declared[], feeds: Fed): void {
  for (const { name, type, dims } of declared) {
    const found = feeds.find((one) => one.name === name);
    const shape = dims.map((dim) => (typeof dim === "string" ? "any" : dim));
    const fits =
      found?.type === type &&
      found.shape.length === dims.length &&
      dims.every((dim, axis) => typeof dim === "string" || dim === found.shape[axis]);
    if (!fits)
      throw new InputError(
        "ERR_MANIFEST",
        `${file}: proof.runs: expected ${type} [${shape.join(", ")}] for the input "${name}", got ${found ? `${found.type} [${found.shape.join(", ")}]` : "none"}`,
      );
  }
}
