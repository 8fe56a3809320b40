/** @file Studies of several flows or of several cameras alike: each flow as a study of its own, and what is wrong between them. */
import { boundsWhole, parseRequirement, parseWholeRequirement, subject } from "@split-et-impera/core/study";
import { shown } from "@split-et-impera/core/units";
import { nearest } from "../nearest.ts";
import type { Problem } from "./problems.ts";
import { get, isFields } from "./raw.ts";

/** A flow of a study as it was parsed. */
export interface RawFlow {
  name: string;
  /** A study of this flow alone: one of its cameras, and the hosts and links that it may use. */
  raw: Record<string, unknown>;
  /** What stands in `flows` of the study file, by field. */
  own: Record<string, unknown>;
}

/** Whether a study is of a system: several flows, or several hosts alike. */
export const isSystem = (raw: unknown): boolean =>
  isFields(get(raw, ["flows"])) || hostsOf(raw).some((name) => copiesOf(raw, name) !== undefined);

const hostsOf = (raw: unknown): string[] => {
  const hosts = get(raw, ["hosts"]);
  return isFields(hosts) ? Object.keys(hosts) : [];
};

const copiesOf = (raw: unknown, host: string): unknown => get(raw, ["hosts", host, "copies"]);

/** The host on which a flow captures. */
const capturingOf = (raw: unknown, own: unknown): unknown =>
  get(own, ["frames", "host"]) ?? get(raw, ["frames", "host"]) ?? hostsOf(raw)[0];

/** What a flow says by itself; a study without `flows` has one, called by its camera. */
function ownFlows(raw: unknown): [name: string, own: Record<string, unknown>][] {
  const flows = get(raw, ["flows"]);
  if (!isFields(flows)) return [[String(capturingOf(raw, {})), {}]];
  return Object.entries(flows).map(([name, own]) => [name, isFields(own) ? own : {}]);
}

/** The flows of a study of a system, in its order. */
export function flowsOf(raw: Record<string, unknown>): RawFlow[] {
  const all = ownFlows(raw);
  const cameras = new Set(all.map(([, own]) => capturingOf(raw, own)));
  return all.map(([name, own]) => {
    const camera = capturingOf(raw, own);
    const { flows: _, ...rest } = raw;
    const { hosts, links } = reachable(raw, camera, cameras);
    const merged = { ...rest, ...own, hosts, links };
    return {
      name,
      own,
      raw: {
        ...merged,
        frames: { ...fields(raw["frames"]), ...fields(own["frames"]), host: camera },
        ...((isFields(raw["explore"]) || isFields(own["explore"])) && {
          explore: { ...fields(raw["explore"]), ...fields(own["explore"]) },
        }),
        requirements: requirementsOf(raw, own),
      },
    };
  });
}

const fields = (value: unknown): Record<string, unknown> => (isFields(value) ? value : {});

/** The hosts that a flow may use, with the links between them: those that links lead to, without other flows' cameras. */
function reachable(raw: unknown, camera: unknown, cameras: ReadonlySet<unknown>): Record<"hosts" | "links", unknown> {
  const open = (host: unknown): boolean => host === camera || !cameras.has(host);
  const given = get(raw, ["links"]);
  const links = (Array.isArray(given) ? given : []).filter((link) => endsOf(link).every(open));
  const reached = new Set([camera]);
  for (const at of reached)
    for (const link of links) if (endsOf(link).includes(at)) for (const end of endsOf(link)) reached.add(end);
  const hosts = Object.entries(fields(get(raw, ["hosts"]))).flatMap(([name, host]) => {
    const { copies: _, ...options } = fields(host);
    return reached.has(name) ? [[name, options] as const] : [];
  });
  return {
    hosts: Object.fromEntries(hosts),
    links: links.filter((link) => endsOf(link).every((end) => reached.has(end))),
  };
}

function endsOf(link: unknown): unknown[] {
  const ends = get(link, ["between"]);
  return Array.isArray(ends) ? ends : [];
}

/** The study's own, but those of the whole, and the flow's, which take the place of those on the same metric. */
function requirementsOf(raw: unknown, own: unknown): unknown[] {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  const about = (text: unknown): string => {
    const read = parseRequirement(text);
    return typeof read === "string" ? "" : subject(read);
  };
  const mine = list(get(own, ["requirements"]));
  const taken = new Set(mine.map(about).filter(Boolean));
  const common = list(get(raw, ["requirements"])).filter((text) => !boundsWhole(text) && !taken.has(about(text)));
  return [...common, ...mine];
}

