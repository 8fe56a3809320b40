/** @file The table of protections. */
import { none } from "./none.ts";
import type { ProtectionRow } from "./protection.ts";

export const protections = { none } as const satisfies Record<string, ProtectionRow>;
export type ProtectionKind = keyof typeof protections;
export type { PacketPlan, ProtectionRow } from "./protection.ts";
