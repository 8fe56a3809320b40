/** @file Designs over any number of hosts: their kinds, names, ways and what frames pass. */
import type { OrderKind } from "../wire/index.ts";
import { describe, expect, it } from "vitest";
import { workSteps } from "../frames/index.ts";
import type { Study } from "../study/index.ts";
import {
  bytesSent,
  designId,
  designName,
  designsAtCut,
  exitDesigns,
  kindOf,
  localDesign,
  over,
  quickestLatencies,
  remoteDesign,
  sends,
  simulateSteps,
  splitDesign,
  wayOf,
  waysToSend,
  wholeDesigns,
} from "./index.ts";

const ends = { inputs: ["image"], outputs: ["scores"] };
const link = { rate: 1e6, delay: 0.002, loss: { rate: 0, burst: 1 }, queue: 100, duplex: "full", header: 14 };
const study = {
  hosts: { camera: {}, gateway: {}, server: {} },
  links: [
    { between: ["camera", "gateway"], ...link },
    { between: ["server", "gateway"], ...link },
  ],
  frames: { host: "camera", rate: 20, count: 3, answer: { host: "camera", bytes: 16 } },
  explore: {
    scenarios: ["LC", "RC", "SC"],
    inputs: [{ format: "raw" }, { format: "jpeg", quality: 90 }],
    codecs: ["float32", "uint8"],
  },
} as unknown as Study;
const pair = {
  ...study,
  hosts: { camera: {}, server: {} },
  links: [{ between: ["camera", "server"], ...link }],
} as unknown as Study;
const costs = { ns: () => 1e6, bytes: (crossing: number) => 1000 * (crossing + 1) };
const said = (design: Parameters<typeof wayOf>[0]): string[] =>
  wayOf(design, study, costs).map((step) => {
    if (step.kind === "compute") return `${step.host}: ${step.work}`;
    if (step.kind !== "transfer") return step.kind;
    return `${step.from} > ${step.to}: ${String(step.bytes)} ${step.transport.kind} over ${String(step.link)}`;
  });

