/** @file What identifies the images of a data set. */
import type { DataOptions } from "@split-et-impera/core/study";
import { createHash } from "node:crypto";
import { digest } from "../store/index.ts";
import type { Dataset } from "./dataset.ts";

/** A digest of everything that a data set gives, for keys of what was computed from it. */
export function fingerprint(data: Dataset, { normalise, layout }: Pick<DataOptions, "normalise" | "layout">): string {
  const hash = createHash("sha256");
  for (let i = 0; i < data.count; i++) {
    hash.update(data.image ? data.image.pixels(i) : new Uint8Array(data.batch([i]).data.buffer));
    hash.update(Uint32Array.of(data.label(i)));
  }
  return digest([data.name, data.classes, data.count, normalise, layout, hash.digest("hex")]);
}
