/** @file Hosts and links: names that must exist, links that must join all hosts, and what a command can do with them. */
import { parseBytePrice, parseCount, parseHourlyPrice, shown } from "@split-et-impera/core/units";
import { nearest } from "../nearest.ts";
import { unmadeProblems } from "./link-problems.ts";
import type { Problem } from "./problems.ts";
import { get, isFields } from "./raw.ts";
import type { Path } from "./source.ts";

/** What a study is read for: an emulated link joins two hosts, all else works with any hosts and links. */
export type Use =
  | "any"
  | "sei place"
  | "sei design"
  | "sei capacity"
  | "sei policy"
  | "sei score"
  | "sei simulate"
  | "sei verify";

export function hostProblems(raw: unknown): Problem[] {
  const hosts = get(raw, ["hosts"]);
  if (!isFields(hosts)) return [];
  const names = Object.keys(hosts);
  const problems: Problem[] = [];
  if (names.length < 2) {
    const got = names.length === 0 ? "none" : `only ${names[0]}`;
    problems.push({ path: ["hosts"], message: `expected two hosts or more, got ${got}` });
  }
  const mustExist = (path: Path): void => {
    const name = get(raw, path);
    if (typeof name !== "string" || names.includes(name)) return;
    const hint = nearest(name, names) || `; the hosts are ${names.join(", ")}`;
    problems.push({ path, message: `expected the name of a host, got ${shown(name)}${hint}` });
  };
  mustExist(["frames", "host"]);
  mustExist(["frames", "answer", "host"]);
  const links = get(raw, ["links"]);
  if (!Array.isArray(links)) return problems;
  const seen = new Map<string, number>();
  for (const i of links.keys()) {
    const path = ["links", i, "between"];
    mustExist([...path, 0]);
    mustExist([...path, 1]);
    const ends = endsOf(raw, i);
    if (!ends) continue;
    if (ends[0] === ends[1]) problems.push({ path, message: `expected two different hosts, got ${shown(ends)}` });
    const key = ends.toSorted().join(" ");
    const before = seen.get(key);
    if (before !== undefined) {
      const message = `expected one link between two hosts, got another one between ${ends.join(" and ")} (links[${before}])`;
      problems.push({ path, message });
    }
    seen.set(key, i);
  }
  // What is wrong with a name says why a host is not reached: one mistake is one line.
  return problems.length > 0 ? problems : alone(raw, names, links.length);
}

/** Hosts that no links lead to from the one that captures. */
function alone(raw: unknown, names: readonly string[], links: number): Problem[] {
  const pairs = Array.from({ length: links }, (_, i) => endsOf(raw, i) ?? []);
  const capturing = get(raw, ["frames", "host"]) ?? names[0]!;
  const reached = new Set([capturing]);
  for (const host of reached) {
    for (const pair of pairs) if (pair.some((end) => end === host)) for (const end of pair) reached.add(end);
  }
  const left = names.filter((name) => !reached.has(name));
  if (left.length === 0) return [];
  const message = `expected links that join all hosts, but none lead from ${shown(capturing)} to ${left.join(", ")}`;
  return [{ path: ["links"], message }];
}

/** What stands in the way of a use of a study that is sound otherwise, with a pointer to `sei place`. */
export function useProblems(raw: unknown, use: Use): Problem[] {
  const hosts = get(raw, ["hosts"]);
  if (use === "any" || use === "sei place" || !isFields(hosts)) return [];
  const names = Object.keys(hosts);
  const problems: Problem[] = [];
  if (names.length > 2 && use === "sei verify") {
    const message = `expected two hosts, since \`sei verify\` emulates the one link between them, got ${names.length} (${names.join(", ")}); \`sei design\` takes any number, and \`sei verify BUNDLE --between\` judges a run on real hosts`;
    problems.push({ path: ["hosts"], message, key: true });
  }
  if (use === "sei verify") problems.push(...unmadeProblems(raw), ...unservedProblems(hosts));
  const designs = ["sei design", "sei capacity", "sei policy", "sei verify"].includes(use);
  for (const name of designs ? names : []) {
    for (const field of ["only", "never"]) {
      const given = get(hosts, [name, field]);
      if (!Array.isArray(given) || given.length === 0) continue;
      const message = "expected nothing, since `sei design` cannot keep to it for now; `sei place` does";
      problems.push({ path: ["hosts", name, field], message, key: true });
    }
  }
  return problems;
}

/** What hosts of a deployment do not do. */
function unservedProblems(hosts: Readonly<Record<string, unknown>>): Problem[] {
  return Object.keys(hosts).flatMap((name) => {
    const [cores, batch] = [get(hosts, [name, "cores"]), get(hosts, [name, "batch"])];
    const says = (field: string, expected: string): Problem => {
      const message = `expected ${expected}, since \`sei serve\` works on one frame at a time for now`;
      return { path: ["hosts", name, field], message, key: true };
    };
    return [
      ...(cores === undefined || parseCount(cores, "cores") === 1 ? [] : [says("cores", "1")]),
      ...(batch === undefined ? [] : [says("batch", "nothing")]),
    ];
  });
}

/** Uses that take one flow of one camera. */
export function aloneProblems(raw: unknown, use: Use): Problem[] {
  if (use === "any" || use === "sei design" || use === "sei capacity") return [];
  const flows = isFields(get(raw, ["flows"]));
  const path = flows ? ["flows"] : ["hosts"];
  const message = `expected one flow of one camera, since \`${use}\` takes no \`flows\` and \`copies\` for now; \`sei design\` and \`sei capacity\` do`;
  return [{ path, message, key: true }];
}

/** Prices in more than one currency. */
export function priceProblems(raw: unknown): Problem[] {
  const [hosts, links] = [get(raw, ["hosts"]), get(raw, ["links"])];
  const paths: Path[] = [
    ...(isFields(hosts) ? Object.keys(hosts).map((name) => ["hosts", name, "price"]) : []),
    ...(Array.isArray(links) ? links.map((_, i) => ["links", i, "price"]) : []),
  ];
  let known = "";
  for (const path of paths) {
    const given = get(raw, path);
    const price = path[0] === "hosts" ? parseHourlyPrice(given) : parseBytePrice(given);
    if (typeof price === "string" || price.currency === "") continue;
    known ||= price.currency;
    if (price.currency !== known)
      return [{ path, message: `expected one currency in all prices, got ${price.currency} besides ${known}` }];
  }
  return [];
}

function endsOf(raw: unknown, link: number): [string, string] | undefined {
  const ends = get(raw, ["links", link, "between"]);
  if (!Array.isArray(ends) || ends.length !== 2 || !ends.every((end) => typeof end === "string")) return undefined;
  return ends as [string, string];
}
