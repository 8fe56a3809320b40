/** @file What a host has ready of a deployment: sessions, codings, names. Another plan takes its place as a whole. */
import { capturedPorts, checkReads, openAnswers, type Answers, type Deployment } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import { codingOf, type Coding, type Pictures } from "./coding.ts";
import { openExit, type EarlyExit } from "./exit.ts";
import { hasDatagrams, roleOf, worksOf, type HostWorks, type Role } from "./role.ts";
import { Segments, type SegmentsOptions } from "./segments.ts";

export interface LoadOptions extends SegmentsOptions {
  host: string;
  pictures?: Pictures | undefined;
  fallback?: "local" | undefined;
}

export interface Loaded {
  readonly deployment: Deployment;
  readonly role: Role;
  readonly pictures: Pictures | undefined;
  readonly segments: Segments;
  /** Where frames are captured: a head that may answer them. */
  readonly exit: EarlyExit | undefined;
  /** The rest of the model, where this host may have to run it. */
  readonly rest: Segments | undefined;
  readonly incoming: Coding | undefined;
  readonly outgoing: Coding | undefined;
  /** What its work is called, for `pace`. */
  readonly works: HostWorks;
  readonly answers: Answers;
}

/**
 * @throws InputError as {@link roleOf}, {@link checkReads} and {@link Segments.open} do; `ERR_DEPLOYMENT_HOST` where it should fall back and the answers
 *   are due elsewhere
 */
export async function load(options: LoadOptions): Promise<Loaded> {
  const { deployment, host, fallback, pictures } = options;
  const role = roleOf(deployment, host);
  if (fallback && role.captures && !role.answered)
    throw new InputError(
      "ERR_DEPLOYMENT_HOST",
      `${host}: cannot fall back to the rest of the model here, since the answers are due at ${deployment.frames.answer.host}`,
    );
  checkReads(deployment);
  checkState(deployment, host, fallback);
  const segments = await Segments.open(role.segments, options);
  const exit = role.captures ? await openExit(options) : undefined;
  const others = [...deployment.segments.keys()].filter((s) => !role.segments.includes(s));
  const rest = fallback && role.captures && others.length > 0 ? await Segments.open(others, options) : undefined;
  return {
    deployment,
    role,
    pictures,
    segments,
    exit,
    rest,
    incoming: role.incoming && codingOf(role.incoming, pictures),
    outgoing: role.outgoing && codingOf(role.outgoing, pictures),
    works: worksOf(deployment, role),
    answers: openAnswers(deployment),
  };
}

/** @throws InputError `ERR_DEPLOYMENT_HOST` where state cannot go from frame to frame as the deployment has it */
function checkState({ segments, frames, crossings }: Deployment, host: string, fallback: "local" | undefined): void {
  const state = segments.flatMap((segment) => segment.state ?? []);
  if (state.length === 0) return;
  const grown = state.find(({ grows }) => grows);
  const why =
    grown !== undefined
      ? `the state "${grown.input}" is larger with every frame`
      : frames.order !== "oldest"
        ? `frames go in the order "${frames.order}", and state from one to the next`
        : crossings.some(({ transport }) => transport.kind === "udp")
          ? "what datagrams lose would be missing from the state"
          : fallback !== undefined
            ? "the rest of the model here would have no state of the frames before"
            : undefined;
  if (why !== undefined)
    throw new InputError(
      "ERR_DEPLOYMENT_HOST",
      `${host}: cannot carry the deployment's state from frame to frame: ${why}`,
    );
}

export async function unload({ segments, exit, rest }: Loaded): Promise<void> {
  await segments[Symbol.asyncDispose]();
  await exit?.[Symbol.asyncDispose]();
  await rest?.[Symbol.asyncDispose]();
}

/**
 * Sees that a host can change from one deployment to another while it runs: its place among the others and what it captures stay.
 * @throws InputError `ERR_DEPLOYMENT_HOST`
 */
export function checkSwap(before: Loaded, next: Deployment): void {
  const place = (deployment: Deployment): Record<string, unknown> => {
    const role = roleOf(deployment, before.role.host);
    const { listens, dials, captures } = role;
    const { order, answer: due } = deployment.frames;
    return {
      "the hosts that it connects to": dials,
      "whether others connect to it": listens,
      "whether it captures": captures,
      "whether datagrams are sent": hasDatagrams(role),
      "which frame goes next": order,
      "where answers are due": due.host,
      ...(captures && { "what it captures": capturedPorts(deployment).flatMap(({ type, shape }) => [type, ...shape]) }),
      // Frames of a run are judged by one task.
      "what the model is for": deployment.task.kind,
    };
  };
  const [old, fresh] = [place(before.deployment), place(next)];
  const other = Object.keys(fresh).find((what) => JSON.stringify(fresh[what]) !== JSON.stringify(old[what]));
  if (other === undefined) return;
  const said = (value: unknown): string => [value].flat().join(" ") || "none";
  throw new InputError(
    "ERR_DEPLOYMENT_HOST",
    `${before.role.host}: ${other} changes from ${said(old[other])} to ${said(fresh[other])}; start it anew`,
  );
}
