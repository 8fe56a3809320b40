/** @file Links as studies write them: each way by itself, over time, with outages; and what is refused of them. */
import type { LinkOptions } from "@split-et-impera/core/study";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { readStudy, type Use } from "./index.ts";
import { linkProfileNames, linkProfiles } from "./link-profiles.ts";
import { linkLines } from "./link-words.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "links-"));
  await writeFile(join(folder, "parts.onnx"), "stands for a model");
  await writeFile(join(folder, "lte.up"), "0\n4\n4\n10\n");
  await writeFile(join(folder, "wifi.csv"), "time, rate\n100, 2e6\n100.5, 4 Mbit/s\n102, 0\n");
});
afterAll(() => rm(folder, { recursive: true }));

async function linkOf(fields: string, frames = "", use: Use = "sei design"): Promise<LinkOptions> {
  const file = join(folder, "study.yaml");
  await writeFile(
    file,
    `model: parts.onnx\ndata: { format: conveyor }\nhosts: { camera: {}, server: {} }\n${frames}\n` +
      `links:\n  - between: [camera, server]\n${fields.replaceAll(/^/gm, "    ")}\n`,
  );
  return (await readStudy(file, {}, use)).links[0]!;
}

async function problem(fields: string, frames = "", use: Use = "sei design"): Promise<string> {
  return linkOf(fields, frames, use).then(
    () => "",
    (error: Error) => error.message.replaceAll(`${folder}/`, ""),
  );
}

test("the way back is whole, and is the way there in what it does not say", async () => {
  const {
    between: _,
    duplex: _d,
    header: _h,
    back,
    ...there
  } = await linkOf("rate: 5 Mbit/s\ndelay: 20 ms\njitter: 3 ms\nback: { rate: 50 Mbit/s, jitter: 0 ms, queue: 64 kB }");
  expect(there.jitter).toEqual({ range: 0.003, distribution: "uniform", reorder: false });
  expect(back).toEqual({ rate: 5e7, delay: 0.02, loss: { rate: 0, burst: 1 }, queue: { bytes: 64_000 } });
});

test("everything that can be said is kept, and told by sei check", async () => {
  const link = await linkOf(
    "rate: 5 Mbit/s\njitter: { range: 2 ms, distribution: pareto, reorder: true }\ncodel: true\nqueue: 50 packets\n" +
      "outages: { up: 60 s, down: 500 ms, packets: wait }\nback: { codel: false, bucket: 32 kB }",
  );
  expect(link).toMatchObject({
    jitter: { range: 0.002, distribution: "pareto", reorder: true },
    codel: { target: 0.005, interval: 0.1 },
    outages: { up: 60, down: 0.5, packets: "wait" },
  });
  expect(link.back).toMatchObject({ bucket: 32_000, queue: 50 });
  expect(link.back).not.toHaveProperty("codel");
  expect(linkLines(link)).toEqual([
    "camera - server: 5 Mbit/s full duplex, 100 µs, loss 0 %, queue of 50 packets, 14 bytes of header",
    "camera - server: jitter: pareto, 2 ms is its mean (Lomax, shape 3), packets overtake",
    "camera - server: CoDel: 5 ms tolerated for 100 ms",
    "server - camera: 5 Mbit/s, 100 µs, loss 0 %, queue of 50 packets; jitter: pareto, 2 ms is its mean (Lomax, shape 3), " +
      "packets overtake; token bucket of 32 kB",
    "camera - server: down for 500 ms every 60.5 s in the mean; packets wait",
  ]);
});

test("traces: Mahimahi's milliseconds, and a table of times from any begin", async () => {
  const up = await linkOf("rate: { trace: lte.up }\nback: { rate: { trace: wifi.csv, end: hold } }");
  expect(up).toMatchObject({
    rate: (4 * 1500 * 8) / 0.01,
    trace: { file: "lte.up", end: "repeat", seconds: 0.01, opportunities: "0406" },
    back: {
      // 0.5 s of 2, 1.5 s of 4 Mbit/s, 1.5 s of nothing.
      rate: 2e6,
      trace: { end: "hold", seconds: 3.5, steps: { times: [0, 0.5, 2], rates: [2e6, 4e6, 0] } },
    },
  });
  expect((await linkOf("rate: { trace: lte.up }\nback: { rate: 1 Mbit/s }")).back).not.toHaveProperty("trace");
  expect(await linkOf("rate: { trace: lte.up }\nback: { delay: 1 ms }")).toMatchObject({ back: { trace: up.trace } });
});

