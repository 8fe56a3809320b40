/** @file Protections: what is added to messages that go as datagrams. */
export { leastParity, type AutoSpec } from "./auto.ts";
export { failureProbability, type Layout, type PacketLoss } from "./failure.ts";
export type { NoneSpec } from "./none.ts";
export { parseProtection, protectionForms, protectionName } from "./phrase.ts";
export type { PacketPlan, ProtectionField, ProtectionRow, Watch } from "./protection.ts";
export type { ReedSolomonSpec } from "./reed-solomon.ts";
export type { RepeatSpec } from "./repeat.ts";
export {
  messageFailure,
  packetPlan,
  protectionKinds,
  protectionProblem,
  protections,
  type ProtectionKind,
  type ProtectionSpec,
} from "./table.ts";
export type { XorSpec } from "./xor.ts";
