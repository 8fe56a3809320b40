/** @file Whether hosts can serve frames in batches. */
import { InputError } from "@split-et-impera/core/errors";
import type { Study } from "@split-et-impera/core/study";
import type { Samples } from "../../data/index.ts";

/** @throws InputError `ERR_STUDY` where a host is to do so, and the model takes one sample at a time */
export function checkBatches({ hosts }: Pick<Study, "hosts">, samples: Pick<Samples, "atOnce" | "stream">): void {
  const [host] = Object.keys(hosts).filter((name) => hosts[name]!.batch);
  if (host === undefined) return;
  const why = samples.stream
    ? "this one carries state from frame to frame"
    : samples.atOnce === 1
      ? "this one takes one sample at a time; export it with a free batch"
      : undefined;
  if (why === undefined) return;
  throw new InputError(
    "ERR_STUDY",
    `hosts.${host}.batch: expected a model that takes several samples at once, but ${why}`,
  );
}
