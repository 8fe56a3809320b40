/** @file Where messages of a design start and end, and what carries them, in the numbers that both ends need. */
import { idleAlong, jitterAlong, transportAlong, type Design, type TransportSpec } from "../design/index.ts";
import { hopsAlong, type Hop, type Study } from "../study/index.ts";
import type { DeployedHost, DeployedTransport, Passage } from "./deployment.ts";

type Given = Pick<Study, "frames" | "links">;

/**
 * One for each crossing, in the design's order.
 * @param behindNs by crossing, within what all is done that comes behind it, as `behindEach` tells it
 * Throws `InputError` `ERR_STUDY` where its links are none of the study. */
export function crossingPassages(design: Design, study: Given, behindNs: readonly number[] = []): Passage[] {
  return design.crossings.map(({ after, links, transport }, c) =>
    passage(study, after < 0 ? study.frames.host : design.segments[after]!.host, links, transport, behindNs[c]),
  );
}

/** How the answer travels; undefined where the design does not send it. */
export function answerPassage({ segments, answer }: Design, study: Given): Passage | undefined {
  return answer && passage(study, segments.at(-1)!.host, answer.links, answer.transport);
}

/** All hosts that run a segment, capture, or want the answer; their addresses are not known yet. */
export function hostsOf({ segments }: Design, { frames }: Given): Record<string, DeployedHost> {
  const names = new Set([frames.host, ...segments.map(({ host }) => host), frames.answer.host]);
  return Object.fromEntries([...names].map((name) => [name, {}]));
}

function passage(study: Given, from: string, links: readonly string[], spec: TransportSpec, behindNs = 0): Passage {
  const path = hopsAlong(study, from, links);
  const found = transportAlong(path, spec);
  const transport: DeployedTransport = found.kind === "tcp" ? { kind: "tcp" } : datagrams(found, path, behindNs);
  return {
    from,
    to: path.at(-1)?.to ?? from,
    links: [...links],
    transport,
    ...(spec.protection && { protection: spec.protection }),
  };
}

function datagrams(
  { payload, header = 0, timeout, resend }: Extract<ReturnType<typeof transportAlong>, { kind: "udp" }>,
  path: readonly Hop[],
  behindNs: number,
): DeployedTransport {
  const oneWay = Math.round(idleAlong(path, payload + header));
  return {
    kind: "udp",
    payloadBytes: payload,
    timeoutNs: timeout,
    reserveNs: oneWay + Math.round(jitterAlong(path) + behindNs),
    ...(resend && { resendNs: 2 * oneWay }),
  };
}
