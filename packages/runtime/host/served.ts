/** @file A host's segments as models that others may run: each by itself, by turns with the host's own frames. */
import type { Deployment } from "@split-et-impera/core/deploy";
import type { ServedModel } from "../oip/index.ts";
import type { RunningHost } from "./host.ts";

export const servedModels = (host: RunningHost, { segments }: Deployment): ServedModel[] =>
  host.role.segments.map((position) => {
    const { name, inputs, outputs } = segments[position]!;
    return {
      name,
      inputs,
      outputs,
      run: (feeds, wanted, begin) =>
        host.beside(async (own) => {
          begin();
          return own.runOne(position, feeds, wanted);
        }),
    };
  });
