/** @file The bundles of a policy, for hosts that follow it: each design has a port of its own. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import type { Policy } from "@split-et-impera/core/policy";
import { dirname, resolve } from "node:path";
import type { Address } from "@split-et-impera/runtime";
import { plansFault, roleOf, sumOf, type RunningHost } from "@split-et-impera/runtime/host";
import { readDeployment } from "../deploy/index.ts";
import { readPolicy } from "../policy/index.ts";
import { picturesOf } from "./pictures.ts";

export interface Bundle {
  deployment: Deployment;
  folder: string;
}

export interface PolicyBundles {
  policy: Policy;
  /** One for each design, in their order. */
  bundles: Bundle[];
}

/**
 * @throws InputError `ERR_POLICY` where the policy is none, names no bundles, or those are of other designs or for other frames;
 *   as {@link readDeployment} does
 */
export async function readPolicyBundles(file: string): Promise<PolicyBundles> {
  const policy = await readPolicy(file);
  const bundles: Bundle[] = [];
  for (const [i, { id, bundle }] of policy.designs.entries()) {
    if (bundle === undefined)
      throw new InputError(
        "ERR_POLICY",
        `${file}: designs.${i}.bundle: expected the folder of ${id}; run \`sei policy\` with --bundles`,
      );
    const folder = resolve(dirname(file), bundle);
    const deployment = await readDeployment(folder);
    bundles.push({ deployment, folder });
  }
  const fault = plansFault(
    policy,
    bundles.map(({ deployment }) => deployment),
  );
  if (fault !== undefined) throw new InputError("ERR_POLICY", `${file}: ${fault}`);
  return { policy, bundles };
}

/**
 * Where a host is for a design of a policy: at the port that is given for the first one, or so many behind it.
 * @throws InputError `ERR_USAGE`
 */
export function addressOfPlan(flag: string, { host, port }: Address, place: number, designs: number): Address {
  if (port === 0 || port + designs - 1 > 65_535)
    throw new InputError(
      "ERR_USAGE",
      `--${flag}: expected a port from 1 to ${65_536 - designs}, since each of ${designs} designs has one of its own from there on, got ${port}`,
    );
  return { host, port: port + place };
}

/** What a host that captures needs of each design. */
export function plansOf(
  { bundles }: PolicyBundles,
  given: Readonly<Record<string, Address>>,
): {
  deployment: Deployment;
  folder: string;
  pictures: ReturnType<typeof picturesOf>;
  addresses: Record<string, Address>;
}[] {
  return bundles.map(({ deployment, folder }, i) => {
    const addresses: Record<string, Address> = {};
    for (const peer of roleOf(deployment, deployment.frames.host).dials)
      addresses[peer] = addressOfPlan("connect", given[peer] ?? { host: "127.0.0.1", port: 7000 }, i, bundles.length);
    return { deployment, folder, pictures: picturesOf(deployment), addresses };
  });
}

/** Hosts of several designs, seen as one: they have no more in common than a machine. */
export function together(
  hosts: readonly [RunningHost, ...RunningHost[]],
): Pick<RunningHost, "role" | "ready" | "peers" | "counters" | "drained"> & { datagramPort: number | undefined } {
  return {
    role: hosts[0].role,
    get ready() {
      return hosts.every(({ ready }) => ready);
    },
    get peers() {
      return [...new Set(hosts.flatMap(({ peers }) => peers))];
    },
    get counters() {
      return sumOf(hosts.map(({ counters }) => counters));
    },
    // Of several sockets the kernel's own count would be that of one.
    datagramPort: hosts.length === 1 ? hosts[0].datagramPort : undefined,
    drained: async () => void (await Promise.all(hosts.map((host) => host.drained()))),
  };
}
