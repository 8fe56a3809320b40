/** @file A study's hosts and links with all copies: `camera` with `copies: 8` is camera-1 to camera-8, each with links of its own. */
import type { Simulated } from "../design/index.ts";
import { internal } from "../errors/index.ts";
import { randomStream } from "../random/index.ts";
import {
  linkName,
  type LinkOptions,
  type LinkTraffic,
  type Phase,
  type Study,
  type StudyFlow,
} from "../study/index.ts";

/** A source of frames: names of its flow's own study to those of the system's hosts and links. */
export interface Camera {
  host: string;
  hosts: Readonly<Record<string, string>>;
  links: Readonly<Record<string, string>>;
  /** Seconds until its first frame. */
  offset: number;
}

/** All hosts and links that there are, and the cameras of each flow. */
export interface Expanded extends Simulated {
  /** By flow. */
  cameras: ReadonlyMap<string, readonly Camera[]>;
  /** The names in the system of a host or link of the study: one, or one for each copy. */
  named(name: string): readonly string[];
}

/** The name of the copy at a position, from 0; of a single host its own. */
const copyName = (host: string, copy: number, copies: number | undefined): string =>
  copies === undefined ? host : `${host}-${copy + 1}`;

/** A study's link in the system, and which copy of its copied end it belongs to; undefined where no end is copied. */
interface OwnLink {
  origin: LinkOptions;
  copy: number | undefined;
  link: LinkOptions;
}

/** @param copies of hosts in place of the study's */
export function expand(study: Study, copies: Readonly<Record<string, number>> = study.system?.copies ?? {}): Expanded {
  const all = (host: string): string[] =>
    Array.from({ length: copies[host] ?? 1 }, (_, i) => copyName(host, i, copies[host]));
  const hosts = Object.fromEntries(
    Object.entries(study.hosts).flatMap(([name, options]) => all(name).map((one) => [one, options])),
  );
  const own = study.links.flatMap((origin) => copiedLinks(origin, copies));
  const links = own.map(({ link }) => link);
  const nameAt = (index: number): string => linkName({ links }, index);
  const cameras = (study.system?.flows ?? []).map((flow) => [flow.name, camerasOf(flow, copies, own, nameAt)] as const);
  return {
    hosts,
    links,
    frames: study.frames,
    seed: study.seed,
    cameras: new Map(cameras),
    named(name) {
      if (Object.hasOwn(study.hosts, name)) return all(name);
      const origin = study.links.find((_, i) => linkName(study, i) === name);
      return own.flatMap((one, i) => (one.origin === origin ? [nameAt(i)] : []));
    },
  };
}

function copiedLinks(origin: LinkOptions, copies: Readonly<Record<string, number>>): OwnLink[] {
  const copied = origin.between.find((host) => copies[host] !== undefined);
  if (copied === undefined) return [{ origin, copy: undefined, link: origin }];
  return Array.from({ length: copies[copied]! }, (_, copy) => {
    const named = (host: string): string => (host === copied ? copyName(host, copy, copies[host]) : host);
    const [a, b] = origin.between;
    const background = origin.background?.map((one): LinkTraffic => ({ ...one, from: named(one.from) }));
    return { origin, copy, link: { ...origin, between: [named(a), named(b)], ...(background && { background }) } };
  });
}

function camerasOf(
  { name, study, phase }: StudyFlow,
  copies: Readonly<Record<string, number>>,
  own: readonly OwnLink[],
  nameAt: (index: number) => string,
): Camera[] {
  const capturing = study.frames.host;
  const count = copies[capturing] ?? 1;
  const offsets = offsetsOf(phase, count, 1 / study.frames.rate, study.seed, name);
  return offsets.map((offset, copy) => {
    const host = copyName(capturing, copy, copies[capturing]);
    const links = study.links.map(({ between }, index) => {
      const at = own.findIndex((one) => one.origin.between.join() === between.join() && (one.copy ?? copy) === copy);
      if (at < 0) throw internal(`the flow ${name} has a link ${between.join("-")} that the system has not`);
      return [linkName(study, index), nameAt(at)] as const;
    });
    return {
      host,
      hosts: Object.fromEntries(Object.keys(study.hosts).map((one) => [one, one === capturing ? host : one])),
      links: Object.fromEntries(links),
      offset,
    };
  });
}

function offsetsOf(phase: Phase, count: number, period: number, seed: number, flow: string): number[] {
  if (phase === "together") return Array.from({ length: count }, () => 0);
  if (phase === "spread") return Array.from({ length: count }, (_, i) => (i * period) / count);
  const random = randomStream(seed, `phase/${flow}`);
  return Array.from({ length: count }, () => random.uniform() * period);
}
