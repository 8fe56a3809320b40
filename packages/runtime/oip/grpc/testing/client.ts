/** @file A client of the service that shares nothing with it: grpc-js, and messages by protobufjs. */
import { credentials, loadPackageDefinition, type ChannelCredentials, type Client, type Metadata } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";

type Field = { type: string; id: number; rule?: "repeated"; keyType?: string };
const one = (type: string, id: number): Field => ({ type, id });
const list = (type: string, id: number): Field => ({ type, id, rule: "repeated" });
const parameters = (id: number): Field => ({ keyType: "string", type: "InferParameter", id });
const tensor = {
  fields: {
    name: one("string", 1),
    datatype: one("string", 2),
    shape: list("int64", 3),
    parameters: parameters(4),
    contents: one("InferTensorContents", 5),
  },
};
const method = (requestType: string, responseType: string) => ({ requestType, responseType, comment: "" });

const definition = fromJSON(
  {
    nested: {
      inference: {
        nested: {
          GRPCInferenceService: {
            methods: {
              ServerLive: method("Nothing", "Live"),
              ServerMetadata: method("Nothing", "Metadata"),
              ModelReady: method("OfModel", "Ready"),
              ModelMetadata: method("OfModel", "ModelMetadata"),
              ModelStatistics: method("OfModel", "Statistics"),
              ModelInfer: method("Request", "Response"),
              ModelStreamInfer: method("Request", "Response"),
            },
          },
          Nothing: { fields: {} },
          Live: { fields: { live: one("bool", 1) } },
          Ready: { fields: { ready: one("bool", 1) } },
          Metadata: { fields: { name: one("string", 1), version: one("string", 2), extensions: list("string", 3) } },
          OfModel: { fields: { name: one("string", 1), version: one("string", 2) } },
          ModelMetadata: {
            fields: {
              name: one("string", 1),
              versions: list("string", 2),
              platform: one("string", 3),
              inputs: list("Tensor", 4),
              outputs: list("Tensor", 5),
            },
          },
          Duration: { fields: { count: one("uint64", 1), ns: one("uint64", 2) } },
          Stats: { fields: { success: one("Duration", 1), fail: one("Duration", 2), queue: one("Duration", 3) } },
          ModelStats: {
            fields: { name: one("string", 1), inference_count: one("uint64", 4), inference_stats: one("Stats", 6) },
          },
          Statistics: { fields: { model_stats: list("ModelStats", 1) } },
          InferParameter: {
            oneofs: { parameter_choice: { oneof: ["int64_param", "string_param"] } },
            fields: { int64_param: one("int64", 2), string_param: one("string", 3) },
          },
          InferTensorContents: {
            fields: {
              bool_contents: list("bool", 1),
              int64_contents: list("int64", 3),
              fp32_contents: list("float", 6),
            },
          },
          Tensor: tensor,
          Wanted: { fields: { name: one("string", 1) } },
          Request: {
            fields: {
              model_name: one("string", 1),
              model_version: one("string", 2),
              id: one("string", 3),
              parameters: parameters(4),
              inputs: list("Tensor", 5),
              outputs: list("Wanted", 6),
              raw_input_contents: list("bytes", 7),
            },
          },
          Response: {
            fields: {
              model_name: one("string", 1),
              model_version: one("string", 2),
              id: one("string", 3),
              outputs: list("Tensor", 5),
              raw_output_contents: list("bytes", 6),
            },
          },
        },
      },
    },
  },
  { keepCase: true, longs: Number, defaults: true },
);

type Method = (request: object, metadata: Metadata, done: (error: Error | null, answer: object) => void) => void;
const { inference } = loadPackageDefinition(definition) as unknown as {
  inference: { GRPCInferenceService: new (address: string, secured: ChannelCredentials, options?: object) => Client };
};

/** @param url of the server, `grpc://ADDRESS:PORT` */
export const clientOf = (url: string, secured = credentials.createInsecure(), options = {}): Client =>
  new inference.GRPCInferenceService(url.replace(/^grpcs?:\/\//, ""), secured, options);

export function ask<T>(client: Client, name: string, request: object, metadata: Metadata): Promise<T> {
  const method = (client as unknown as Record<string, Method>)[name]!.bind(client);
  return new Promise((resolve, reject) => {
    method(request, metadata, (error, answer) => (error ? reject(error) : resolve(answer as T)));
  });
}
