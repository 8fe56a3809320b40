/** @file Studies as people write them: read, refused with reasons, and bounded when hostile. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { readStudy, type Overrides } from "./index.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "study-"));
  await writeFile(join(folder, "parts.onnx"), "stands for a model");
  await writeFile(join(folder, "camera.json"), "{}");
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function read(text: string, overrides?: Overrides, name = `${files++}.yaml`) {
  const file = join(folder, name);
  await writeFile(file, text);
  return readStudy(file, overrides);
}

/** The problems as lines, with the folder left out. */
async function problems(text: string, overrides?: Overrides): Promise<string[]> {
  try {
    await read(text, overrides, "bad.yaml");
  } catch (error) {
    expect(error).toMatchObject({ name: "InputError", code: expect.stringMatching(/^ERR_STUDY/) as string });
    const lines = (error as Error).message.replaceAll(`${folder}/`, "").split("\n");
    return lines.length > 1 ? lines.slice(1) : lines;
  }
  return [];
}

const minimal = `
model: parts.onnx
data: { format: conveyor }
hosts: { camera: {}, server: {} }
links: [{ between: [camera, server], rate: 100 Mbit/s }]
requirements: [latency p95 <= 50 ms]
`;

describe("a study", () => {
  it("needs little: the rest has defaults", async () => {
    expect(await read(minimal, {}, "minimal.yaml")).toEqual({
      name: "minimal",
      model: join(folder, "parts.onnx"),
      data: {
        format: "conveyor",
        normalise: { mean: [0], std: [1] },
        layout: "NCHW",
        limit: { test: 1000, train: 4000 },
      },
      hosts: { camera: { speed: 1 }, server: { speed: 1 } },
      links: [
        {
          between: ["camera", "server"],
          rate: 1e8,
          delay: 0.0001,
          loss: { rate: 0, burst: 1 },
          queue: 1000,
          duplex: "full",
          header: 14,
        },
      ],
      frames: { host: "camera", rate: 20, count: 500, order: "oldest", answer: { host: "camera", bytes: 16 } },
      requirements: [
        { text: "latency p95 <= 50 ms", metric: "latency", statistic: "p95", operator: "<=", value: 0.05 },
      ],
      explore: {
        scenarios: ["LC", "RC", "SC"],
        candidates: { from: "saliency", most: 3 },
        saliency: { target: "label", classes: [], images: 500 },
        codecs: ["float32", "uint8"],
        bottlenecks: [
          {
            compression: 64,
            epochs: { frozen: 4, joint: 0 },
            learningRate: 0.005,
            batch: 64,
            augment: ["mirror", "shift"],
          },
        ],
        plain: true,
        transports: ["tcp", "udp"],
        losses: [0, 0.01, 0.03, 0.05],
      },
      objective: ["quality", "latency"],
      seed: 1,
    });
  });

  it("is read in the units that people write", async () => {
    const study = await read(`
name: All of it
model: parts.onnx
data: { format: conveyor, normalise: { mean: 0.5, std: [0.25, 0.2, 0.3] }, layout: NHWC, limit: { test: 50 images } }
hosts:
  camera: { speed: 1/20, memory: 64 MB }
  server: { profile: camera.json }
links:
  - { between: [server, camera], rate: 1 Gb/s, delay: 200 µs, loss: { rate: 1 %, burst: 4 }, queue: 100 packets,
      duplex: half, header: 38 bytes }
frames: { host: server, rate: 25 Hz, count: 100 frames, answer: { host: camera, bytes: 1 kB } }
requirements: [accuracy-drop <= 2 %, memory <= 1 GB]
explore:
  scenarios: [SC]
  candidates: [relu3, pool4]
  saliency: { target: predicted, classes: [cat, 7], images: 20 }
  codecs: [float16]
  inputs: [webp, webp 80, jpeg]
  bottlenecks: [{ compression: 16x, epochs: { frozen: 1, joint: 2 }, learning-rate: 0.01, batch: 8, lost: [0 %, 30 %] }]
  plain: false
  transports: [udp]
  losses: []
objective: latency
seed: 7
`);
    expect(study).toMatchObject({
      name: "All of it",
      data: { normalise: { mean: [0.5], std: [0.25, 0.2, 0.3] }, layout: "NHWC", limit: { test: 50, train: 4000 } },
      hosts: { camera: { speed: 0.05, memory: 64e6 }, server: { profile: join(folder, "camera.json") } },
      links: [{ rate: 1e9, delay: 0.0002, loss: { rate: 0.01, burst: 4 }, queue: 100, duplex: "half", header: 38 }],
      frames: { host: "server", rate: 25, count: 100, order: "oldest", answer: { host: "camera", bytes: 1000 } },
      explore: {
        candidates: { from: "names", names: ["relu3", "pool4"] },
        saliency: { target: "predicted", classes: ["cat", "7"], images: 20 },
        inputs: [{ format: "webp" }, { format: "webp", quality: 80 }, { format: "jpeg", quality: 90 }],
        bottlenecks: [
          {
            compression: 16,
            epochs: { frozen: 1, joint: 2 },
            learningRate: 0.01,
            batch: 8,
            lossy: { codec: "float16", losses: [0, 0.3], bursts: [1, 3], payload: 1428 },
          },
        ],
        losses: [],
      },
      objective: ["latency"],
      seed: 7,
    });
    // Where no host is named it is the one that captures; a host's memory is a requirement like any other.
    expect(study.requirements.slice(1)).toEqual([
      { text: "memory <= 1 GB", metric: "memory", host: "server", operator: "<=", value: 1e9 },
      { text: "memory on camera <= 64 MB", metric: "memory", host: "camera", operator: "<=", value: 64e6 },
    ]);
  });

  it("adds parity to datagrams, which is told how the link loses packets", async () => {
    const lossy = minimal.replace("rate: 100 Mbit/s", "rate: 100 Mbit/s, loss: { rate: 10 %, burst: 3 }");
    const said = (protections: string): string =>
      `${lossy}\nframes: { answer: { protection: repeat 3 } }\nexplore: { protections: ${protections} }\n`;
    const study = await read(said("[none, xor 4, auto 1 %, { kind: reed-solomon, parity: 25 %, least: 2 }]"));
    expect(study.explore.protections).toEqual([
      { kind: "none" },
      { kind: "xor", group: 4 },
      { kind: "auto", failure: 0.01, rate: expect.closeTo(0.1, 12) as number, burst: 3 },
      { kind: "reed-solomon", parity: 0.25, least: 2 },
    ]);
    expect(study.frames.answer.protection).toEqual({ kind: "repeat", times: 3 });
    const { datagrams, protections } = (await read(lossy)).explore;
    expect([datagrams, protections]).toEqual([undefined, undefined]);
    const sized = (sizes: string): string => `${lossy}\nexplore: { datagrams: ${sizes} }\n`;
    expect((await read(sized("[1428, 256 B]"))).explore.datagrams).toEqual([1428, 256]);
    expect((await problems(sized("[1.5 kB]"))).join()).toContain(
      'explore.datagrams[0]: expected 16 to 1428 bytes of a message in a datagram, got "1.5 kB"',
    );
    for (const [wrong, message] of [
      ["[raptor]", "explore.protections[0]: expected `none`, `xor GROUP`, `reed-solomon PARITY`"],
      [
        "[{ kind: xor, group: 0 }]",
        "explore.protections[0]: expected group of `xor` to be a whole number from 1 to 254",
      ],
      ["[{ kind: reed-solomon, parity: 300 }]", "explore.protections[0]: expected parity of `reed-solomon` to be"],
      ["[none, none]", "explore.protections[1]: expected no repetition"],
      ["[]", "explore.protections"],
    ] as const) {
      expect((await problems(said(wrong))).join()).toContain(message);
    }
  });

  it("may be JSON, with tabs", async () => {
    const text = JSON.stringify(
      {
        $schema: "../study.schema.json",
        model: "parts.onnx",
        data: { format: "conveyor" },
        hosts: { a: { memory: "64 MiB" }, b: {} },
        links: [{ between: ["a", "b"], rate: "10 Mbit" }],
      },
      null,
      "\t",
    );
    expect(await read(text, {}, "study.json")).toMatchObject({ frames: { host: "a" }, links: [{ rate: 1e7 }] });
  });

  it("gives way to flags, whose paths are not relative to it", async () => {
    const cifar = minimal.replace("model: parts.onnx", "").replace("conveyor", "cifar10");
    const flags = { model: join(folder, "parts.onnx"), data: folder };
    expect(await read(cifar, flags)).toMatchObject({ model: flags.model, data: { path: folder } });
    expect(await problems(cifar, { model: "nowhere.onnx", data: "nowhere" })).toEqual([
      "--model: expected an ONNX model, but there is no nowhere.onnx",
      "--data: expected data, but there is no nowhere",
    ]);
    expect(await problems(minimal, { data: folder })).toEqual([
      "--data: expected no data with format: conveyor, which is generated",
    ]);
  });
});