test("background traffic, with its pattern's own fields", async () => {
  const link = await linkOf(
    "rate: 5 Mbit/s\nbackground:\n  - { pattern: poisson, rate: 2 Mbit/s }\n" +
      "  - { pattern: on-off, from: server, rate: 1 Mbit/s, on: 500 ms, off: 2 s, packet: 200 }\n" +
      "  - { pattern: download, from: server, transfer: 5 MB, pause: 10 s, congestion: reno }\n  - { pattern: download }",
  );
  expect(link.background).toEqual([
    { from: "camera", pattern: "poisson", rate: 2e6, packet: 1500 },
    { from: "server", pattern: "on-off", rate: 1e6, packet: 200, on: 0.5, off: 2 },
    { from: "server", pattern: "download", congestion: "reno", transfer: 5e6, pause: 10 },
    { from: "camera", pattern: "download", congestion: "cubic", pause: 0 },
  ]);
  expect(linkLines(link).slice(1)).toEqual([
    "camera - server: background from camera: poisson, 2 Mbit/s in packets of 1500 bytes",
    "camera - server: background from server: on-off, 1 Mbit/s in packets of 200 bytes, on for 500 ms and off for 2 s in the mean",
    "camera - server: background from server: a TCP download (reno), 5 MB every 10 s behind the last",
    "camera - server: background from camera: a TCP download (cubic)",
  ]);
});

test("a shared medium, its numbers filled in", async () => {
  const link = await linkOf("rate: 54 Mbit/s\nmedium: { stations: 3, each: { rate: 2 Mbit/s } }");
  expect(link.medium).toEqual({
    name: "air",
    stations: 3,
    each: { rate: 2e6, packet: 1500 },
    slot: 9e-6,
    gap: 34e-6,
    overhead: 70e-6,
    collision: 70e-6,
    window: [16, 1024],
    retries: 7,
    aggregate: 1,
  });
  expect(linkLines(link)[1]).toBe(
    "camera - server: contends for air: 3 others, each with 2 Mbit/s in Poisson packets of 1500 bytes; gap 34 µs, slots of 9 µs, " +
      "windows 16 to 1024, 70 µs besides the bytes, 1 packet per access, 7 retries",
  );
  expect((await linkOf("profile: wifi-5\nmedium: { stations: 2 }")).medium).toMatchObject({
    stations: 2,
    aggregate: 64,
  });
});

test("connections that are opened for each frame", async () => {
  expect(await linkOf("rate: 1 Mbit/s\nconnections: persistent")).not.toHaveProperty("connections");
  const link = await linkOf("rate: 1 Mbit/s\nconnections: fresh-tls");
  expect(link.connections).toBe("fresh-tls");
  expect(linkLines(link)[1]).toBe("camera - server: a TCP connection for each frame, with TLS");
});

test("sei verify says what the links that it makes cannot be", async () => {
  const fields = "rate: 1 Mbit/s\nconnections: fresh\nmedium: { stations: 2 }\nbackground: [{ pattern: download }]";
  const message = await problem(fields, "", "sei verify");
  for (const field of ["connections", "medium.stations", "background"])
    expect(message).toContain(`links[0].${field}: expected`);
});

test("a trace that must not end is as long as the frames take", async () => {
  const frames = (count: number): string => `frames: { rate: 10 fps, count: ${count} }`;
  expect(await problem("rate: { trace: wifi.csv, end: error }", frames(35))).toBe("");
  expect(await problem("rate: { trace: wifi.csv, end: error }", frames(36))).toBe(
    "study.yaml: links[0].rate: expected a trace of at least 3.6 s, which the frames take, got 3.5 s (wifi.csv); take fewer frames, or let it repeat",
  );
});

describe("profiles", () => {
  test.each(linkProfileNames)("%s is a link with a source, and is told by sei check", async (profile) => {
    const link = await linkOf(`profile: ${profile}`);
    expect(link.profile).toBe(profile);
    expect(link.rate).toBeGreaterThan(0);
    expect(linkLines(link).at(-1)).toContain(linkProfiles[profile].source);
  });

  it("give way to what the link says itself, in either direction", async () => {
    expect(await linkOf("profile: lte")).toMatchObject({ rate: 6e6, delay: 0.035, back: { rate: 13e6, delay: 0.035 } });
    expect(await linkOf("profile: lte\nrate: 1 Mbit/s\nback: { delay: 50 ms }\nloss: 1 %")).toMatchObject({
      rate: 1e6,
      delay: 0.035,
      back: { rate: 13e6, delay: 0.05, loss: { rate: 0.01 } },
    });
  });

  it("are known by name", async () => {
    expect(await problem("profile: ltee")).toContain("links[0].profile: expected one of");
    expect(await problem("profile: ltee")).toContain('did you mean "lte"?');
    expect(await problem("delay: 1 ms")).toContain(
      "links[0].rate: expected a rate such as `100 Mbit/s`, got nothing; or give",
    );
  });
});

