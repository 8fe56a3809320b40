/** @file Traces of frames for OpenTelemetry, where an exporter is configured: `OTEL_EXPORTER_OTLP_ENDPOINT`. */
import type { FrameRecord, RunningHost, ServedFrame } from "@split-et-impera/runtime/host";
import { newTraceSeed, traceparentOf } from "./names.ts";
import { OtlpExporter, otlpTarget } from "./otlp.ts";
import { recordSpans, servedSpans } from "./spans.ts";

export interface Tracing extends AsyncDisposable {
  /** For a host that captures: what its traces are named by. */
  seed: Uint8Array<ArrayBuffer>;
  /** Of a frame that was captured here. */
  record(record: FrameRecord, running: Pick<RunningHost, "began">): void;
  /** Of another host's. */
  served(parts: FrameRecord["parts"], frame: ServedFrame): void;
  traceparent(frame: number): string;
}

/**
 * Undefined where no exporter is configured. Disposing it sends what still waits, for some seconds.
 * @throws InputError as {@link otlpTarget} does
 */
export function openTracing(host: string, warn: (text: string) => void): Tracing | undefined {
  const target = otlpTarget(host);
  if (!target) return undefined;
  const exporter = new OtlpExporter(target, warn);
  const seed = newTraceSeed();
  return {
    seed,
    record: (record, { began }) => exporter.add(recordSpans(record, seed, began, Date.now())),
    served: (parts, frame) => exporter.add(servedSpans(host, parts, frame, Date.now())),
    traceparent: (frame) => traceparentOf(seed, frame),
    [Symbol.asyncDispose]: () => exporter.end(),
  };
}
