/** @file Rows of hosts over which a design may lie: along the simple paths that lead from the host that captures. */
import { linkName } from "./links.ts";
import type { Study } from "./study.ts";

/** Hosts in a row, the one that captures first, and the links by name from each to the next; hosts between pass packets on. */
export interface Route {
  hosts: string[];
  links: string[][];
}

export interface Routes {
  routes: Route[];
  /** Simple paths that were not looked at, since there are too many: at least one; absent: all were. */
  bounded?: true;
}

/** Simple paths of a study that are looked at: the shortest first. A study has 15 links at most. */
const mostPaths = 500;

/**
 * Every row of hosts along a simple path, the fewest crossings first, then those of earlier hosts in the study.
 * @param most crossings of a row
 */
export function routesOf(
  study: Pick<Study, "hosts" | "frames" | "links">,
  most: number = Object.keys(study.hosts).length - 1,
): Routes {
  const { paths, bounded } = pathsFrom(study, study.frames.host);
  const found = new Map<string, Route>();
  for (const path of paths) {
    for (const route of rowsAlong(path, most)) found.set(JSON.stringify(route), route);
  }
  const place = new Map(Object.keys(study.hosts).map((name, i) => [name, i]));
  const places = ({ hosts }: Route): number[] => hosts.map((name) => place.get(name)!);
  const hops = ({ links }: Route): number => links.flat().length;
  const routes = [...found.values()].sort(
    (a, b) => a.hosts.length - b.hosts.length || byPlace(places(a), places(b)) || hops(a) - hops(b),
  );
  return { routes, ...(bounded && { bounded }) };
}

function byPlace(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((one, i) => one !== b[i]);
  return differs < 0 ? 0 : a[differs]! - b[differs]!;
}

/** Simple paths from a host, breadth first, each as long as it is reached: its beginnings are paths of their own. */
function pathsFrom({ links }: Pick<Study, "links">, host: string): { paths: Route[]; bounded?: true } {
  const paths: Route[] = [];
  const open: Route[] = [{ hosts: [host], links: [] }];
  for (const path of open) {
    const at = path.hosts.at(-1)!;
    for (const [
      index,
      {
        between: [a, b],
      },
    ] of links.entries()) {
      const next = at === a ? b : at === b ? a : undefined;
      if (next === undefined || path.hosts.includes(next)) continue;
      if (paths.length === mostPaths) return { paths, bounded: true };
      const longer = { hosts: [...path.hosts, next], links: [...path.links, [linkName({ links }, index)]] };
      paths.push(longer);
      open.push(longer);
    }
  }
  return { paths };
}

/** Rows from a path's first host to its last over some of those between. */
function rowsAlong({ hosts, links }: Route, most: number): Route[] {
  const last = hosts.length - 1;
  const rows: Route[] = [];
  const from = (at: number, row: Route): void => {
    if (at === last) rows.push(row);
    if (at === last || row.links.length === most) return;
    for (let next = at + 1; next <= last; next++) {
      from(next, { hosts: [...row.hosts, hosts[next]!], links: [...row.links, links.slice(at, next).flat()] });
    }
  };
  from(0, { hosts: [hosts[0]!], links: [] });
  return rows;
}