it.each(["coco", "yolo", "voc", "masks", "table", "images"])("pictures of %s are fitted as it says", async (format) => {
  const data = `{ format: ${format}, path: parts.onnx, letterbox: 640 }`;
  expect((await read(minimal.replace("{ format: conveyor }", data))).data.fit).toEqual({ letterbox: [640] });
});

describe("what is said of a model's inputs", () => {
  const stated =
    "model: { path: parts.onnx, shapes: { ids: [1, 8] }, constants: { sr: 16000, on: true, size: [2, 3] } }";

  it("stands beside its path, and flags add to it", async () => {
    const text = minimal.replace("model: parts.onnx", stated);
    expect(await read(text)).toMatchObject({
      model: join(folder, "parts.onnx"),
      modelOptions: { shapes: { ids: [1, 8] }, constants: { sr: [16000], on: [1], size: [2, 3] } },
    });
    const modelOptions = { shapes: { ids: [1, 9], mask: [1, 9] }, state: [{ input: "h", output: "hn" }] };
    expect((await read(text, { modelOptions })).modelOptions).toEqual({
      shapes: { ids: [1, 9], mask: [1, 9] },
      constants: { sr: [16000], on: [1], size: [2, 3] },
      state: [{ input: "h", output: "hn" }],
    });
    expect(await read(minimal)).not.toHaveProperty("modelOptions");
  });

  it("is checked where it stands", async () => {
    const wrong = stated.replace("[1, 8]", "[1, 0]").replace("16000", "fast");
    const found = await problems(minimal.replace("model: parts.onnx", wrong));
    expect(found.join("\n")).toMatch(/model/);
    expect(await problems(minimal.replace("parts.onnx", "{ path: nowhere.onnx }"))).toEqual([
      expect.stringMatching(/ model.path: expected an ONNX model .* there is no .*nowhere.onnx/),
    ]);
  });
});

