/** @file Requests to infer: the three forms, and everything that is refused, with its reason. */
import { describe, expect, test } from "vitest";
import { RequestError } from "./error.ts";
import { mostMessageBytes, type ServedModel } from "./model.ts";
import { readRequest } from "./request.ts";
import { writeResponse } from "./response.ts";
import { adds, bodyOf, bytes, mixed, x } from "./testing/models.ts";

const json = (request: unknown): Uint8Array => bodyOf(request).body;

test("numbers in JSON, flat or nested, and the id", () => {
  for (const data of [[1, 2, 3], [[1, 2, 3]]]) {
    const { id, feeds, outputs, timeout } = readRequest(
      json({ id: "7", inputs: [{ ...x, data }], parameters: { priority: 3, timeout: 0 } }),
      undefined,
      adds,
    );
    expect(id).toBe("7");
    expect(feeds).toEqual({ x: { type: "float32", dims: [1, 3], data: Float32Array.of(1, 2, 3) } });
    expect(outputs.map(({ port, binary }) => [port.tensor, binary])).toEqual([
      ["sum", false],
      ["twice", false],
    ]);
    expect(timeout).toBeUndefined();
  }
});

test("bytes behind the JSON, in the order of the inputs, mixed with numbers", () => {
  const inputs = [
    { name: "b", shape: [3], datatype: "BOOL", parameters: { binary_data_size: 3 } },
    { name: "f", shape: [2, 2], datatype: "FP32", data: [1, 2, 3, 4.5] },
    { name: "h", shape: [2], datatype: "FP16", parameters: { binary_data_size: 4 } },
    { name: "i", shape: [2], datatype: "INT64", data: [-5, 2 ** 53 - 1] },
  ];
  const outputs = [{ name: "i" }, { name: "h", parameters: { binary_data: true } }];
  const { body, header } = bodyOf({ inputs, outputs }, Uint8Array.of(1, 0, 1), Uint8Array.of(1, 2, 3, 4));
  const request = readRequest(body, header, mixed);
  expect(request.feeds["b"]!.data).toEqual(Uint8Array.of(1, 0, 1));
  expect(request.feeds["h"]!.data).toEqual(Uint16Array.of(0x0201, 0x0403));
  expect(request.feeds["i"]!.data).toEqual(BigInt64Array.of(-5n, 2n ** 53n - 1n));
  const { headers, parts } = writeResponse("mixed", request, request.feeds);
  expect(JSON.parse(Buffer.from(parts[0]!).toString())).toEqual({
    model_name: "mixed",
    model_version: "1",
    outputs: [
      { name: "i", datatype: "INT64", shape: [2], data: [-5, 2 ** 53 - 1] },
      { name: "h", datatype: "FP16", shape: [2], parameters: { binary_data_size: 4 } },
    ],
  });
  expect(parts[1]).toEqual(Uint8Array.of(1, 2, 3, 4));
  expect(headers).toEqual({
    "Content-Type": "application/octet-stream",
    "Content-Length": String(parts[0]!.length + 4),
    "Inference-Header-Content-Length": String(parts[0]!.length),
  });
});

test("the one input's bytes alone: answers are bytes too", () => {
  const { feeds, outputs } = readRequest(bytes(1, 2, 3), 0, adds);
  expect(feeds["x"]!.data).toEqual(Float32Array.of(1, 2, 3));
  expect(outputs.every(({ binary }) => binary)).toBe(true);
});

test("bytes stand where they stand: no alignment is needed", () => {
  const { body, header } = bodyOf(
    { id: "odd", inputs: [{ ...x, parameters: { binary_data_size: 12 } }] },
    bytes(1, 2, 3),
  );
  expect(header % 4).not.toBe(0);
  expect(readRequest(body, header, adds).feeds["x"]!.data).toEqual(Float32Array.of(1, 2, 3));
});

