/** @file What commands that run a host of a deployment have in common. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import { roleOf, type Role } from "@split-et-impera/runtime/host";
import { wholeNumber } from "./data-options.ts";

/** The one host of a kind. Throws `InputError` `ERR_USAGE` where there is another number of them. */
export function onlyHost(deployment: Deployment, flag: string, fits: (role: Role) => boolean): string {
  const found = Object.keys(deployment.hosts).filter((host) => fits(roleOf(deployment, host)));
  if (found.length === 1) return found[0]!;
  throw new InputError(
    "ERR_USAGE",
    found.length === 0
      ? `no host of this deployment (${deployment.id}) is connected to by others; \`sei run\` runs it`
      : `${flag}: expected one of ${found.join(", ")}`,
  );
}

export const threadsOf = (given: string | undefined): number | undefined =>
  given === undefined ? undefined : wholeNumber("threads", given);
