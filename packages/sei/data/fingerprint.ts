/** @file What identifies the images of a data set. */
import type { DataOptions } from "@split-et-impera/core/study";
import { createHash } from "node:crypto";
import { serialize } from "node:v8";
import { digest } from "../store/index.ts";
import type { Dataset } from "./dataset.ts";

/** Of images that are made, so many are looked at: another maker gives others. */
const lookedAt = 16;

/** A digest of everything that a data set gives, for keys of what was computed from it. */
export function fingerprint(data: Dataset, { normalise, layout }: Pick<DataOptions, "normalise" | "layout">): string {
  const hash = createHash("sha256");
  const pixels = data.madeFrom === undefined ? data.count : Math.min(lookedAt, data.count);
  for (let i = 0; i < data.count; i++) {
    if (i < pixels) hash.update(data.image ? data.image.pixels(i) : new Uint8Array(data.batch([i]).data.buffer));
    for (const [name, input] of data.inputs ?? []) {
      hash.update(name);
      hash.update(serialize(input.batch([i])));
    }
    hash.update(serialize(data.annotation(i)));
  }
  return digest([data.name, data.classes, data.count, data.madeFrom, normalise, layout, hash.digest("hex")]);
}
