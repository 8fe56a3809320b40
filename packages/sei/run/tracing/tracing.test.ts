/** @file Traces: where they go, how spans are named, and what is said where nobody takes them. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { namesOf, newTraceSeed, traceparentOf } from "./names.ts";
import { OtlpExporter, otlpTarget } from "./otlp.ts";
import { recordSpans, servedSpans, type Span } from "./spans.ts";

const seed = newTraceSeed();
const record = {
  frame: 3,
  captured: 1,
  latency: 0.04,
  deadlineMet: true,
  missing: 0,
  bytes: 10,
  parts: { wait: 0.001, head: 0.01, encode: 0.002, network: 0.02, remoteWait: 0, decode: 0.003, tail: 0.004 },
};

test("names are those of the seed and the frame, and of nothing else", () => {
  expect(namesOf(seed, 3).traceId).toBe(namesOf(Uint8Array.from(seed), 3).traceId);
  const names = [namesOf(seed, 3), namesOf(seed, 4), namesOf(newTraceSeed(), 3)].map(({ traceId }) => traceId);
  expect(new Set(names).size).toBe(3);
  expect(traceparentOf(seed, 3)).toBe(`00-${namesOf(seed, 3).traceId}-${namesOf(seed, 3).spanId("frame")}-01`);
});

test("a frame's steps lie within it, and another host's within the way to it and back", () => {
  const [frame, ...steps] = recordSpans(record, seed, 5000, 6050);
  expect([frame!.start, frame!.end, frame!.failed]).toEqual([6000, 6040, false]);
  const times = steps.map(({ name, start, end }) => [name, Math.round(start - 6000), Math.round(end - 6000)]);
  expect(times).toEqual([
    ["wait", 0, 1],
    ["head", 1, 11],
    ["encode", 11, 13],
    ["wire", 13, 40],
  ]);
  const served = servedSpans("server", { wait: 0, decode: 0.003, tail: 0.004 }, { frame: 3, traceSeed: seed }, 6030);
  expect(served.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual(
    ["wait", "decode", "tail"].map((name) => [name, steps[3]!.spanId]),
  );
  expect(served[1]!.start).toBeCloseTo(6023, 6);
  expect(servedSpans("server", {}, { frame: 3 }, 6030)).toEqual([]);
});

test("a frame without an answer is a span that failed, and says why", () => {
  const { latency: _, ...rest } = record;
  const [frame] = recordSpans({ ...rest, deadlineMet: false, why: "lost", parts: {} }, seed, 5000, 8000);
  expect(frame).toMatchObject({ start: 6000, end: 8000, failed: true, attributes: { "sei.why": "lost" } });
});

test("OpenTelemetry's variables say where spans go", () => {
  const of = (env: Record<string, string>): unknown => {
    const target = otlpTarget("camera", env);
    return target && [target.url.href, target.headers, target.service];
  };
  expect(of({})).toBeUndefined();
  const base = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://otel:4318/" };
  expect(of(base)).toEqual(["http://otel:4318/v1/traces", {}, "sei camera"]);
  expect(of({ ...base, OTEL_SDK_DISABLED: "TRUE" })).toBeUndefined();
  const more = { OTEL_EXPORTER_OTLP_HEADERS: "a=b,c = d%2C", OTEL_SERVICE_NAME: "line 1" };
  expect(of({ ...base, ...more, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://o/t" })).toEqual([
    "https://o/t",
    { a: "b", c: "d," },
    "line 1",
  ]);
  expect(() => of({ OTEL_EXPORTER_OTLP_ENDPOINT: "otel" })).toThrow("OTEL_EXPORTER_OTLP_ENDPOINT: expected http://");
  expect(() => of({ ...base, OTEL_EXPORTER_OTLP_HEADERS: "nothing" })).toThrow('expected key=value,..., got "nothing"');
  expect(() => of({ ...base, OTEL_EXPORTER_OTLP_HEADERS: "key=100%" })).toThrow("key: expected a value as in a URL");
});

test("spans that nobody takes are lost, and that is said once", async () => {
  const http = createServer((_, response) => response.writeHead(429).end());
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/v1/traces`);
  const warned: string[] = [];
  const exporter = new OtlpExporter({ url, headers: {}, service: "x" }, (text) => warned.push(text));
  const spans: Span[] = recordSpans(record, seed, 0, 0);
  for (let i = 0; i < 3; i++) {
    exporter.add(spans);
    await exporter.flush();
  }
  expect(warned).toEqual([`${url.href}: spans are lost: HTTP 429`]);
  await new Promise((resolve) => http.close(resolve));
});
