/** @file What clients of the Open Inference Protocol may send: requests to infer, and bytes to the port. */
import { create, toBinary } from "@bufbuild/protobuf";
import { once } from "node:events";
import { connect } from "node:net";
import { InputError } from "../../packages/core/dist/errors/index.js";
import type { Random } from "../../packages/core/random/index.ts";
import { errorOf, metadataFault, readAnswerBody } from "../../packages/runtime/dist/oip/ask.js";
import { calls } from "../../packages/runtime/dist/oip/grpc/calls.js";
import { inference } from "../../packages/runtime/dist/oip/grpc/messages.js";
import { serveOip, type OipServer } from "../../packages/runtime/dist/oip/index.js";
import { countedModel, Turns } from "../../packages/runtime/dist/oip/served.js";
import { readRequest } from "../../packages/runtime/dist/oip/request.js";
import { adds, bodyOf, bytes, mixed, x } from "../../packages/runtime/oip/testing/models.ts";
import { mutateBytes } from "../mutate/bytes.ts";
import { mutateTree } from "../mutate/tree.ts";
import type { Target } from "../target.ts";

interface Request {
  json: unknown;
  parts: Uint8Array[];
  model: "adds" | "mixed";
}

const seeds: readonly Request[] = [
  { json: { id: "7", inputs: [{ ...x, data: [1, 2, 3] }] }, parts: [], model: "adds" },
  {
    json: {
      parameters: { timeout: 5e6, binary_data_output: true },
      inputs: [{ ...x, parameters: { binary_data_size: 12 } }],
      outputs: [{ name: "sum", parameters: { binary_data: false } }],
    },
    parts: [bytes(1, 2, 3)],
    model: "adds",
  },
  {
    json: {
      inputs: [
        {
          name: "f",
          shape: [2, 2],
          datatype: "FP32",
          data: [
            [1, 2],
            [3, 4],
          ],
        },
        { name: "i", shape: [2], datatype: "INT64", data: [-5, 5] },
        { name: "b", shape: [3], datatype: "BOOL", parameters: { binary_data_size: 3 } },
        { name: "h", shape: [2], datatype: "FP16", parameters: { binary_data_size: 4 } },
      ],
    },
    parts: [Uint8Array.of(1, 0, 1), Uint8Array.of(1, 2, 3, 4)],
    model: "mixed",
  },
];

/** A changed tree, or changed bytes; now and then another length of the header. */
function changed(
  { json, parts, model }: Request,
  random: Random,
): { body: Uint8Array; header?: number } & Pick<Request, "model"> {
  const tree = random.integer(4) > 0;
  const { body, header } = bodyOf(tree ? (mutateTree(json, random) ?? null) : json, ...parts);
  const length = random.integer(8) === 0 ? random.integer(body.length + 9) : header;
  const given = parts.length === 0 && random.integer(2) === 0 ? {} : { header: length };
  return { body: tree ? body : mutateBytes(body, random), ...given, model };
}

const answers: readonly Request[] = [
  {
    json: {
      outputs: [
        { name: "sum", datatype: "FP32", shape: [1, 1], data: [6] },
        { name: "twice", datatype: "FP32", shape: [1, 3], parameters: { binary_data_size: 12 } },
      ],
    },
    parts: [bytes(1, 2, 3)],
    model: "adds",
  },
  {
    json: {
      inputs: [{ ...x, shape: [-1, 3] }],
      outputs: [
        { name: "twice", datatype: "FP32", shape: [-1, 3] },
        { name: "sum", datatype: "FP32", shape: [-1, 1] },
      ],
    },
    parts: [],
    model: "adds",
  },
];

const ofAdds = { name: "x", datatype: "FP32", shape: [1n, 3n] };
const grpcSeeds: readonly Uint8Array[] = [
  { inputs: [ofAdds], rawInputContents: [bytes(1, 2, 3)], id: "7" },
  { inputs: [{ ...ofAdds, contents: { fp32Contents: [1, 2, 3] } }], outputs: [{ name: "sum" }] },
].map((fields) =>
  toBinary(inference.ModelInferRequest, create(inference.ModelInferRequest, { modelName: "adds", ...fields })),
);

let port: Promise<OipServer> | undefined;
const http = (body: Uint8Array, header?: number): Uint8Array =>
  Buffer.concat([
    Buffer.from(
      `POST /v2/models/adds/infer HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n${
        header === undefined ? "" : `Inference-Header-Content-Length: ${header}\r\n`
      }\r\n`,
    ),
    body,
  ]);

export const oip: readonly Target[] = [
  {
    name: "request to infer",
    share: 20_000,
    seeds: () => seeds,
    mutate: (seed, random) => changed(seed as Request, random),
    read(input) {
      const { body, header, model } = input as ReturnType<typeof changed>;
      readRequest(body, header, model === "adds" ? adds : mixed);
    },
  },
  {
    name: "request to infer over gRPC",
    share: 20_000,
    seeds: () => grpcSeeds,
    mutate: (seed, random) => mutateBytes(seed as Uint8Array, random),
    async read(input) {
      const service = { served: [adds, mixed].map(countedModel), turns: new Turns(), version: "1" };
      await calls["/inference.GRPCInferenceService/ModelInfer"]!.answer(input as Uint8Array, service, () => false);
    },
  },
  {
    name: "answer of another server",
    share: 10_000,
    seeds: () => answers,
    mutate: (seed, random) => changed(seed as Request, random),
    read(input) {
      const { body, header } = input as ReturnType<typeof changed>;
      errorOf(400, body);
      if (metadataFault(body, adds) !== undefined) readAnswerBody(body, header, adds);
    },
  },
  {
    name: "port of the Open Inference Protocol",
    share: 3000,
    seeds: () =>
      seeds
        .filter(({ model }) => model === "adds")
        .map(({ json, parts }) => bodyOf(json, ...parts))
        .map(({ body, header }) => http(body, header === body.length ? undefined : header)),
    mutate: (seed, random) => (random.integer(20) === 0 ? seed : mutateBytes(seed as Uint8Array, random)),
    async read(input) {
      const trust = { kind: "insecure", host: "server", anywhere: false } as const;
      port ??= serveOip({ host: "127.0.0.1", port: 0 }, { models: [adds, mixed], version: "1", trust });
      const at = Number(new URL((await port).url).port);
      const socket = connect(at, "127.0.0.1", () => void socket.end(input as Uint8Array));
      let said = "";
      socket.on("error", () => undefined).on("data", (data: Buffer) => (said += data.toString("latin1")));
      await once(socket, "close");
      if (said.startsWith("HTTP/1.1 200")) return;
      if (said.startsWith("HTTP/1.1 500")) throw new Error(said);
      throw new InputError("ERR_MESSAGE", said.slice(0, 200));
    },
  },
];
