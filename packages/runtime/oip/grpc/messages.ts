/**
 * @file What the Open Inference Protocol, version 2, says over gRPC: fields and their numbers as KServe's
 * `open_inference_grpc.proto` and Triton's `grpc_service.proto` have them, and the standard health check.
 */
import { messageTypes, type Fields } from "./schema.ts";

const nothing: Fields = {};
const ofModel: Fields = { name: [1, "string"], version: [2, "string"] };
const duration: Fields = { count: [1, "uint64"], ns: [2, "uint64"] };

export const inference = messageTypes("inference", {
  Empty: nothing,
  ServerLiveResponse: { live: [1, "bool"] },
  ServerReadyResponse: { ready: [1, "bool"] },
  OfModel: ofModel,
  ModelReadyResponse: { ready: [1, "bool"] },
  ServerMetadataResponse: { name: [1, "string"], version: [2, "string"], extensions: [3, "repeated string"] },
  TensorMetadata: { name: [1, "string"], datatype: [2, "string"], shape: [3, "repeated int64"] },
  ModelMetadataResponse: {
    name: [1, "string"],
    versions: [2, "repeated string"],
    platform: [3, "string"],
    inputs: [4, "repeated TensorMetadata"],
    outputs: [5, "repeated TensorMetadata"],
  },
  InferParameter: {
    bool_param: [1, "oneof bool"],
    int64_param: [2, "oneof int64"],
    string_param: [3, "oneof string"],
    double_param: [4, "oneof double"],
    uint64_param: [5, "oneof uint64"],
  },
  InferTensorContents: {
    bool_contents: [1, "repeated bool"],
    int_contents: [2, "repeated int32"],
    int64_contents: [3, "repeated int64"],
    uint_contents: [4, "repeated uint32"],
    uint64_contents: [5, "repeated uint64"],
    fp32_contents: [6, "repeated float"],
    fp64_contents: [7, "repeated double"],
    bytes_contents: [8, "repeated bytes"],
  },
  InferTensor: {
    name: [1, "string"],
    datatype: [2, "string"],
    shape: [3, "repeated int64"],
    parameters: [4, "map InferParameter"],
    contents: [5, "InferTensorContents"],
  },
  InferRequestedOutputTensor: { name: [1, "string"], parameters: [2, "map InferParameter"] },
  ModelInferRequest: {
    model_name: [1, "string"],
    model_version: [2, "string"],
    id: [3, "string"],
    parameters: [4, "map InferParameter"],
    inputs: [5, "repeated InferTensor"],
    outputs: [6, "repeated InferRequestedOutputTensor"],
    raw_input_contents: [7, "repeated bytes"],
  },
  ModelInferResponse: {
    model_name: [1, "string"],
    model_version: [2, "string"],
    id: [3, "string"],
    parameters: [4, "map InferParameter"],
    outputs: [5, "repeated InferTensor"],
    raw_output_contents: [6, "repeated bytes"],
  },
  StatisticDuration: duration,
  InferStatistics: {
    success: [1, "StatisticDuration"],
    fail: [2, "StatisticDuration"],
    queue: [3, "StatisticDuration"],
    compute_input: [4, "StatisticDuration"],
    compute_infer: [5, "StatisticDuration"],
    compute_output: [6, "StatisticDuration"],
    cache_hit: [7, "StatisticDuration"],
    cache_miss: [8, "StatisticDuration"],
  },
  InferBatchStatistics: {
    batch_size: [1, "uint64"],
    compute_input: [2, "StatisticDuration"],
    compute_infer: [3, "StatisticDuration"],
    compute_output: [4, "StatisticDuration"],
  },
  ModelStatistics: {
    name: [1, "string"],
    version: [2, "string"],
    last_inference: [3, "uint64"],
    inference_count: [4, "uint64"],
    execution_count: [5, "uint64"],
    inference_stats: [6, "InferStatistics"],
    batch_stats: [7, "repeated InferBatchStatistics"],
  },
  ModelStatisticsResponse: { model_stats: [1, "repeated ModelStatistics"] },
});

/** `grpc.health.v1`, which Kubernetes asks; a status of 1 is SERVING. */
export const health = messageTypes("grpc.health.v1", {
  HealthCheckRequest: { service: [1, "string"] },
  HealthCheckResponse: { status: [1, "int32"] },
});
