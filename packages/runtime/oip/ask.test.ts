/** @file Answers of other servers: read where they are what was asked for, refused with the reason where they are not. */
import { expect, test } from "vitest";
import { InputError } from "@split-et-impera/core/errors";
import { float32 } from "@split-et-impera/core/tensor";
import { mostMessageBytes } from "./model.ts";
import { errorOf, metadataFault, readAnswerBody, takesBytes, writeRequest } from "./ask.ts";
import { metadataOf } from "./model.ts";
import { readRequest } from "./request.ts";
import { adds, bodyOf, bytes, mixed } from "./testing/models.ts";
import { modelUrl } from "./url.ts";

const sum = { name: "sum", datatype: "FP32", shape: [1, 1] };
const twice = { name: "twice", datatype: "FP32", shape: [1, 3] };

test("what is asked is what the server reads", () => {
  const asked = writeRequest(adds, { x: float32([1, 3], [1, 2, 3]) }, { timeout: 1234.4, binary: true });
  const header = Number(asked.headers["Inference-Header-Content-Length"]);
  const { feeds, timeout, outputs } = readRequest(Buffer.concat(asked.parts), header, adds);
  expect(feeds["x"]!.data).toEqual(Float32Array.of(1, 2, 3));
  expect(timeout).toBe(1234);
  expect(outputs).toEqual(adds.outputs.map((port) => ({ port, binary: true })));
});

test("a server that knows no bytes is asked in numbers, and says so by its extensions", () => {
  const x = float32([1, 3], [1 / 3, -2e-30, 3]);
  const asked = writeRequest(adds, { x }, { timeout: 10, binary: false });
  expect(asked.headers).toEqual({ "Content-Type": "application/json" });
  const { feeds, outputs } = readRequest(Buffer.concat(asked.parts), undefined, adds);
  expect(feeds["x"]!.data).toEqual(x.data);
  expect(outputs).toEqual(adds.outputs.map((port) => ({ port, binary: false })));
  const said = (extensions: unknown): Buffer => Buffer.from(JSON.stringify({ name: "other", extensions }));
  expect(takesBytes(200, said([]))).toBe(false);
  expect(takesBytes(200, said(["statistics", "binary_tensor_data"]))).toBe(true);
  expect(takesBytes(200, said(undefined))).toBe(true);
  expect(takesBytes(404, Buffer.from("nothing"))).toBe(true);
  expect(() => writeRequest(adds, { x: float32([1, 3], [NaN, 0, 0]) }, { timeout: 1, binary: false })).toThrow("NaN");
  const halves = { ...adds, inputs: [{ ...adds.inputs[0]!, type: "float16" as const }] };
  expect(metadataFault(bodyOf(metadataOf(halves)).body, halves, false)).toMatch(/"x" is FP16, .* binary_tensor_data$/);
  expect(metadataFault(bodyOf(metadataOf(halves)).body, halves)).toBeUndefined();
});

test("bytes, numbers, another order and outputs that nobody asked for", () => {
  const other = { name: "other", datatype: "FP64", shape: [1], parameters: { binary_data_size: 8 } };
  const { body, header } = bodyOf(
    { outputs: [{ ...other }, { ...twice, parameters: { binary_data_size: 12 } }, { ...sum, data: [6] }] },
    new Uint8Array(8),
    bytes(2, 4, 6),
  );
  const found = readAnswerBody(body, header, adds);
  expect(found["sum"]!.data).toEqual(Float32Array.of(6));
  expect(found["twice"]!.data).toEqual(Float32Array.of(2, 4, 6));
  expect(body.length).toBeLessThan(mostMessageBytes(adds.outputs));
});

test.each<[string, unknown, Uint8Array, string]>([
  ["none", {}, bytes(), 'output "sum" is missing'],
  ["another shape", { outputs: [{ ...sum, shape: [1] }] }, bytes(), 'output "sum": expected FP32 [1, 1], got'],
  ["another type", { outputs: [{ ...sum, datatype: "FP64" }] }, bytes(), 'output "sum": expected FP32'],
  [
    "too few bytes",
    { outputs: [{ ...sum, parameters: { binary_data_size: 4 } }] },
    new Uint8Array(3),
    'output "sum": expected 4 bytes, got 3',
  ],
  ["neither bytes nor numbers", { outputs: [sum] }, bytes(), "data: expected an array"],
])("%s is refused", (_, json, behind, message) => {
  const { body, header } = bodyOf(json, behind);
  const read = () => readAnswerBody(body, header, adds);
  expect(read).toThrow(InputError);
  expect(read).toThrow(message);
});

test("a model is the one that is meant by its tensors; -1 is any size", () => {
  const say = (metadata: unknown): string | undefined => metadataFault(bodyOf(metadata).body, adds);
  expect(say(metadataOf(adds))).toBeUndefined();
  const open = { inputs: [{ name: "x", datatype: "FP32", shape: [-1, 3] }], outputs: [twice, sum] };
  expect(say(open)).toBeUndefined();
  expect(say({ ...open, inputs: [] })).toBe("expected 1 inputs, the model has 0");
  expect(say({ ...open, outputs: [sum] })).toBe('expected "twice" FP32 [1, 3] among its outputs, the model has none');
  expect(say(metadataOf(mixed))).toBe("expected 1 inputs, the model has 4");
  expect(say({ ...open, outputs: [sum, { ...twice, shape: [1, 4] }] })).toMatch(/the model has "?FP32"? \[1,4\]/);
});

test("errors in the server's words, or the status alone", () => {
  expect(errorOf(503, bodyOf({ error: "too many" }).body)).toMatchObject({
    status: 503,
    message: "HTTP 503: too many",
  });
  expect(errorOf(502, Buffer.from("<html>")).message).toBe("HTTP 502");
});

test("URLs of models", () => {
  expect(modelUrl("http://10.0.0.2:8000/v2/models/tail")?.port).toBe("8000");
  expect(modelUrl("https://triton.local/proxy/v2/models/tail/versions/1")?.pathname).toBe(
    "/proxy/v2/models/tail/versions/1",
  );
  for (const text of [
    "http://10.0.0.2:8000",
    "http://10.0.0.2/v2/models/",
    "http://a:b@10.0.0.2/v2/models/tail",
    "http://10.0.0.2/v2/models/tail?x",
    "ftp://10.0.0.2/v2/models/tail",
    "http://10.0.0.2:99999/v2/models/tail",
  ])
    expect(modelUrl(text)).toBeUndefined();
});
