/** @file Spans to a collector of OpenTelemetry: OTLP over HTTP as JSON, version 1 of its protocol. */
import { InputError } from "@split-et-impera/core/errors";
import { version } from "../../version.ts";
import { post, postMilliseconds } from "../post.ts";
import { unescaped } from "../unescaped.ts";
import { Losses } from "../sinks/sink.ts";
import type { Span } from "./spans.ts";

/** Where spans go, and who they are from, as OpenTelemetry's variables say. */
export interface OtlpTarget {
  url: URL;
  headers: Record<string, string>;
  service: string;
}

/** Spans that wait at most, and that go in one request. */
const mostWaiting = 8192;
const mostAtOnce = 1024;
const pauseMilliseconds = 1000;

/**
 * Undefined where no exporter is configured.
 * @throws InputError `ERR_USAGE` for an endpoint that is no URL, or headers that are none
 */
export function otlpTarget(host: string, env: NodeJS.ProcessEnv = process.env): OtlpTarget | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = env;
  if (env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true" || !(own || base)) return undefined;
  const [name, text] = own
    ? ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own]
    : ["OTEL_EXPORTER_OTLP_ENDPOINT", `${base!.replace(/\/$/, "")}/v1/traces`];
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new InputError("ERR_USAGE", `${name}: expected http://HOST:4318 or https://..., got "${own || base}"`);
  const headers = pairs("OTEL_EXPORTER_OTLP_HEADERS", env["OTEL_EXPORTER_OTLP_HEADERS"]);
  return { url, headers, service: env["OTEL_SERVICE_NAME"] || `sei ${host}` };
}

/** `key=value,key=value`, values as in a URL. */
function pairs(name: string, text = ""): Record<string, string> {
  return Object.fromEntries(
    text.split(",").flatMap((pair) => {
      if (pair.trim() === "") return [];
      const [, key, value] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
      if (key === undefined) throw new InputError("ERR_USAGE", `${name}: expected key=value,..., got "${pair.trim()}"`);
      const plain = unescaped(value!);
      // It may be a secret: it is not told.
      if (plain === undefined)
        throw new InputError("ERR_USAGE", `${name}: ${key}: expected a value as in a URL, with % as %25`);
      return [[key, plain]];
    }),
  );
}

export class OtlpExporter {
  private readonly target: OtlpTarget;
  private readonly losses: Losses;
  private waiting: Span[] = [];
  private sending: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Once it ends: of all requests that are still to be made. */
  private ending: AbortSignal | undefined;

  constructor(target: OtlpTarget, warn: (text: string) => void) {
    this.target = target;
    this.losses = new Losses(target.url.href, "spans", warn);
  }

  /** Never waits: what is not taken in time is lost, and counted. */
  add(spans: readonly Span[]): void {
    const room = mostWaiting - this.waiting.length;
    this.waiting.push(...spans.slice(0, room));
    if (spans.length > room) this.losses.add(spans.length - room, "they come faster than they are taken");
    this.timer ??= setTimeout(() => void this.flush(), pauseMilliseconds).unref();
  }

  /** Sends all that waits. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await (this.sending ??= this.sendAll());
  }

  /** Sends what waits, and gives up what a collector that hangs does not take. */
  async end(): Promise<void> {
    this.ending = AbortSignal.timeout(postMilliseconds);
    await this.flush();
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0) await this.post(this.waiting.splice(0, mostAtOnce));
    this.sending = undefined;
  }

  private async post(spans: readonly Span[]): Promise<void> {
    const { url, headers, service } = this.target;
    const body = JSON.stringify(traceRequest(service, spans));
    const refused = await post(url, { "content-type": "application/json", ...headers }, body, this.ending);
    if (refused !== undefined) this.losses.add(spans.length, refused);
  }
}

/** An ExportTraceServiceRequest (opentelemetry-proto, trace/v1) in the JSON form of OTLP. */
function traceRequest(service: string, spans: readonly Span[]): unknown {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ "service.name": service }) },
        scopeSpans: [{ scope: { name: "split-et-impera", version }, spans: spans.map(spanOf) }],
      },
    ],
  };
}

/** SPAN_KIND_INTERNAL; STATUS_CODE_ERROR. */
const kind = 1;
const failed = { code: 2 };

const spanOf = ({ start, end, attributes, failed: nothing, ...names }: Span): unknown => ({
  ...names,
  kind,
  startTimeUnixNano: nanoseconds(start),
  endTimeUnixNano: nanoseconds(end),
  attributes: attributesOf(attributes),
  ...(nothing === true && { status: failed }),
});

/** 64-bit numbers are texts there. */
const nanoseconds = (milliseconds: number): string => String(BigInt(Math.round(milliseconds * 1e3)) * 1000n);

const attributesOf = (attributes: Span["attributes"]): unknown[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));

function valueOf(value: Span["attributes"][string]): unknown {
  if (typeof value === "string") return { stringValue: value };
  return typeof value === "boolean" ? { boolValue: value } : { intValue: String(value) };
}
