/** @file Studies with early exits: their designs, who leaves, what is sent, and what is said of exits that cannot be. */
import type { Deployment } from "@split-et-impera/core/deploy";
import type { DesignResult } from "@split-et-impera/core/design";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { parseDeployment } from "../../deploy/index.ts";
import { design, at, mistake, said, sei, useFolder, variant } from "../../cli/testing/harness.ts";
import type { FrameLine } from "../../run/index.ts";

useFolder();

const quick: [string, string] = [
  "bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]",
  "bottlenecks: []",
];
const plain: [string, string] = ["losses: [0 %, 5 %]", "losses: [2 %]"];
const exits = (text: string): [string, string] => ["explore:\n", `explore:\n  exits: { ${text} }\n`];
const early = "loss: 5 %, confidence: 80 %, hidden: 8, epochs: 8, learning-rate: 0.01, batch: 16";
/** A model that is right nearly always. */
const parts: [string, string][] = [
  ["tiny.onnx", "parts.onnx"],
  ["[pool1]", "[block2/MaxPool]"],
  ["train: 48", "train: 300"],
];
const cut = "block2/MaxPool";

beforeAll(() => copyFile(new URL("../../../../examples/conveyor/parts.onnx", import.meta.url), at("parts.onnx")));

it("has a design for each way in which unsure frames go on", { timeout: 120_000 }, async () => {
  const study = await variant("early.yaml", quick, plain, exits(early), ...parts);
  const result = await design(study, "early");
  const of = (id: string): DesignResult => result.designs.find((one) => one.id === id)!;
  const names = result.designs.filter(({ kind }) => kind === "EE").map(({ id }) => id);
  expect(names.toSorted()).toEqual(
    [
      `EE@${cut} LC`,
      ...["RC raw", "RC png", "SC float32", "SC uint8"].flatMap((rest) =>
        ["tcp", "udp"].map((sent) => `EE@${cut} ${rest} ${sent}`),
      ),
    ].toSorted(),
  );
  const [exit] = result.exits!;
  expect(exit).toMatchObject({ cut, features: 128, calibration: { samples: 100 } });
  expect(exit!.calibration.bound).toBeLessThanOrEqual(0.05);
  // What leaves sends nothing, in every design alike.
  const { share } = of(`EE@${cut} LC`).exited!;
  expect(share.n).toBe(40);
  expect(share.value).toBeGreaterThan(0);
  expect(share.value).toBeLessThan(1);
  for (const [rest, base] of [
    [`EE@${cut} SC uint8 tcp`, `SC@${cut} uint8 tcp`],
    [`EE@${cut} RC raw tcp`, "RC raw tcp"],
  ] as const) {
    expect(of(rest).exited!.share).toEqual(share);
    expect(of(rest).bytes).toBeCloseTo((1 - share.value) * of(base).bytes, 6);
  }
  // The whole model where all is sent, and here: the same answers, whatever becomes of the rest.
  expect(of(`EE@${cut} RC raw tcp`).clean).toEqual(of(`EE@${cut} LC`).clean);
  expect(of(`EE@${cut} LC`).memory["camera"]).toBeGreaterThan(of("LC").memory["camera"]!);
  expect(of(`EE@${cut} SC uint8 tcp`).parts.wire).toBeLessThan(of(`SC@${cut} uint8 tcp`).parts.wire);
  expect(said.stdout).toContain("exit at block2: sure from");
});

it("says of an exit that is never sure that it is in no design", { timeout: 120_000 }, async () => {
  // It has learned nothing.
  const never = exits("loss: 2 %, confidence: 80 %, hidden: 0, epochs: 1, learning-rate: 0.000001");
  const study = await variant("never.yaml", quick, plain, never, ...parts);
  const { designs, exits: tried } = await design(study, "never");
  expect(designs.filter(({ kind }) => kind === "EE")).toEqual([]);
  expect(tried![0]!.calibration).toMatchObject({ samples: 100, share: 0, lost: 0 });
  expect(tried![0]!.calibration.threshold).toBeUndefined();
  expect(said.stderr).toContain('the exit at "block2/MaxPool" would never answer and is in no design');
});