const binary = { binary_data_size: 12 };
test.each<[string, Uint8Array, number | undefined, string, ServedModel?]>([
  ["no JSON", Buffer.from("{"), undefined, "expected a JSON object, but "],
  ["no UTF-8", Buffer.from([0x22, 0xff, 0x22]), undefined, "expected a JSON object, but "],
  ["a list", json([]), undefined, "the request: expected an object"],
  ["no inputs", json({}), undefined, "inputs: expected a list of at most 1, got nothing"],
  ["an input missing", json({ inputs: [] }), undefined, 'inputs: "x" is missing'],
  [
    "another name",
    json({ inputs: [{ ...x, name: "__proto__", data: [1, 2, 3] }] }),
    undefined,
    "inputs[0].name: expected one of x, got",
  ],
  [
    "another shape",
    json({ inputs: [{ ...x, shape: [3], data: [1, 2, 3] }] }),
    undefined,
    'input "x": shape: expected [1, 3], got',
  ],
  [
    "another type",
    json({ inputs: [{ ...x, datatype: "FP64", data: [1, 2, 3] }] }),
    undefined,
    'input "x": datatype: expected FP32, got',
  ],
  ["too few", json({ inputs: [{ ...x, data: [1, 2] }] }), undefined, "expected a flat array, or arrays nested as"],
  ["no number", json({ inputs: [{ ...x, data: [1, 2, null] }] }), undefined, "element 2: expected FP32, got null"],
  ["beyond the type", json({ inputs: [{ ...x, data: [1, 2, 1e300] }] }), undefined, "element 2: expected FP32"],
  ["both", json({ inputs: [{ ...x, data: [1, 2, 3], parameters: binary }] }), undefined, "expected either data or"],
  ["neither", json({ inputs: [x] }), undefined, "expected either data or"],
  [
    "another size",
    json({ inputs: [{ ...x, parameters: { binary_data_size: 2 ** 40 } }] }),
    undefined,
    "binary_data_size: expected 12, got",
  ],
  ["no bytes", json({ inputs: [{ ...x, parameters: binary }] }), undefined, 'input "x": expected 12 bytes, got 0'],
  ["a header longer than all", json({}), 99, "Inference-Header-Content-Length: expected at most"],
  ["raw, too short", bytes(1, 2), 0, 'input "x": expected 12 bytes, got 8'],
  ["raw, of several", bytes(1, 2), 0, "a body of bytes alone is for models of one input, this has 4", mixed],
  ["a negative time", json({ parameters: { timeout: -1 } }), undefined, "parameters.timeout: expected a whole number"],
  ["an id of numbers", json({ id: 7 }), undefined, "id: expected a string, got 7"],
  [
    "an unknown output",
    json({ inputs: [{ ...x, data: [1, 2, 3] }], outputs: [{ name: "y" }] }),
    undefined,
    "outputs[0].name: expected one of sum, twice, got",
  ],
  [
    "an output twice",
    json({ inputs: [{ ...x, data: [1, 2, 3] }], outputs: [{ name: "sum" }, { name: "sum" }] }),
    undefined,
    "outputs: one stands there twice",
  ],
])("%s is refused", (_, body, header, message, model = adds) => {
  const read = () => readRequest(body, header, model);
  expect(read).toThrow(RequestError);
  expect(read).toThrow(message);
});

test("bytes behind what was named are refused", () => {
  const { body, header } = bodyOf({ inputs: [{ ...x, parameters: binary }] }, bytes(1, 2, 3, 4));
  expect(() => readRequest(body, header, adds)).toThrow("expected 12 bytes behind the JSON object, got 16");
});

test("JSON has no NaN and no half floats: an output that has is refused as JSON", () => {
  const wanted = (data: number[]) => {
    const outputs = [{ port: adds.outputs[1]!, binary: false }];
    const made = { twice: { type: "float32" as const, dims: [1, 3], data: Float32Array.from(data) } };
    return () => writeResponse("adds", { feeds: {}, outputs }, made);
  };
  expect(wanted([1, Number.NaN, 3])).toThrow('output "twice": holds NaN or infinite values');
  expect(wanted([1, 2, 3])).not.toThrow();
});

describe("the largest request", () => {
  test("is bounded by what goes in", () => {
    expect(mostMessageBytes(adds.inputs)).toBe(65_536 + 3 * 32);
    expect(mostMessageBytes(mixed.inputs)).toBe(65_536 + (4 + 2 + 3 + 2) * 32);
  });
  test("holds the longest numbers there are", () => {
    const longest = json({ inputs: [{ ...x, data: [-1.1754943508222875e-38, -1.1754943508222875e-38, -0.5] }] });
    expect(longest.length).toBeLessThan(mostMessageBytes(adds.inputs));
  });
});
