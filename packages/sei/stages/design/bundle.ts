/** @file The bundle: the files that deploy the recommended design, and a manifest that says how they belong together. */
import type { DesignResult } from "@split-et-impera/core/design";
import { datagramPayload, datagramTimeout, wordsOf } from "@split-et-impera/core/design";
import { uplinkOf } from "@split-et-impera/core/study";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { replaceFolder, writeWhole } from "../../files/index.ts";
import { version } from "../../version.ts";
import type { Prepared } from "./prepared.ts";
import { bundleFiles } from "./own-bundle.ts";
import { replayBundle } from "./replay.ts";
import type { Context } from "../context.ts";
import type { Subject } from "./subject.ts";

/** Writes `folder` anew, as a whole: models that were replayed from disk, and manifest.json with their digests. */
export async function writeBundle(
  folder: string,
  subject: Subject,
  prepared: Prepared,
  design: DesignResult,
  context: Context,
): Promise<void> {
  await replaceFolder(folder, bundleFiles, (fresh) => fill(fresh, subject, prepared, design, context));
}

/** Writes the bundle's files into an empty folder. */
async function fill(
  fresh: string,
  subject: Subject,
  prepared: Prepared,
  design: DesignResult,
  context: Context,
): Promise<void> {
  const { study, test, hosts } = subject;
  const deployment = prepared.deploy();
  const { models, wire } = deployment;
  for (const { name, bytes } of models) await writeWhole(join(fresh, name), bytes);
  const replay = await replayBundle(fresh, subject, prepared, deployment, context);
  const manifest = {
    format: 1,
    version,
    study: study.name,
    design: design.id,
    hosts: { capturing: hosts.capturing, other: hosts.other },
    models: models.map(({ host, name, bytes, input, output }) => ({
      host,
      file: name,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      input,
      output,
    })),
    normalise: study.data.normalise,
    layout: study.data.layout,
    classes: test.classes,
    ...(wire && {
      wire: {
        ...wire,
        transport: wordsOf(design).transport,
        ...(wordsOf(design).transport === "udp" && {
          datagramPayload,
          datagramTimeout: datagramTimeout(uplinkOf(study).link),
        }),
        byteOrder: "little-endian",
      },
    }),
    evidence: {
      quality: design.quality,
      latency: design.latency,
      bytesPerFrame: design.bytes,
      testImages: test.count,
      frames: study.frames.count,
      replay,
    },
  };
  await writeWhole(join(fresh, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}