describe("refused", () => {
  it.each([
    ["rate: { trace: none.up }", "links[0].rate.trace: expected a trace of rates, but there is no none.up"],
    ["rate: { trace: lte.up, end: hold }", "links[0].rate: expected `end: repeat` or `end: error`"],
    ["rate: 1 Mbit/s\ncodel: true\nbucket: 2 kB", "links[0].codel: expected no token bucket"],
    ["rate: 1 Mbit/s\nduplex: half\ncodel: true", "links[0].codel: expected it only with `duplex: full`"],
    ["rate: 1 Mbit/s\ncodel: true\nback: { bucket: 2 kB }", "links[0].back: expected no token bucket"],
    ["rate: { trace: lte.up }\nbucket: 2 kB", "links[0].bucket: expected a constant `rate`"],
    [
      "rate: 1 Mbit/s\nbucket: 100 B",
      "links[0].bucket: expected 0, or a size of at least one full packet (1514 bytes)",
    ],
    ["rate: 1 Mbit/s\nqueue: 100 B", "links[0].queue: expected a whole number of packets, 1 or more, or a size"],
    ["rate: 1 Mbit/s\noutages: {}", "links[0].outages: expected `at`, or `up` and `down`"],
    ["rate: 1 Mbit/s\noutages: { at: [[1 s, 2 s]], up: 1 s, down: 1 s }", "links[0].outages: expected `at`, or"],
    ["rate: 1 Mbit/s\noutages: { up: 1 s }", "links[0].outages: expected both mean times"],
    ["rate: 1 Mbit/s\noutages: { at: [[2 s, 1 s]] }", "links[0].outages.at[0]: expected a time and a later one"],
    [
      "rate: 1 Mbit/s\nbackground: [{ pattern: poisson }]",
      "links[0].background[0]: expected `rate` beside `pattern: poisson`",
    ],
    [
      "rate: 1 Mbit/s\nbackground: [{ pattern: download, rate: 1 Mbit/s }]",
      "background[0].rate: expected nothing beside",
    ],
    [
      "rate: 1 Mbit/s\nbackground: [{ pattern: download, from: cloud }]",
      "background[0].from: expected camera or server",
    ],
    ["rate: 1 Mbit/s\nmedium: {}\ncodel: true", "links[0].codel: expected nothing beside a `medium`"],
    ["rate: 1 Mbit/s\nmedium: { window: [32, 16] }", "links[0].medium.window: expected the smaller window first"],
    ["rate: 1 Mbit/s\njitter: { range: 1 ms, distribution: gauss }", "expected one of uniform, exponential"],
  ])("%s", async (fields, expected) => {
    const message = await problem(fields);
    expect(message).toContain(expected);
    expect(message.split("\n")).toHaveLength(1);
  });

  it.each([
    ["a.up", "12\nx\n", 'a.up:2: expected a whole number of milliseconds, or the end .csv of a table\'s name, got "x"'],
    ["a.up", "12\n3\n", "a.up:2: expected a millisecond not before 12, got"],
    ["a.up", "0\n", "expected a trace that ends after 0 ms"],
    ["a.up", "# nothing\n", "expected a trace of a link's rate, got no line"],
    ["a.csv", "0, 1e6\n", "expected two lines or more"],
    ["a.csv", "0, 1e6\n0, 2e6\n", "a.csv:2: expected a time after the one before it"],
    ["a.csv", "0, 1e6\n1, -2\n", "a.csv:2: expected a rate from 0 to 1000 Tbit/s"],
    ["a.csv", "0, 1e6\n1, 1e30\n", "a.csv:2: expected a rate from 0 to 1000 Tbit/s"],
    ["a.csv", "0, 0\n1, 0\n", "expected some rate above 0"],
    ["a.csv", "0, 1, 2\n", "a.csv:1: expected a time and a rate"],
  ])("%s with %j", async (name, text, expected) => {
    await writeFile(join(folder, name), text);
    expect(await problem(`rate: { trace: ${name} }`)).toContain(expected);
  });
});