describe("what only placing uses", () => {
  const text = minimal
    .replace("camera: {}", "camera: { power: 300 mW, radio: 1.2 W, keep: [input], never: [LSTM] }")
    .replace("server: {}", "gateway: { price: 0.36 EUR/h }, server: { only: [softmax, { from: pool }] }")
    .replace(
      "rate: 100 Mbit/s }",
      "rate: 100 Mbit/s, energy: 50 nJ/bit }, { between: [gateway, server], rate: 1 Gb/s, price: €0.09/GB }",
    )
    .replace("[camera, server]", "[camera, gateway]");

  it("is resolved for it alone", async () => {
    const priced = text.replace("€0.09/GB", "0.09 EUR/GB");
    const file = join(folder, "priced.yaml");
    await writeFile(file, priced);
    const none = { keep: [], only: [], never: [] };
    expect((await readStudy(file, {}, "sei place")).placing).toEqual({
      currency: "EUR",
      hosts: {
        camera: { ...none, power: 0.3, radio: 1.2, keep: ["input"], never: ["LSTM"] },
        gateway: { ...none, price: 0.36 / 3600 },
        server: { ...none, only: ["softmax", { from: "pool" }] },
      },
      links: [{ energy: 4e-7 }, { price: 9e-11 }],
    });
    const two = await read(minimal.replace("camera: {}", "camera: { power: 1 W }"));
    expect(two).not.toHaveProperty("placing");
  });

  it("is refused where a design could break it", async () => {
    expect(await problems(minimal.replace("camera: {}", "camera: { only: [Conv] }"))).toEqual([
      "bad.yaml:4:20 hosts.camera.only: expected nothing, since `sei design` cannot keep to it for now; `sei place` does",
    ]);
    const pinned = join(folder, "pinned.yaml");
    await writeFile(pinned, minimal.replace("camera: {}", "camera: { only: [Conv] }"));
    // What is verified was designed before.
    await expect(readStudy(pinned, {}, "sei verify")).rejects.toThrow(
      "pinned.yaml:4:20 hosts.camera.only: expected nothing",
    );
  });

  it("is in one currency, and in units of its own", async () => {
    const lines = await problems(text.replace("300 mW", "300"));
    expect(lines.join("\n")).toContain(
      "hosts.camera.power: expected a power such as `5 W` or `300 mW`, got 300; the unit is missing",
    );
    expect(lines.join("\n")).toContain("links[1].price: expected one currency in all prices, got € besides EUR");
    const bad = await problems(minimal.replace("server: {}", "server: { price: 3 EUR }"));
    expect(bad[0]).toContain(
      'hosts.server.price: expected a price per time such as `0.40 EUR/h` (/s, /min, /h, /hour, /day), got "3 EUR"',
    );
  });

  it("needs links that reach every host", async () => {
    const lines = await problems(minimal.replace("server: {}", "server: {}, island: {}"));
    expect(lines.join("\n")).toContain(
      'links: expected links that join all hosts, but none lead from "camera" to island',
    );
  });
});

