/** @file The methods of the service, by path: what each reads, what it answers, who may ask. */
import { create, fromBinary, toBinary, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { RequestError } from "../error.ts";
import { metadataOf, modelVersion } from "../model.ts";
import { exchange, type Served, type Turns } from "../served.ts";
import { health, inference } from "./messages.ts";
import { readInfer, writeInfer, type ModelInferRequest } from "./infer.ts";

/** What calls share. */
export interface Service {
  served: readonly Served[];
  turns: Turns;
  /** Of the program. */
  version: string;
}

export interface Call {
  /** Health is told to everybody. */
  open?: true;
  /** Serialised in and out. */
  answer(request: Uint8Array, service: Service, gone: () => boolean): Uint8Array | Promise<Uint8Array>;
}

/** A call whose request is read and whose answer is written by these types. */
function call(
  request: DescMessage,
  response: DescMessage,
  answer: (given: unknown, service: Service, gone: () => boolean) => object | Promise<object>,
  open?: true,
): Call {
  return {
    ...(open && { open }),
    async answer(bytes, service, gone) {
      let given: unknown;
      try {
        given = fromBinary(request, bytes);
      } catch (error) {
        throw new RequestError(400, `expected a ${request.name}, but ${(error as Error).message.slice(0, 200)}`);
      }
      const fields = await answer(given, service, gone);
      return toBinary(response, create(response, fields as MessageInitShape<DescMessage>));
    },
  };
}

/** The model that a request names. */
function ofModel(service: Service, given: unknown): Served {
  const { name, version } = given as { name: string; version: string };
  return find(service, name, version);
}

function find({ served }: Service, name: string, version: string): Served {
  const found = served.find(({ model }) => model.name === name);
  const names = served.map(({ model }) => model.name).join(", ");
  if (!found) throw new RequestError(404, `"${name}" is no model here; expected ${names}`);
  if (version !== "" && version !== modelVersion)
    throw new RequestError(404, `"${name}" has version ${modelVersion} and no other`);
  return found;
}

const m = inference;
const scope = "/inference.GRPCInferenceService/";

export const calls: Readonly<Record<string, Call>> = {
  [`${scope}ServerLive`]: call(m.Empty, m.ServerLiveResponse, () => ({ live: true }), true),
  [`${scope}ServerReady`]: call(m.Empty, m.ServerReadyResponse, () => ({ ready: true }), true),
  "/grpc.health.v1.Health/Check": call(
    health.HealthCheckRequest,
    health.HealthCheckResponse,
    () => ({ status: 1 }),
    true,
  ),
  [`${scope}ServerMetadata`]: call(m.Empty, m.ServerMetadataResponse, (_, { version }) => ({
    name: "split-et-impera",
    version,
    extensions: ["statistics"],
  })),
  [`${scope}ModelReady`]: call(m.OfModel, m.ModelReadyResponse, (given, service) => {
    ofModel(service, given);
    return { ready: true };
  }),
  [`${scope}ModelMetadata`]: call(m.OfModel, m.ModelMetadataResponse, (given, service) =>
    wide(metadataOf(ofModel(service, given).model)),
  ),
  [`${scope}ModelStatistics`]: call(m.OfModel, m.ModelStatisticsResponse, (given, service) => {
    const asked = (given as { name: string }).name === "" ? service.served : [ofModel(service, given)];
    return { modelStats: asked.map(({ statistics }) => wide(statistics.all)) };
  }),
  [`${scope}ModelInfer`]: call(m.ModelInferRequest, m.ModelInferResponse, (request, service, gone) => {
    const given = request as ModelInferRequest;
    const found = find(service, given.modelName, given.modelVersion);
    const { model } = found;
    return service.turns.take(() =>
      exchange(found, {
        read: () => readInfer(given, model),
        write: (wanted, made) => writeInfer(model.name, wanted, made),
        gone,
      }),
    );
  }),
};

/** JSON's fields as Protocol Buffers have them: names in camel case, whole numbers of 64 bits. */
function wide(value: unknown): object {
  const change = (one: unknown): unknown => {
    if (typeof one === "number") return BigInt(one);
    if (Array.isArray(one)) return one.map(change);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(
      Object.entries(one).map(([name, inner]) => [
        name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
        change(inner),
      ]),
    );
  };
  return change(value) as object;
}
