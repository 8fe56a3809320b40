/** @file What a deployment's hosts do, in the words that all recipes share: names, ports, and the command that runs each. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { hasDatagrams, roleOf } from "@split-et-impera/runtime/host";

export interface RecipeHost {
  name: string;
  /** Its name where names are small letters, digits and hyphens: files, services. */
  slug: string;
  captures: boolean;
  /** Where others connect to it; absent where nobody does. */
  port?: number;
  /** Whether datagrams come to it or go from it. */
  datagrams: boolean;
  dials: { host: string; slug: string; port: number }[];
}

const firstPort = 7000;

/** In an order in which each comes behind those that it connects to. None where a host's part cannot be served. */
export function recipeHosts(deployment: Deployment): RecipeHost[] {
  const roles = Object.keys(deployment.hosts)
    .map((host) => roleOf(deployment, host))
    // A host that only wants its answers somewhere else runs nothing that connects.
    .filter(({ captures, listens, dials }) => captures || listens || dials.length > 0);
  const ports = new Map(roles.filter(({ listens }) => listens).map(({ host }, i) => [host, firstPort + i]));
  const slugs = slugsOf(roles.map(({ host }) => host));
  const hosts = roles.map((role): RecipeHost => {
    const { host, captures, dials } = role;
    const port = ports.get(host);
    return {
      name: host,
      slug: slugs.get(host)!,
      captures,
      ...(port !== undefined && { port }),
      datagrams: hasDatagrams(role),
      dials: dials.map((peer) => ({ host: peer, slug: slugs.get(peer)!, port: ports.get(peer)! })),
    };
  });
  return hosts.toSorted((a, b) => Number(a.captures) - Number(b.captures));
}

/** The arguments of `sei`. @param addressOf where another host is */
export function commandOf(
  { name, captures, port, dials }: RecipeHost,
  paths: { bundle: string; keys: string; input: string },
  addressOf: (slug: string, port: number) => string,
): string[] {
  const connect = dials.flatMap(({ host, slug, port: there }) => ["--connect", `${host}=${addressOf(slug, there)}`]);
  // A design of one host talks to nobody.
  const trust = port === undefined && dials.length === 0 ? [] : ["--keys", paths.keys];
  if (captures) return ["run", paths.bundle, "--input", paths.input, ...connect, ...trust, "--json"];
  const listen = port === undefined ? [] : ["--listen", `0.0.0.0:${port}`];
  return ["serve", paths.bundle, "--host", name, ...listen, ...connect, ...trust];
}

/** Different ones for different names. */
function slugsOf(names: readonly string[]): Map<string, string> {
  const slugs = new Map<string, string>();
  for (const name of names) {
    const plain = name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "")
      .slice(0, 40);
    const slug = /^[a-z]/.test(plain) ? plain : `host-${plain}`.replace(/-$/, "");
    const taken = new Set(slugs.values());
    let free = slug;
    for (let n = 2; taken.has(free); n++) free = `${slug}-${n}`;
    slugs.set(name, free);
  }
  return slugs;
}

/** What stands above each file, in a line. */
export const headerOf = ({ study, id, version }: Deployment): string =>
  `${study}: ${id}. Written by sei design (${version}), and anew by its next run: copy it before you change it.`
    // Names are of the study, and may hold anything.
    .replaceAll(/\p{C}/gu, " ");