describe("what is wrong is said all at once, with its place", () => {
  test.each<[string, string, string, string]>([
    [
      "a quantity",
      "rate: 100 Mbit/s",
      "rate: 100",
      "5:44 links[0].rate: expected a rate such as `100 Mbit/s`, got 100; the unit is missing",
    ],
    [
      "a share",
      "rate: 100 Mbit/s",
      "rate: 1 Mbit/s, loss: 3 things",
      '5:60 links[0].loss: expected a share between 0 % and 100 %, got "3 things"',
    ],
    [
      "a share in bursts",
      "rate: 100 Mbit/s",
      "rate: 1 Mbit/s, loss: {rate: 101 %}",
      "links[0].loss.rate: expected a share",
    ],
    [
      "a key",
      "rate: 100 Mbit/s",
      "rate: 1 Mbit/s, dleay: 1 ms",
      '5:54 links[0].dleay: unknown key "dleay"; did you mean "delay"?',
    ],
    [
      "a key like no other",
      "model:",
      "zzzzzz: 1\nmodel:",
      'bad.yaml:2:1 zzzzzz: unknown key "zzzzzz"; known here: $schema, name, model',
    ],
    ["a missing field", ", rate: 100 Mbit/s", "", "links[0].rate: expected a rate such as `100 Mbit/s`, got nothing"],
    [
      "a word",
      "conveyor",
      "cifar",
      'data.format: expected one of conveyor, belt, cifar10, cifar100, idx, npy, coco, yolo, voc, masks, audio, table, images, random, got "cifar"; did you mean "cifar10"?',
    ],
    [
      "a fitting of pictures that have one size",
      "{ format: conveyor }",
      "{ format: conveyor, letterbox: 640 }",
      "data.letterbox: expected it only with pictures of any size (format: coco, yolo, voc, masks, table, images)",
    ],
    [
      "a host's name in a link",
      "[camera, server]",
      "[camera, servr]",
      'links[0].between[1]: expected the name of a host, got "servr"; did you mean "server"?',
    ],
    ["a link to itself", "[camera, server]", "[camera, camera]", "links[0].between: expected two different hosts"],
    ["one host", ", server: {}", "", "hosts: expected two hosts or more, got only camera"],
    [
      "a host with no way to it",
      "server: {}",
      "server: {}, cloud: {}",
      'links: expected links that join all hosts, but none lead from "camera" to cloud',
    ],
    ["a host's name", "server: {}", "3x: {}", "hosts.3x: expected a host name"],
    [
      "a second link",
      "links: [",
      "links: [{ between: [camera, server], rate: 1 Gbit/s }, ",
      "links[1].between: expected one link between two hosts, got another one between camera and server (links[0])",
    ],
    [
      "no link",
      "links: [{ between: [camera, server], rate: 100 Mbit/s }]",
      "links: []",
      "links: expected a list of at least 1 member, got []",
    ],
    [
      "two bottlenecks of one compression",
      "model:",
      "explore: { bottlenecks: [{ compression: 8 }, { compression: 8 }] }\nmodel:",
      "explore.bottlenecks[1]: expected bottlenecks of different compressions, got 8 twice",
    ],
    [
      "two bottlenecks of one compression that are trained for losses",
      "model:",
      "explore: { bottlenecks: [{ compression: 8, lost: [10 %] }, { compression: 8 }, { compression: 8, lost: [30 %] }] }\nmodel:",
      "explore.bottlenecks[2]: expected bottlenecks of different compressions, got 8 twice",
    ],
    [
      "runs of losses without losses",
      "model:",
      "explore: { bottlenecks: [{ compression: 8, bursts: [3] }] }\nmodel:",
      "explore.bottlenecks[0].bursts: expected `lost` beside it, whose losses it is about",
    ],
    [
      "a training in which nothing arrives",
      "model:",
      "explore: { bottlenecks: [{ compression: 8, lost: [100 %] }] }\nmodel:",
      'explore.bottlenecks[0].lost[0]: expected a share below 100 %, got "100 %"',
    ],
    [
      "a profile that is not there",
      "server: {}",
      "server: {profile: x.json}",
      "hosts.server.profile: expected a saved profile, but there is no",
    ],
    [
      "a model that is not there",
      "parts.onnx",
      "nothing.onnx",
      "2:8 model: expected an ONNX model (or give --model), but there is no nothing.onnx",
    ],
    ["no model", "model: parts.onnx", "", "model: expected the path of an ONNX model, here or as --model, got nothing"],
    [
      "no models",
      "parts.onnx",
      "[]",
      "2:8 model: expected a path or a list of models, or fields with that as `path`, got []",
    ],
    [
      "a list of models in a list",
      "parts.onnx",
      "[feat.onnx, [cls.onnx]]",
      'model[1]: expected a path, or fields with a path, got ["cls.onnx"]',
    ],
    ["no models as the path", "parts.onnx", "{ path: [] }", "model.path: expected a list of at least 1 member, got []"],
    ["no path", "conveyor", "cifar10", "data: expected a path with format: cifar10, here or as --data, got nothing"],
    ["a path too many", "conveyor", "conveyor, path: x", "data.path: expected no path with format: conveyor"],
    [
      "a requirement",
      "latency p95 <= 50 ms",
      "latency p95 <= 50",
      'requirements[0]: in "latency p95 <= 50": expected a duration',
    ],
    ["a metric", "latency p95", "speed", "requirements[0]: expected a metric out of latency, deadline-misses"],
    ["a statistic where none belongs", "latency p95 <= 50 ms", "bytes p95 <= 5 kB", "only latency has one"],
    [
      "a host in a requirement",
      "latency p95 <= 50 ms",
      "memory on camra <= 1 MB",
      'after "on", got "camra"; did you mean "camera"?',
    ],
    [
      "two bounds on the same",
      "50 ms]",
      "50 ms, latency <= 40 ms]",
      "requirements[1]: expected one bound on latency p95, got another one",
    ],
    [
      "an unknown host to explore",
      "requirements:",
      "explore: {hosts: [camera, servr]}\nrequirements:",
      'explore.hosts[1]: expected the name of a host, got "servr"; did you mean "server"?',
    ],
    [
      "hosts that leave no design",
      "requirements:",
      "explore: {hosts: [camera], scenarios: [RC]}\nrequirements:",
      'explore.hosts: expected hosts that leave a design of RC, got camera, with which there is only LC; "camera" captures',
    ],
    [
      "more cuts than hosts have room for",
      "requirements:",
      "explore: {cuts: 2}\nrequirements:",
      "explore.cuts: expected at most 1, one fewer than there are hosts, got 2",
    ],
    [
      "nothing to explore",
      "requirements:",
      "explore: {plain: false, bottlenecks: []}\nrequirements:",
      "no split would be tried",
    ],
    [
      "a repetition",
      "requirements:",
      "explore: {codecs: [uint8, uint8]}\nrequirements:",
      'explore.codecs[1]: expected no repetition, got "uint8" again',
    ],
    [
      "an input",
      "requirements:",
      "explore: {inputs: [png 9]}\nrequirements:",
      "explore.inputs[0]: expected float32, float16, bfloat16, ",
    ],
    [
      "a candidate",
      "requirements:",
      "explore: {candidates: {from: salience}}\nrequirements:",
      'explore.candidates.from: expected saliency, got "salience"; did you mean',
    ],
    [
      "candidates of no form",
      "requirements:",
      "explore: {candidates: 3}\nrequirements:",
      "explore.candidates: expected fields or a list, got 3",
    ],
    [
      "an objective",
      "requirements:",
      "objective: speed\nrequirements:",
      "objective: expected one of quality, latency, bytes, memory, throughput, accuracy",
    ],
    [
      "a burst",
      "rate: 100 Mbit/s",
      "rate: 1 Gbit/s, loss: {rate: 1 %, burst: 0.5}",
      "links[0].loss.burst: expected a number of packets of 1 to 1000, got 0.5",
    ],
    [
      "a burst without end",
      "rate: 100 Mbit/s",
      "rate: 1 Gbit/s, loss: {rate: 1 %, burst: 1e9}",
      "links[0].loss.burst: expected a number of packets of 1 to 1000, got 1000000000",
    ],
    [
      "a loss that its bursts cannot give",
      "rate: 100 Mbit/s",
      "rate: 1 Gbit/s, loss: {rate: 90 %, burst: 2}",
      "links[0].loss: expected at most 66.6 % lost in bursts of 2 packets, between which at least one gets through, got 90 %; 90 % needs bursts of at least 9,",
    ],
    [
      "the same on the way back",
      "rate: 100 Mbit/s",
      "rate: 1 Gbit/s, back: {loss: {rate: 90 %, burst: 2}}",
      "links[0].back.loss: expected at most 66.6 % lost in bursts of 2",
    ],
    [
      "the same beside a profile",
      "rate: 100 Mbit/s",
      "profile: lte, loss: {rate: 90 %, burst: 2}",
      "links[0].loss: expected at most 66.6 % lost in bursts of 2",
    ],
    [
      "the same at a loss that is tried",
      "rate: 100 Mbit/s",
      "rate: 1 Gbit/s, loss: {rate: 1 %, burst: 2}}]\nexplore: {losses: [1 %, 60 %, 70 %]}\nobjective: latency #",
      "explore.losses[2]: with links[0].loss: expected at most 66.6 % lost in bursts of 2",
    ],
    [
      "a target of CoDel beyond its interval",
      "rate: 100 Mbit/s",
      "rate: 1 Gbit/s, codel: {target: 100 ms, interval: 5 ms}",
      "links[0].codel: expected a target above 0 and below the interval, got ",
    ],
    [
      "a rate of no link",
      "rate: 100 Mbit/s",
      "rate: 1e30 Mbit/s",
      'links[0].rate: expected a rate of at most 1000 Tbit/s, got "1e30 Mbit/s"',
    ],
    [
      "an answer that no message holds",
      "requirements:",
      "frames: {answer: {bytes: 10 GB}}\nrequirements:",
      'frames.answer.bytes: expected a size from 0 B to 2 GB, got "10 GB"',
    ],
    ["a seed", "requirements:", "seed: -1\nrequirements:", "seed: expected a number of at least 0, got -1"],
    [
      "a list",
      "requirements: [latency p95 <= 50 ms]",
      "requirements: accuracy >= 0.5",
      'requirements: expected a list, got "accuracy >= 0.5"',
    ],
    ["a key twice", "model:", "model: a\nmodel:", "3:1 expected every key once"],
    ["the syntax", "hosts: {", "hosts: {{", "not valid YAML"],
  ])("%s", async (_, from, to, expected) => {
    expect(minimal).toContain(from);
    const lines = await problems(minimal.replace(from, to));
    expect(lines.join("\n")).toContain(expected);
    for (const line of lines) expect(line).toMatch(/^bad\.yaml:\d+:\d+ /);
    // One mistake must not look like many.
    expect(lines.length).toBeLessThanOrEqual(2);
  });

  it("lists every problem in the order of the file", async () => {
    const text = minimal
      .replace("conveyor", "band")
      .replace("camera: {}", "camera: { speed: fast }")
      .replace("rate: 100 Mbit/s", "rate: fast, loss: 5")
      .replace("50 ms", "50 bytes");
    expect((await problems(text)).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "bad.yaml:3:17 data.format:",
      "bad.yaml:4:27 hosts.camera.speed:",
      "bad.yaml:5:44 links[0].rate:",
      "bad.yaml:5:56 links[0].loss:",
      "bad.yaml:6:16 requirements[0]:",
    ]);
  });

  it("in what is merged in, where it was written", async () => {
    const text = minimal.replace("camera: {}, server: {}", "camera: &c { memory: 1 MBB }, server: { <<: *c }");
    const [first, second] = await problems(text);
    expect(first).toMatch(/hosts.camera.memory: expected a size/);
    expect(second!.split(" ")[0]).toBe(first!.split(" ")[0]);
    expect(second).toContain("hosts.server.memory");
  });

  it("a bare 1 for a share, and a rate for each direction, with what to write instead", async () => {
    const text = minimal.replace("rate: 100 Mbit/s", "rate: { up: 5 Mbit/s, down: 50 Mbit/s }, loss: 1");
    const [rate, loss] = await problems(text);
    expect(rate).toMatch(/links\[0\].rate: expected a rate.*the rate of the other direction stands in `back/);
    expect(loss).toMatch(/links\[0\].loss: expected a share with its unit, got 1; write `1 %` or `100 %`/);
    expect((await problems(`${minimal}\nexplore: { losses: [0, 1] }`))[0]).toMatch(/losses\[1\].*`1 %` or `100 %`/);
  });

  it("shows no more of them than one can read", async () => {
    const lines = await problems(`${minimal}\n${Array.from({ length: 100 }, (_, i) => `x${i}: 1`).join("\n")}`);
    expect(lines).toHaveLength(41);
    expect(lines.at(-1)).toBe("and 60 more");
  });
});

describe("a hostile file is refused in a line", () => {
  test.each<[string, string | Uint8Array, string]>([
    ["nothing", "", "expected the fields of a study"],
    ["a list", "[1, 2]", "expected the fields of a study"],
    [
      "a bomb of aliases",
      ["a: &a [x,x,x,x,x,x,x,x,x]", ..."bcdefghi".split("")]
        .map((c, i) =>
          i === 0
            ? c
            : `${c}: &${c} [${Array(9)
                .fill(`*${"abcdefghi"[i - 1]}`)
                .join(",")}]`,
        )
        .join("\n"),
      "expected YAML aliases that can be resolved",
    ],
    ["a cycle", "hosts: &a { x: *a }", "levels of nesting"],
    ["an alias of nothing", "name: *nothing", "expected YAML aliases that can be resolved"],
    ["deep brackets", `a: ${"[".repeat(100_000)}`, "levels of nesting"],
    ["deep dashes", "- ".repeat(100_000), "levels of nesting"],
    ["deep indentation", Array.from({ length: 600 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"), "levels of nesting"],
    ["a megabyte", "#".repeat(1 << 20), "at most 256 KiB"],
    ["many values", `a: [${"1,".repeat(100_000)}]`, "at most 20000 values"],
    ["many keys", `{${Array.from({ length: 30_000 }, (_, i) => i.toString(36)).join(",")}}`, "at most 20000 values"],
    ["a key twice, in a merged map", "a: &a { x: 1 }\nb: { <<: *a, y: 1, y: 2 }", "expected every key once"],
    ["a merge with itself", "a: &a { <<: *a }", "expected YAML aliases that can be resolved"],
    ["a merge with no map", "a: { <<: 3 }", "expected YAML aliases that can be resolved"],
    ["bytes", Uint8Array.of(0xff, 0xfe, 0), "as UTF-8 text"],
    ["a prototype", "hosts: { __proto__: {}, a: {} }", '"__proto__"'],
    ["code", "name: !!js/function 'x'", "Unresolved tag"],
    ["two documents", "name: a\n---\nname: b", "single document"],
    ["keys that are no text", "? [a]\n: 1", "keys must be strings"],
  ])("%s", async (name, content, expected) => {
    const file = join(folder, "hostile.yaml");
    await writeFile(file, content);
    const error = await readStudy(file).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error, name).toMatchObject({ name: "InputError" });
    expect(error!.message).toContain(expected);
    expect(error!.message).not.toContain("\n");
  });

  it("in a second or two, as many keys as are allowed", async () => {
    const keys = Array.from({ length: 15_000 }, (_, i) => `k${i.toString(36)}`);
    const began = process.cpuUsage();
    expect((await problems(`{${keys.join(",")}}`)).at(-1)).toMatch(/^and \d+ more$/);
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1e6).toBeLessThan(4);
  });

  it("a pipe is refused, not waited for", async () => {
    const pipe = join(folder, "pipe.yaml");
    execFileSync("mkfifo", [pipe]);
    await expect(readStudy(pipe)).rejects.toThrow("expected a study file, got a pipe or device");
  });

  it("and so is a file that is not there, or a folder", async () => {
    await expect(readStudy(join(folder, "none.yaml"))).rejects.toMatchObject({ code: "ERR_STUDY_FILE" });
    await expect(readStudy(folder)).rejects.toThrow("expected a study file, got a folder");
  });
});
