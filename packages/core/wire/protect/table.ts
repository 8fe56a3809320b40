/** @file The table of protections: a file and a row each. A study's words, its schema and its documentation are made from it. */
import { internal } from "../../errors/index.ts";
import { auto, type AutoSpec } from "./auto.ts";
import { failureProbability, type PacketLoss } from "./failure.ts";
import { none, type NoneSpec } from "./none.ts";
import type { PacketPlan, ProtectionRow } from "./protection.ts";
import { reedSolomon, type ReedSolomonSpec } from "./reed-solomon.ts";
import { fullRanges } from "./ranges.ts";
import { repeat, type RepeatSpec } from "./repeat.ts";
import { xor, type XorSpec } from "./xor.ts";

export const protections: { readonly [K in ProtectionKind]: ProtectionRow<Extract<ProtectionSpec, { kind: K }>> } = {
  none,
  xor,
  "reed-solomon": reedSolomon,
  repeat,
  auto,
};

export type ProtectionKind = ProtectionSpec["kind"];
export const protectionKinds = Object.keys(protections) as [ProtectionKind, ...ProtectionKind[]];

/** A protection with its parameters, as plain JSON: all that both ends need beside the message's size. */
export type ProtectionSpec = NoneSpec | XorSpec | ReedSolomonSpec | RepeatSpec | AutoSpec;

function rowOf(kind: string): ProtectionRow<ProtectionSpec> {
  if (!Object.hasOwn(protections, kind)) throw internal(`unknown protection ${kind}`);
  return protections[kind as ProtectionKind];
}

/**
 * How a message travels.
 * @param bytes of the message
 * @param payload most bytes of a packet
 */
export const packetPlan = (spec: ProtectionSpec, bytes: number, payload: number): PacketPlan =>
  rowOf(spec.kind).plan(spec, bytes, payload);

/** The probability that a message is not whole where packets are lost like this, each packet being one IP packet. */
export const messageFailure = (spec: ProtectionSpec, bytes: number, payload: number, loss: PacketLoss): number => {
  const { count } = fullRanges(bytes, payload);
  return failureProbability(count, rowOf(spec.kind).layout(spec, count), loss);
};

/** What is wrong with parameters that fit the fields of their kind. */
export const protectionProblem = (spec: ProtectionSpec): string | undefined => rowOf(spec.kind).problem?.(spec);
