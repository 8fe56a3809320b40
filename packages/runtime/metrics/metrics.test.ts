/** @file A running pair seen from outside. */
import { get } from "node:http";
import { expect, test } from "vitest";
import { deploymentOver, frameOf, hear, insecure, until } from "../host/testing/pair.ts";
import { Histogram } from "./histogram.ts";
import { HostMetrics, kernelDrops, serveMetrics } from "./index.ts";
import { metricsText } from "./text.ts";

test("the text format: escapes, infinities, buckets that add up", () => {
  const sample = { labels: { peer: 'a"b\\c\nd' }, value: Infinity };
  expect(metricsText([{ name: "sei_x", help: "What.", type: "gauge", samples: [sample, { value: 2 }] }])).toBe(
    '# HELP sei_x What.\n# TYPE sei_x gauge\nsei_x{peer="a\\"b\\\\c\\nd"} +Inf\nsei_x 2\n',
  );
  const times = new Histogram();
  for (const seconds of [0.00005, 0.0001, 0.004, 99]) times.observe(seconds);
  const by = new Map(times.samples().map(({ suffix, labels, value }) => [labels?.["le"] ?? suffix, value]));
  expect([by.get("0.00003"), by.get("0.0001"), by.get("0.005"), by.get("10"), by.get("+Inf")]).toEqual([0, 2, 3, 3, 4]);
  expect(by.get("_count")).toBe(4);
  expect(by.get("_sum")).toBeCloseTo(99.00415, 9);
});

async function fetched(url: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode!, text }));
    }).on("error", reject);
  });
}

test("frames, times, connections and datagrams of a pair are counted; health says when it can work", async () => {
  const deployment = deploymentOver("tcp", 60e9);
  const identity = { design: deployment.id, version: "0", deadlineNs: deployment.deadlineNs };
  const seen = {
    camera: new HostMetrics({ ...identity, host: "camera" }),
    server: new HostMetrics({ ...identity, host: "server" }),
  };
  const server = await hear({
    deployment,
    host: "server",
    trust: insecure("server"),
    listen: { host: "127.0.0.1", port: 0 },
    onServed: (parts) => seen.server.served(parts),
    onEvent: (event) => seen.server.event(event),
  });
  const camera = await hear({
    deployment,
    host: "camera",
    trust: insecure("camera"),
    addresses: { server: server.host.address! },
    onRecord: (record) => seen.camera.record(record),
    onEvent: (event) => seen.camera.event(event),
  });
  await using at = await serveMetrics(
    { host: "127.0.0.1", port: 0 },
    {
      since: seen.camera.since,
      ready: () => camera.host.ready,
      text: async () => seen.camera.text(camera.host, await kernelDrops(camera.host.datagramPort)),
    },
  );
  const url = `http://127.0.0.1:${at.address.port}`;
  await until(() => camera.host.ready);
  for (let i = 0; i < 5; i++) camera.host.capture(frameOf(i));
  await camera.host.drained();
  const { status, text } = await fetched(`${url}/metrics`);
  expect(status).toBe(200);
  for (const line of [
    'sei_info{host="camera",design="SC@middle float32 tcp",version="0"} 1',
    "sei_deadline_seconds 60",
    "sei_frames_total 5",
    "sei_answered_total 5",
    "sei_latency_seconds_count 5",
    'sei_part_seconds_count{part="tail"} 5',
    "sei_sent_bytes_total 60000",
    'sei_datagrams_missing_total{way="out"} 0',
    'sei_datagrams_rejected_total{reason="forged"} 0',
    'sei_connected{peer="server"} 1',
    'sei_disconnected_total{peer="server"} 0',
  ])
    expect(text.split("\n")).toContain(line);
  expect(text.split("\n").every((line) => line === "" || /^(# (HELP|TYPE) )?sei_\w+/.test(line))).toBe(true);
  expect(seen.server.text(server.host, undefined)).toContain('sei_part_seconds_count{part="decode"} 5\n');
  expect(JSON.parse((await fetched(`${url}/health`)).text)).toMatchObject({ live: true, ready: true });
  expect(await fetched(`${url}/health/ready`)).toEqual({ status: 200, text: "ready\n" });

  await server.host[Symbol.asyncDispose]();
  await until(() => !camera.host.ready);
  expect(await fetched(`${url}/health/ready`)).toEqual({ status: 503, text: "not ready\n" });
  expect((await fetched(`${url}/health/live`)).status).toBe(200);
  expect((await fetched(`${url}/nothing`)).status).toBe(404);
  camera.host.capture(frameOf(1));
  await camera.host.drained();
  const after = (await fetched(`${url}/metrics`)).text;
  for (const line of [
    'sei_unanswered_total{reason="disconnected"} 1',
    "sei_missed_total 1",
    'sei_connected{peer="server"} 0',
    'sei_disconnected_total{peer="server"} 1',
  ])
    expect(after.split("\n")).toContain(line);
  await camera.host[Symbol.asyncDispose]();
});
