/** @file Which links lie between two hosts of a study: the only place that looks them up. */
import { InputError } from "../errors/index.ts";
import { changed, turned, type DirectionOptions, type LinkOptions } from "./link-options.ts";
import type { Study } from "./study.ts";

/** A link as a frame crosses it. */
export interface Hop {
  /** Unique in the study. */
  name: string;
  /** As seen from where the frame comes: its first direction is the one that it takes, where they differ. */
  link: LinkOptions;
  from: string;
  to: string;
}

/** What the only link of a study is called; no two hosts make such a name. */
export const onlyLink = "link";

/** The only link of a study is called so; of several each is called by its hosts. */
export function linkName({ links }: Pick<Study, "links">, index: number): string {
  return links.length === 1 ? onlyLink : links[index]!.between.join("-");
}

/**
 * The links from one host to another, in order: as few as there can be, earlier ones in the study first. None from a
 * host to itself.
 * @throws InputError `ERR_STUDY` where no way leads there
 */
export function pathBetween(study: Pick<Study, "links">, from: string, to: string): Hop[] {
  const came = new Map<string, Hop | undefined>([[from, undefined]]);
  for (const at of came.keys()) {
    if (at === to) break;
    for (const [index, link] of study.links.entries()) {
      const [a, b] = link.between;
      const next = at === a ? b : at === b ? a : undefined;
      if (next === undefined || came.has(next)) continue;
      came.set(next, { name: linkName(study, index), link: seenFrom(link, at), from: at, to: next });
    }
  }
  if (!came.has(to)) throw new InputError("ERR_STUDY", `links: expected a way from "${from}" to "${to}"`);
  const path: Hop[] = [];
  for (let hop = came.get(to); hop; hop = came.get(hop.from)) path.unshift(hop);
  return path;
}

/**
 * Links by name as they are crossed from a host on.
 * @throws InputError `ERR_STUDY` where a name is unknown or does not go on from where the one before it ends
 */
export function hopsAlong(study: Pick<Study, "links">, from: string, names: readonly string[]): Hop[] {
  let at = from;
  return names.map((name) => {
    const index = study.links.findIndex((_, i) => linkName(study, i) === name);
    const link = study.links[index];
    if (!link?.between.includes(at)) {
      throw new InputError("ERR_STUDY", `links: expected a link "${name}" that starts at "${at}"`);
    }
    const to = link.between[link.between[0] === at ? 1 : 0];
    const hop = { name, link: seenFrom(link, at), from: at, to };
    at = to;
    return hop;
  });
}

/** The host that captures and the one that the study's frames may be sent to: the last in the study's order. */
export function endsOf({ hosts, frames }: Pick<Study, "hosts" | "frames">): { capturing: string; other: string } {
  const other = Object.keys(hosts).findLast((name) => name !== frames.host);
  return { capturing: frames.host, other: other! };
}

/** The first link on the way of a study's frames: the one whose rate and loss comparisons vary. */
export function uplinkOf(study: Pick<Study, "hosts" | "frames" | "links">): Hop {
  const { capturing, other } = endsOf(study);
  return pathBetween(study, capturing, other)[0]!;
}

/** How packets are lost on a way: on any of its links, in runs as long as the longest, or as so many losses need. */
export function lossAlong(path: readonly Pick<Hop, "link">[]): LinkOptions["loss"] {
  const lossy = path.filter(({ link }) => link.loss.rate > 0);
  const rate = 1 - lossy.reduce((kept, { link }) => kept * (1 - link.loss.rate), 1);
  const longest = Math.max(1, ...lossy.map(({ link }) => link.loss.burst));
  return { rate, burst: longest > 1 && rate < 1 ? Math.max(longest, rate / (1 - rate)) : longest };
}

const seenFrom = (link: LinkOptions, host: string): LinkOptions => (link.between[0] === host ? link : turned(link));

/** A link with numbers of the direction that begins at a host changed. */
function changedFrom(link: LinkOptions, host: string, change: Partial<DirectionOptions>): LinkOptions {
  // What is alike both ways need not be turned.
  if (!link.back || link.between[0] === host) return changed(link, change);
  return turned(changed(turned(link), change));
}

/** The study with some numbers of the uplink's own direction changed, as by {@link uplinkOf}; what is alike both ways stays so. */
export function withUplink<T extends Pick<Study, "hosts" | "frames" | "links">>(
  study: T,
  change: (link: LinkOptions) => Partial<DirectionOptions>,
): T {
  const { link, name, from } = uplinkOf(study);
  const links = study.links.map((one, index) =>
    linkName(study, index) === name ? changedFrom(one, from, change(link)) : one,
  );
  return { ...study, links };
}

/** The study with this loss on every link, away from the host that captures; on the way back too where that is alike. */
export function withLoss<T extends Pick<Study, "frames" | "links">>(study: T, rate: number): T {
  const away = ({ between: [a, b] }: LinkOptions): string =>
    pathBetween(study, study.frames.host, a).length > pathBetween(study, study.frames.host, b).length ? b : a;
  const links = study.links.map((link) => {
    const from = link.back ? away(link) : link.between[0];
    return changedFrom(link, from, { loss: { ...seenFrom(link, from).loss, rate } });
  });
  return { ...study, links };
}

/** The study at a loss: at the uplink's own every link as it is, at another one all of them with that. */
export function atLoss<T extends Pick<Study, "hosts" | "frames" | "links">>(study: T, rate: number): T {
  return rate === uplinkOf(study).link.loss.rate ? study : withLoss(study, rate);
}
