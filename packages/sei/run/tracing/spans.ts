/** @file The spans of a frame, on the host that captured it and on one that served it: one for each step. */
import type { FrameRecord, ServedFrame } from "@split-et-impera/runtime/host";
import { namesOf } from "./names.ts";

export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** Milliseconds since 1970. */
  start: number;
  end: number;
  attributes: Record<string, string | number | boolean>;
  /** Whether it came to nothing. */
  failed?: boolean;
}

/** Spans of one trace, each behind the one before. */
function inTurn(
  seed: Uint8Array,
  frame: number,
  { parent, from }: { parent: string; from: number },
  parts: readonly (readonly [name: string, id: string, seconds: number | undefined])[],
): Span[] {
  const { traceId, spanId } = namesOf(seed, frame);
  const parentSpanId = spanId(parent);
  let end = from;
  return parts.flatMap(([name, id, seconds]): Span[] => {
    if (seconds === undefined) return [];
    const start = end;
    end += 1e3 * seconds;
    return [{ traceId, spanId: spanId(id), parentSpanId, name, start, end, attributes: {} }];
  });
}

/**
 * `frame` from its capture to the answer, and in it `wait`, `head`, `encode`, and `wire` from sending to the answer, of which what other
 * hosts do is a part.
 * @param began when records count from, ms since 1970
 * @param now ms, when the record was made
 */
export function recordSpans(record: FrameRecord, seed: Uint8Array, began: number, now: number): Span[] {
  const { frame, captured, latency, parts, deadlineMet, exit, fallback, why, missing, bytes } = record;
  const { traceId, spanId } = namesOf(seed, frame);
  const start = began + 1e3 * captured;
  const { wait, head, encode, network, remoteWait = 0, decode = 0, tail = 0 } = parts;
  const wire = network === undefined ? undefined : network + remoteWait + decode + tail;
  return [
    {
      traceId,
      spanId: spanId("frame"),
      name: "frame",
      start,
      end: latency === undefined ? Math.max(start, now) : start + 1e3 * latency,
      attributes: {
        "sei.frame": frame,
        "sei.deadline_met": deadlineMet,
        "sei.bytes": bytes,
        "sei.datagrams_missing": missing,
        ...(exit && { "sei.exit": true }),
        ...(fallback && { "sei.fallback": fallback }),
        ...(why !== undefined && { "sei.why": why }),
      },
      failed: latency === undefined && why !== "elsewhere",
    },
    ...inTurn(seed, frame, { parent: "frame", from: start }, [
      ["wait", "wait", wait],
      ["head", "head", head],
      ["encode", "encode", encode],
      ["wire", "wire", wire],
    ]),
  ];
}

/**
 * `wait`, `decode` and `tail` within the frame's `wire`; nothing where the frame is not traced.
 * @param now ms, when all was done
 */
export function servedSpans(
  host: string,
  { wait = 0, decode = 0, tail = 0 }: FrameRecord["parts"],
  { frame, traceSeed }: ServedFrame,
  now: number,
): Span[] {
  if (!traceSeed) return [];
  const from = now - 1e3 * (wait + decode + tail);
  return inTurn(traceSeed, frame, { parent: "wire", from }, [
    ["wait", `${host}/wait`, wait],
    ["decode", `${host}/decode`, decode],
    ["tail", `${host}/tail`, tail],
  ]);
}