it("hands over a bundle whose run leaves where the evaluation did", { timeout: 120_000 }, async () => {
  // The rest runs on the same host: no other is needed.
  const here: [string, string] = ["explore:\n", "explore:\n  scenarios: [LC]\n"];
  const named = exits(`at: [${cut}], ${early}`);
  const wanted: [string, string] = ["[latency median <= 2 s]", "[exits >= 5 %]"];
  const study = await variant("here.yaml", quick, plain, here, named, wanted, ...parts);
  const { verdict, designs } = await design(study, "here");
  expect(verdict.recommended).toBe(`EE@${cut} LC`);
  const { exited, clean } = designs.find(({ id }) => id === verdict.recommended)!;
  const bundle = join(at("here"), "bundle");
  const manifest = JSON.parse(await readFile(join(bundle, "manifest.json"), "utf8")) as Deployment;
  expect(manifest.exits).toMatchObject([{ file: "exit.onnx", host: "camera", after: 0, inputs: [{ tensor: cut }] }]);
  expect(manifest.predicted.exited).toEqual(exited);
  expect(manifest.proof.replay).toEqual({ images: 40, same: 40 });
  // What contradicts itself is refused.
  for (const [change, message] of [
    [{ threshold: 0.1 }, "exits.0.threshold: expected"],
    [{ host: "server" }, 'exits.0.host: expected "camera", where frames are captured, got "server"'],
    [{ confidence: "nowhere" }, 'exits.0.outputs: expected "nowhere" among them'],
    [{ after: 7 }, "exits.0.after: expected 0 of 2 segments, got 7"],
  ] as const) {
    const exits = manifest.exits!.map((one) => ({ ...one, ...change }));
    const text = JSON.stringify({ ...manifest, exits });
    expect(() => parseDeployment("manifest.json", text)).toThrow(message);
  }
  expect(await sei("run", bundle, "--input", at(study), "--count", "40", "--rate", "50", "--json"), said.stderr).toBe(
    0,
  );
  const lines = said.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as FrameLine);
  expect(lines.filter(({ exit }) => exit).length).toBe(Math.round(40 * exited!.share.value));
  // A busy machine may be late with the others: the exit's answer stands then, and that is told.
  const own = lines.filter(({ fallback }) => fallback === null);
  expect(own.filter(({ right }) => right !== 1).length).toBeLessThanOrEqual(
    Math.round(40 * (1 - clean["accuracy"]!.value)),
  );
  expect(lines.filter(({ fallback, exit }) => fallback !== null && (exit || fallback !== "exit"))).toEqual([]);
  expect(lines.every(({ answer }) => answer !== null)).toBe(true);
});

it("refuses before long work what no exit can be made of", { timeout: 120_000 }, async () => {
  const refused = async (name: string, ...changes: [string, string][]): Promise<string> =>
    mistake("design", at(await variant(`${name}.yaml`, quick, plain, ...changes)), "--out", at(name));
  expect(await refused("tensor", exits(`at: [pool9], ${early}`))).toContain(
    'explore.exits.at: "pool9" is no legal cut; did you mean "pool1"?',
  );
  expect(await refused("few", exits("loss: 1 %"))).toContain(
    "16 of the 48 training samples are held back to find thresholds; to be 95 % sure that no more than 1 % is lost takes 231 at least",
  );
  expect(await refused("task", exits(early), ["hosts:", "task: { kind: agreement, by: values }\nhosts:"])).toContain(
    "expected a task with one of several classes as its answer",
  );
  expect(await refused("elsewhere", exits(early), ["count: 60", "count: 60, answer: { host: server }"])).toContain(
    'expected answers to be due on "camera", which captures and where exits answer',
  );
});