/** What is wrong between flows, copies and what bounds the whole. */
export function flowProblems(raw: unknown): Problem[] {
  const wholes = get(raw, ["requirements"]);
  const whole = (Array.isArray(wholes) ? wholes : []).flatMap((text, i) => (boundsWhole(text) ? [{ text, i }] : []));
  if (!isSystem(raw)) {
    return whole.map(({ text, i }) => ({
      path: ["requirements", i],
      message: `expected \`flows\` or \`copies\` in the study, since ${shown(text)} bounds what several flows do together`,
    }));
  }
  return [
    ...copyProblems(raw),
    ...wayProblems(raw),
    ...whole.flatMap(({ text, i }) => nameProblem(raw, String(text), i)),
  ];
}

function copyProblems(raw: unknown): Problem[] {
  const cameras = new Set(ownFlows(raw).map(([, own]) => capturingOf(raw, own)));
  const names = hostsOf(raw);
  const copied = names.filter((name) => copiesOf(raw, name) !== undefined);
  const idle = copied
    .filter((name) => !cameras.has(name))
    .map((name): Problem => {
      const message = `expected copies only of hosts that capture (${[...cameras].join(", ")}), got those of ${name}; name each host by itself`;
      return { path: ["hosts", name, "copies"], message, key: true };
    });
  const again = copied.flatMap((name): Problem[] => {
    const other = names.find((one) => one.startsWith(`${name}-`) && /^\d+$/.test(one.slice(name.length + 1)));
    const message = `expected no host "${other}" beside copies of ${name}, which are called so`;
    return other === undefined ? [] : [{ path: ["hosts", other], message, key: true }];
  });
  const links = get(raw, ["links"]);
  const both = (Array.isArray(links) ? links : []).flatMap((link, i): Problem[] => {
    const ends = endsOf(link).filter((end) => copied.includes(String(end)));
    const message = `expected at most one end with copies, got ${ends.join(" and ")}; let them meet at a host between`;
    return ends.length < 2 ? [] : [{ path: ["links", i, "between"], message }];
  });
  return [...idle, ...again, ...both];
}

/** Flows whose frames can go nowhere, and answers that cannot get where they are due. */
function wayProblems(raw: unknown): Problem[] {
  const cameras = new Set(ownFlows(raw).map(([, own]) => capturingOf(raw, own)));
  return ownFlows(raw).flatMap(([name, own]): Problem[] => {
    const camera = capturingOf(raw, own);
    if (!hostsOf(raw).includes(String(camera))) return [];
    const hosts = Object.keys(fields(reachable(raw, camera, cameras).hosts));
    const path = isFields(get(raw, ["flows"])) ? ["flows", name] : ["links"];
    const others = [...cameras].filter((one) => one !== camera);
    const beside = others.length > 0 ? ` but ${others.join(", ")}, which captures for another flow` : "";
    if (hosts.length < 2) {
      return [
        { path, message: `expected links from ${shown(camera)}, which captures, to another host, got none${beside}` },
      ];
    }
    const due = get(own, ["frames", "answer", "host"]) ?? get(raw, ["frames", "answer", "host"]);
    if (typeof due !== "string" || hosts.includes(due) || !hostsOf(raw).includes(due)) return [];
    return [
      { path, message: `expected a way from ${shown(camera)} to ${shown(due)}, where its answers are due, got none` },
    ];
  });
}

function nameProblem(raw: unknown, text: string, i: number): Problem[] {
  const read = parseWholeRequirement(text);
  if (typeof read === "string") return [];
  const links = get(raw, ["links"]);
  const pairs = (Array.isArray(links) ? links : []).map((link) => endsOf(link).join("-"));
  const known = [...(pairs.length === 1 ? ["link"] : pairs), ...(read.metric === "utilisation" ? hostsOf(raw) : [])];
  if (known.includes(read.of)) return [];
  const what = read.metric === "bytes" ? "link" : "host or link";
  const hint = nearest(read.of, known) || `; there are ${known.join(", ")}`;
  return [
    {
      path: ["requirements", i],
      message: `expected the name of a ${what} in ${shown(text)}, got ${shown(read.of)}${hint}`,
    },
  ];
}
