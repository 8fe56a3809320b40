/** @file What commands that run a host of a deployment have in common. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import { engine } from "@split-et-impera/ort";
import { roleOf, type HostOptions, type Role } from "@split-et-impera/runtime/host";
import { z } from "zod";
import { readText } from "../files/index.ts";
import { picturesOf } from "../run/index.ts";
import { metricsFlag } from "../run/metrics.ts";
import { wholeNumber } from "./data-options.ts";
import { trustOptions } from "./trust-options.ts";

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

/** In place of the folder of a deployment. */
export const policyFlag = {
  type: "string",
  valueHint: "POLICY.json",
  description:
    "in place of a folder: the bundles of a policy that `sei policy --bundles` wrote, of which one is followed",
} as const;

/** @throws InputError `ERR_USAGE` where not one of the two is given */
export function folderOrPolicy(
  bundle: string | undefined,
  policy: string | undefined,
): { bundle: string } | { policy: string } {
  if ((bundle === undefined) === (policy === undefined))
    throw new InputError(
      "ERR_USAGE",
      `expected the folder of a bundle or --policy POLICY.json, got ${bundle === undefined ? "neither" : "both"}`,
    );
  return bundle === undefined ? { policy: policy! } : { bundle };
}

/** Flags of every command that runs a host. */
export const hostFlags = {
  ...trustOptions,
  threads: { type: "string", valueHint: "N", description: "of the engine, for one operator (default: all cores)" },
  pace: {
    type: "string",
    valueHint: "FILE",
    description:
      "stand for a slower host: JSON of work to nanoseconds, for all frames or a list by frame; what is done sooner waits",
  },
  metrics: metricsFlag,
} as const;

/** What these flags make of a host, and what every host takes of its bundle. */
export async function hostParts(
  { bundle, threads, pace }: { bundle: string; threads?: string | undefined; pace?: string | undefined },
  deployment: Deployment,
): Promise<Pick<HostOptions, "deployment" | "folder" | "engine" | "threads" | "pace" | "pictures">> {
  return {
    deployment,
    folder: bundle,
    engine,
    threads: threads === undefined ? undefined : wholeNumber("threads", threads),
    pace: pace === undefined ? undefined : await readPace(pace),
    pictures: picturesOf(deployment),
  };
}

/** @throws InputError `ERR_PACE` where the file is none */
async function readPace(file: string): Promise<(work: string, frame: number) => number | undefined> {
  const what = "JSON of work to nanoseconds, a number or a list of numbers";
  const text = await readText(file, { code: "ERR_PACE", what, most: 2 ** 28 });
  let pace: Record<string, number | number[]>;
  try {
    pace = paceFile.parse(JSON.parse(text));
  } catch (error) {
    throw new InputError("ERR_PACE", `${file}: expected ${what}`, { cause: error });
  }
  return (work, frame) => {
    const { [work]: ns } = pace;
    return typeof ns === "object" ? ns[frame % ns.length] : ns;
  };
}

const ns = z.number().min(0);
const paceFile = z.record(z.string(), z.union([ns, z.array(ns).min(1)]));
