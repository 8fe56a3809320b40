/** @file Pins on a network with a branch: image - stem - relu1 - (conv, relu2, conv2 | skip) - sum - relu3 - pool - flat - logits. */
import type { PlacingHost, PlacingOptions } from "@split-et-impera/core/study";
import { expect, it, test } from "vitest";
import { residualNetwork } from "../../../core/testing/networks.ts";
import { takeApart } from "./pieces.ts";
import { openHosts } from "./pins.ts";

const hosts = ["camera", "gateway", "server"];
const apart = await takeApart(residualNetwork(), undefined);
const ends = apart.pieces.map(({ to }) => to ?? "output");

function open(given: Partial<Record<string, Partial<PlacingHost>>>): Record<string, string> {
  const placing: PlacingOptions = {
    currency: "",
    links: [],
    hosts: Object.fromEntries(hosts.map((host) => [host, { keep: [], only: [], never: [], ...given[host] }])),
  };
  const all = openHosts(placing, apart, hosts);
  return Object.fromEntries(
    all.flatMap((list, p) => (list.length === hosts.length ? [] : [[ends[p]!, list.map((h) => hosts[h]!).join()]])),
  );
}

it("takes the network apart at its cuts, inside the branch at two tensors", () => {
  expect(ends).toEqual(["stem", "relu1", "relu1,relu2", "sum", "relu3", "pool", "flat", "output"]);
  expect(apart.pieces[2]).toMatchObject({ from: "relu1", to: "relu1,relu2", tensors: ["relu1", "relu2"] });
  expect(apart.pieces[2]!.bytes).toBe(
    apart.pieces[1]!.bytes + 4 * apart.survey.one.get("relu2")!.dims.reduce((a, b) => a * b, 1),
  );
  expect(apart.needs[0]!.parameters).toBe(4 * (3 * 8 * 9 + 8));
});

test.each<[string, Parameters<typeof open>[0], Record<string, string>]>([
  ["nothing", {}, {}],
  ["the input", { camera: { keep: ["input"] } }, { stem: "camera" }],
  [
    "a tensor: what makes it, reads it or passes it on",
    { camera: { keep: ["relu1"] } },
    { relu1: "camera", "relu1,relu2": "camera", sum: "camera" },
  ],
  ["a tensor beside a shortcut", { server: { keep: ["relu2"] } }, { "relu1,relu2": "server", sum: "server" }],
  ["a tensor inside a piece", { server: { keep: ["conv3"] } }, { sum: "server" }],
  ["an operator on one host", { server: { only: ["pool"] } }, { pool: "server" }],
  ["a kind on two", { gateway: { only: ["MaxPool"] }, server: { only: ["MaxPool"] } }, { pool: "gateway,server" }],
  ["a range", { server: { only: [{ from: "relu3" }] } }, { pool: "server", flat: "server", output: "server" }],
  ["a range up to a tensor", { camera: { only: [{ to: "relu1" }] } }, { stem: "camera", relu1: "camera" }],
  ["what a host cannot run", { camera: { never: ["Gemm"] } }, { output: "gateway,server" }],
])("%s", (_, given, expected) => expect(open(given)).toEqual(expected));

it("pins that contradict each other are named", () => {
  expect(() => open({ camera: { keep: ["relu2"] }, server: { only: ["relu2"] } })).toThrow(
    "no host may run the piece from relu1 to relu1,relu2, which cannot be cut: hosts.camera.keep[0], hosts.server.only[0] leave none",
  );
});
