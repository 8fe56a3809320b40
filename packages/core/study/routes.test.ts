/** @file Rows of hosts: every simple path, any host idle, alternatives apart, and no more paths than are looked at. */
import { expect, it } from "vitest";
import type { LinkOptions } from "./link-options.ts";
import { routesOf } from "./routes.ts";

const joined = (...pairs: [string, string][]) => ({
  hosts: Object.fromEntries(pairs.flat().map((name) => [name, { speed: 1 }])),
  links: pairs.map((between) => ({ between }) as unknown as LinkOptions),
  frames: { host: "camera", rate: 1, count: 1, answer: { host: "camera", bytes: 1 } },
});
const said = (study: ReturnType<typeof joined>, most?: number): string[] =>
  routesOf(study, most).routes.map(
    ({ hosts, links }) => `${hosts.join(" ")}: ${links.map((one) => one.join("+")).join(" ")}`,
  );

it("runs over any hosts of a line, those between passing on what crosses", () => {
  const line = joined(["camera", "gateway"], ["gateway", "server"]);
  expect(said(line)).toEqual([
    "camera gateway: camera-gateway",
    "camera server: camera-gateway+gateway-server",
    "camera gateway server: camera-gateway gateway-server",
  ]);
  expect(said(line, 1)).toHaveLength(2);
});

it("has two servers apart, and both ways around where there are two", () => {
  const fork = joined(["camera", "gateway"], ["gateway", "one"], ["gateway", "two"]);
  expect(said(fork, 2).filter((row) => row.startsWith("camera gateway "))).toEqual([
    "camera gateway one: camera-gateway gateway-one",
    "camera gateway two: camera-gateway gateway-two",
  ]);
  const ring = joined(["camera", "gateway"], ["gateway", "server"], ["server", "camera"]);
  expect(said(ring, 1)).toContain("camera server: server-camera");
  expect(said(ring, 1)).toContain("camera server: camera-gateway+gateway-server");
});

it("looks at no more simple paths than it can, and says so", () => {
  const names = ["camera", "a", "b", "c", "d", "e", "f"];
  const mesh = joined(...names.flatMap((one, i) => names.slice(i + 1).map((two): [string, string] => [one, two])));
  expect(routesOf(mesh, 1).bounded).toBe(true);
  expect(routesOf(joined(["camera", "server"])).bounded).toBeUndefined();
});
