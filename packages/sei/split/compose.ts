/** @file Segments read back and composed to one model, with the proof that it is what was split. */
import { InputError } from "@split-et-impera/core/errors";
import {
  declaredInputs,
  feedsFor,
  indexGraph,
  joinSegments,
  proveSegments,
  runChain,
  serialiseModel,
  sizesFor,
  type ModelProto,
  type SegmentsProof,
} from "@split-et-impera/core/onnx";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { engine } from "../engine/index.ts";
import { readModel } from "../model/index.ts";
import { readManifest, type Manifest } from "./manifest.ts";
import { digests, proofFeeds, sha256 } from "./write.ts";

export interface Composed {
  manifest: Manifest;
  model: ModelProto;
  /** The composed model against the segments one after the other. */
  proof: SegmentsProof;
  /**
   * Whether it gives the split model's recorded answers, bit for bit. Absent where none were recorded, or by another
   * version of the runtime, whose kernels may round otherwise.
   */
  original?: boolean;
}

/** Composes the segments that a manifest lists. Throws `InputError` when one of them is missing or was changed. */
export async function composeSegments(file: string): Promise<Composed> {
  const manifest = await readManifest(file);
  const folder = dirname(file);
  const read: { file: string; model: ModelProto }[] = [];
  for (const segment of manifest.segments) {
    if (segment.file !== basename(segment.file))
      throw new InputError("ERR_MANIFEST", `${file}: expected a file beside the manifest, got "${segment.file}"`);
    const path = join(folder, segment.file);
    const model = await readModel(path);
    if (sha256(await readFile(path)) !== segment.sha256)
      throw new InputError("ERR_JOIN", `${path}: was changed after it was split (its SHA-256 is another one)`);
    read.push({ file: path, model });
  }
  const { inputs, outputs } = manifest.model;
  const model = joinSegments(read, inputs, outputs);
  const parts = read.map((one) => serialiseModel(one.model));
  const whole = serialiseModel(model);
  const recorded = proofFeeds(manifest);
  const declared = declaredInputs(model, indexGraph(model.graph!));
  const feeds = recorded ?? feedsFor(declared, sizesFor(declared, 2));
  const { proof } = await proveSegments(engine, whole, parts, outputs, feeds);
  const { answers } = manifest.proof;
  if (!recorded || !answers || manifest.proof.engine !== engine.name) return { manifest, model, proof };
  const found = digests(await runChain(engine, [whole], outputs, recorded));
  return { manifest, model, proof, original: outputs.every((name) => found[name] === answers[name]) };
}