describe("a design", () => {
  it("stays on the capturing host, and sends nothing", () => {
    const design = localDesign(study, ends);
    expect([kindOf(design), designId(design), sends(design)]).toEqual(["LC", "LC", false]);
    expect(said(design)).toEqual(["camera: whole"]);
  });

  it("sends its input over every link between, which the host between passes on", () => {
    const design = over(remoteDesign(study, ends, { format: "jpeg", quality: 90 }), "udp");
    expect([kindOf(design), designId(design)]).toEqual(["RC", "RC jpeg-90 on server via gateway udp"]);
    expect(said(design)).toEqual([
      "camera: encode jpeg-90",
      "camera > server: 1000 udp over camera-gateway,server-gateway",
      "server: decode jpeg-90",
      "server: whole",
      "server > camera: 16 udp over server-gateway,camera-gateway",
    ]);
  });

  it("is split over three hosts, with a codec and a bottleneck of each crossing's own", () => {
    const design = splitDesign(
      study,
      ends,
      ["camera", "gateway", "server"],
      [
        { cut: ["pool1"], codec: "uint8" },
        { cut: ["left", "right"], codec: "float16", bottleneck: { compression: 8 } },
      ],
    );
    expect(kindOf(design)).toBe("SC");
    expect(designName(design)).toBe("SC@pool1 uint8 + left,right float16 8x on camera, gateway, server");
    expect(said(design)).toEqual([
      "camera: head@pool1",
      "camera: encode uint8@pool1",
      "camera > gateway: 1000 tcp over camera-gateway",
      "gateway: decode uint8@pool1",
      "gateway: part@pool1..left,right+8x",
      "gateway: encode float16@left,right+8x",
      "gateway > server: 2000 tcp over server-gateway",
      "server: decode float16@left,right+8x",
      "server: tail@left,right+8x",
      "server > camera: 16 tcp over server-gateway,camera-gateway",
    ]);
    expect(workSteps(wayOf(design, study, costs)).map(({ part }) => part)).toEqual([
      "head",
      "encode",
      "wire",
      "decode",
      "middle",
      "encode",
      "wire",
      "decode",
      "tail",
      "answer",
    ]);
  });

  it("sends answers of the size that each frame's has, where that is known", () => {
    const design = over(remoteDesign(study, ends, { format: "raw" }), "tcp");
    const sizes = Uint32Array.of(16, 900, 40);
    expect(wayOf(design, study, { ...costs, answer: () => sizes }).at(-1)).toMatchObject({
      part: "answer",
      bytes: sizes,
    });
  });

  it("with an exit is EE, and frames that leave there are answered from there", () => {
    const { segments, crossings, answer } = splitDesign(
      study,
      ends,
      ["camera", "server"],
      [{ cut: ["pool1"], codec: "uint8" }],
    );
    const design = { segments, crossings, answer, exits: [{ after: 0, head: "early.onnx", threshold: 0.9 }] };
    expect([kindOf(design), designId(design)]).toEqual(["EE", "EE@pool1 SC uint8 on camera, server via gateway tcp"]);
    const steps = wayOf(design, study, { ...costs, taken: () => Uint8Array.of(1, 0, 1) });
    expect(steps.map((step) => (step.kind === "compute" ? step.work : step.kind)).slice(0, 4)).toEqual([
      "head@pool1",
      "exit@pool1",
      "exit",
      "encode uint8@pool1",
    ]);
    const latencies = simulateSteps(study, steps).frames.map(({ latency }) => latency);
    expect(latencies[0]).toBeCloseTo(0.002, 9);
    expect(latencies[1]).toBeGreaterThan(0.012);
    expect(latencies[2]).toBeCloseTo(0.002, 9);
    for (const [i, bound] of quickestLatencies(study, steps).entries())
      expect(latencies[i]).toBeGreaterThanOrEqual(bound);
  });

  it("is named in result, report and deployment as ever", () => {
    const squeezed = (bottleneck: { kind?: "pca"; compression: number; lossy?: object }): string =>
      designName(splitDesign(pair, ends, ["camera", "server"], [{ cut: ["pool3"], codec: "uint8", bottleneck }]));
    expect(
      [{ compression: 8 }, { compression: 8, lossy: {} }, { kind: "pca" as const, compression: 8 }].map(squeezed),
    ).toEqual(["SC@pool3 uint8 8x", "SC@pool3 uint8 8x lossy", "SC@pool3 uint8 pca 8x"]);
    expect(wholeDesigns(pair, ends).map(designName)).toEqual(["LC", "RC raw", "RC jpeg-90"]);
    const udp = { ...pair, explore: { ...pair.explore, transports: ["udp" as const] } };
    const at = designsAtCut(udp, ends, ["pool3"], { compression: 64 });
    expect(at.map((one) => designId(over(one, "udp")))).toEqual(["SC@pool3 float32 64x udp", "SC@pool3 uint8 64x udp"]);
  });

  it("sends datagrams in each order with each concealment and names what is unusual, a stream in the tensor's own; pictures have neither", () => {
    const explore = {
      ...pair.explore,
      codecs: ["uint8" as const],
      inputs: [{ format: "raw" as const }, { format: "uint8" as const }],
      transports: ["tcp", "udp"] as ("tcp" | "udp")[],
      concealments: ["mean" as const, "neighbours" as const],
    };
    const asked = { ...pair, explore: { ...explore, scenarios: ["RC" as const] } };
    const all = (of: typeof asked): string[] =>
      [...wholeDesigns(of, ends), ...designsAtCut(of, ends, ["mid"])].flatMap((one) =>
        waysToSend(of, one).map((transport) => designId(over(one, transport!, of))),
      );
    const ids = (name: string): string[] => [`${name} tcp`, `${name} udp mean`, `${name} udp`];
    expect(all(asked)).toEqual(["RC raw tcp", "RC raw udp", ...ids("RC uint8"), ...ids("SC@mid uint8")]);
    const udp = { ...asked, explore: { ...asked.explore, transports: ["udp"] as ("tcp" | "udp")[], inputs: [] } };
    expect(all(udp)).toEqual(ids("SC@mid uint8").slice(1));
    const both = {
      ...asked,
      explore: { ...asked.explore, orders: ["tensor", "interleaved"] as OrderKind[], inputs: [] },
    };
    expect(all(both)).toEqual([
      "SC@mid uint8 tcp",
      "SC@mid uint8 udp tensor mean",
      "SC@mid uint8 udp tensor",
      ...ids("SC@mid uint8").slice(1),
    ]);
    const early = exitDesigns({ ...asked, explore: { ...asked.explore, scenarios: ["SC"] } }, ends, ["mid"], 0.9);
    expect(early.map(({ design }) => designId(over(design, "udp")))).toContain("EE@mid SC uint8 udp");
  });

  it("goes over each transport, datagrams with each protection; those of the answer as the study says", () => {
    const xor = { kind: "xor", group: 4 } as const;
    const copies = { kind: "repeat", times: 3 } as const;
    const explore = { ...pair.explore, transports: ["tcp", "udp"] as ("tcp" | "udp")[] };
    const sent = remoteDesign(pair, ends, { format: "raw" });
    expect(waysToSend({ ...pair, explore }, sent)).toEqual([{ kind: "tcp" }, { kind: "udp" }]);
    const asked = {
      explore: { ...explore, protections: [{ kind: "none" as const }, xor] },
      frames: { ...pair.frames, answer: { host: "camera", bytes: 16, protection: copies } },
    };
    const all = waysToSend(asked, sent).map((transport) => over(sent, transport!, asked));
    expect(all.map(designId)).toEqual(["RC raw tcp", "RC raw udp", "RC raw udp xor 4"]);
    const answered = [{ kind: "tcp" }, { kind: "udp", protection: copies }, { kind: "udp", protection: copies }];
    expect(all.map(({ answer }) => answer?.transport)).toEqual(answered);
    const small = { ...asked, explore: { ...asked.explore, datagrams: [1428, 256] } };
    const sizes = waysToSend(small, sent).map((transport) => over(sent, transport!, small));
    expect(sizes.map(designId)).toEqual([
      "RC raw tcp",
      "RC raw udp",
      "RC raw udp xor 4",
      "RC raw udp 256B",
      "RC raw udp 256B xor 4",
    ]);
    expect(bytesSent(1024, sizes[4]!.crossings[0]!.transport)).toBe(1280);
    // Of LC only the answer is sent: what crossings have makes no other design of it.
    const elsewhere = { ...asked, frames: { ...asked.frames, answer: { ...asked.frames.answer, host: "server" } } };
    const local = localDesign({ ...pair, ...elsewhere }, ends);
    const ways = waysToSend(elsewhere, local).map((transport) => designId(over(local, transport!, elsewhere)));
    expect(ways).toEqual(["LC tcp", "LC udp repeat 3"]);
    expect(waysToSend(asked, localDesign(pair, ends))).toEqual([undefined]);
    const [, step] = workSteps(wayOf(all[2]!, pair, costs)).filter(({ kind }) => kind === "transfer");
    expect(step).toMatchObject({ transport: { kind: "udp", protection: copies } });
    expect([bytesSent(1000, all[2]!.crossings[0]!.transport), bytesSent(1000, { kind: "tcp" })]).toEqual([2000, 1000]);
  });

  it("of work that takes no time has no step of it", () => {
    const design = remoteDesign(study, ends, { format: "raw" });
    const steps = wayOf(design, study, { ns: (_, work) => (work === "whole" ? 1 : 0), bytes: () => 10 });
    expect(steps.filter(({ kind }) => kind === "compute")).toHaveLength(1);
  });

  it("refuses links that do not lead on", () => {
    const design = remoteDesign(study, ends, { format: "raw" });
    design.crossings[0]!.links = ["server-gateway"];
    expect(() => wayOf(design, study, costs)).toThrow('expected a link "server-gateway" that starts at "camera"');
  });
});
