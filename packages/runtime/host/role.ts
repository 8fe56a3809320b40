/** @file What a host does in a deployment: what comes to it, what it runs, where its result goes. */
import { codingWork, exitWork, segmentWork } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import type { DeployedCrossing, Deployment, Passage } from "@split-et-impera/core/deploy";

export interface Role {
  host: string;
  /** Whether frames begin here. */
  captures: boolean;
  /** What comes from an earlier host. */
  incoming?: DeployedCrossing;
  /** Positions of the segments that it runs, in order. */
  segments: number[];
  /** What goes to a later host. */
  outgoing?: DeployedCrossing;
  /** Whether the model's last segment is here. */
  finishes: boolean;
  /** Whether answers are due here. */
  answered: boolean;
  /** How answers go from the last segment's host to where they are due, where this host is one of the two. */
  answer?: Passage;
  /** Whether others connect to it, and those that it connects to: whoever has something for a host, or wants its answers, does. */
  listens: boolean;
  dials: string[];
}

/**
 * @throws InputError `ERR_DEPLOYMENT_HOST` where the deployment has no such host, or comes back to one that it had left
 */
export function roleOf(deployment: Deployment, host: string): Role {
  const { hosts, frames, segments, crossings, answer } = deployment;
  if (!Object.hasOwn(hosts, host))
    throw new InputError(
      "ERR_DEPLOYMENT_HOST",
      `expected a host of the deployment (${Object.keys(hosts).join(", ")}), got "${host}"`,
    );
  const mine = [...segments.keys()].filter((s) => segments[s]!.host === host);
  const incoming = crossings.filter(({ to }) => to === host);
  const outgoing = crossings.filter(({ from }) => from === host);
  if (incoming.length > 1 || outgoing.length > 1 || (incoming.length > 0 && host === frames.host))
    throw new InputError(
      "ERR_DEPLOYMENT_HOST",
      `${host}: frames come back to a host that they had left; not served yet`,
    );
  const ends = answer && (answer.from === host || answer.to === host) ? answer : undefined;
  const dials = [...outgoing.map(({ to }) => to), ...(ends?.to === host ? [ends.from] : [])];
  return {
    host,
    captures: frames.host === host,
    segments: mine,
    finishes: mine.includes(segments.length - 1),
    answered: frames.answer.host === host,
    ...(incoming[0] && { incoming: incoming[0] }),
    ...(outgoing[0] && { outgoing: outgoing[0] }),
    ...(ends && { answer: ends }),
    listens: incoming.length > 0 || ends?.from === host,
    dials: [...new Set(dials)],
  };
}

/** Whether anything comes to a host, or goes from it, as datagrams. */
export const hasDatagrams = ({ incoming, outgoing, answer }: Role): boolean =>
  [incoming, outgoing, answer].some((passage) => passage?.transport.kind === "udp");

/** The names under which a host's work is timed; absent where it has none of a kind. */
export interface HostWorks {
  decode?: string | undefined;
  segment?: string | undefined;
  /** Asking an early exit, and what of the model is run here behind it. */
  exit?: string | undefined;
  rest?: string | undefined;
  encode?: string | undefined;
}

export function worksOf({ design, crossings }: Deployment, { incoming, segments, outgoing }: Role): HostWorks {
  const coding = (crossing: DeployedCrossing): ReturnType<typeof codingWork> =>
    codingWork(design, design.crossings[crossings.indexOf(crossing)]!);
  const [first, second] = segments;
  const exit = design.exits?.find(({ after }) => segments.includes(after));
  return {
    decode: incoming && coding(incoming).decode,
    segment: first === undefined ? undefined : segmentWork(design, first),
    exit: exit && exitWork(design, exit),
    rest: second === undefined ? undefined : segmentWork(design, second),
    encode: outgoing && coding(outgoing).encode,
  };
}
