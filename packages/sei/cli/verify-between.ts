/** @file `sei verify --between`: a bundle run here, its other hosts where they are. */
import { InputError } from "@split-et-impera/core/errors";
import { roleOf } from "@split-et-impera/runtime/host";
import { readDeployment } from "../deploy/index.ts";
import { placesOf, type FrameLine } from "../run/index.ts";
import { thisMachine } from "../stages/measure/index.ts";
import { readLinks } from "../study/index.ts";
import { cellBetween, linkBetween, runBetween, type Verification } from "../verify/index.ts";
import type { Context } from "./command.ts";
import { wholeNumber } from "./data-options.ts";
import { trustOf, trustOptions } from "./trust-options.ts";

/** Flags of `--between` beside those that `sei verify` has. */
export const betweenFlags = {
  between: { type: "boolean", description: "between real hosts: BUNDLE runs here, `sei serve BUNDLE` on the others" },
  host: { type: "string", valueHint: "NAME", description: "with --between: which host this is; the one that captures" },
  input: {
    type: "string",
    valueHint: "SOURCE",
    description: "with --between: where frames come from, as of `sei run`; a study's test data tell accuracy too",
  },
  connect: {
    type: "string",
    valueHint: "NAME=ADDRESS:PORT",
    description: "with --between: where another host is; may be given several times",
  },
  ...trustOptions,
} as const;

interface BetweenArgs {
  bundle: string;
  host?: string | undefined;
  input?: string | undefined;
  data?: string | undefined;
  model?: string | undefined;
  frames?: string | undefined;
  link?: string | undefined;
  keys?: string | undefined;
  token?: string | undefined;
  insecure?: boolean | undefined;
  anywhere?: boolean | undefined;
}

/**
 * A table of one cell, with its frames.
 * @param connect values of `--connect`
 */
export async function verifyBetween(
  args: BetweenArgs,
  connect: readonly string[],
  { progress, signal }: Pick<Context, "progress" | "signal">,
): Promise<{ table: Verification; lines: FrameLine[] }> {
  const { bundle, input, host, frames, link } = args;
  if (input === undefined) throw new InputError("ERR_USAGE", "--between: expected --input SOURCE too");
  const deployment = await readDeployment(bundle);
  const { host: camera, rate } = deployment.frames;
  const { dials } = roleOf(deployment, camera);
  if (host !== undefined && host !== camera)
    throw new InputError(
      "ERR_USAGE",
      `--host: expected ${camera}, which captures, got "${host}"; the others \`sei serve\``,
    );
  if (dials.length === 0)
    throw new InputError("ERR_USAGE", `--between: ${deployment.id} is of one host; \`sei run\` runs it`);
  const links = link === undefined ? undefined : await readLinks(link);
  if (links) linkBetween(Object.keys(deployment.hosts), links);
  // What is wrong with these is told here, in a line, and not by the run.
  placesOf(deployment.hosts, "connect", connect);
  await trustOf(args, camera);
  const given = (flag: "input" | "data" | "model" | "keys" | "token"): string[] =>
    args[flag] === undefined ? [] : [`--${flag}`, args[flag]];
  const argv = [
    bundle,
    ...(["input", "data", "model", "keys", "token"] as const).flatMap(given),
    ...(["insecure", "anywhere"] as const).flatMap((flag) => (args[flag] === true ? [`--${flag}`] : [])),
    ...connect.flatMap((word) => ["--connect", word]),
  ];
  const count = frames === undefined ? Math.ceil(20 * rate) : wholeNumber("frames", frames);
  const lines = await progress.task(`${deployment.id}, between ${camera} and ${dials.join(", ")}`, (update) => {
    update(`waiting for ${dials.join(", ")}`);
    return runBetween({ deployment, argv, count, signal, onFrame: (done) => update(`${done} frames`) });
  });
  const cell = cellBetween(deployment, lines, links);
  const { cpu, platform, threads } = thisMachine();
  const machine = { platform, cpu, threads };
  return { table: { format: 2, study: deployment.study, holds: cell.holds, cells: [cell], machine }, lines };
}
