/** @file Tensors on the wire: codecs, packets, what is made of a message of which some are lost. */
export {
  calibrate,
  createCalibrator,
  type Calibration,
  type CalibrationOptions,
  type Calibrator,
} from "./calibrate.ts";
export { float32Bytes } from "./bytes.ts";
export type { PerChannel } from "./channels.ts";
export type { Codec, CodecRow, ParameterField, Restored } from "./codec.ts";
export {
  calibratedCodec,
  codecKinds,
  codecProblem,
  codecs,
  openCodec,
  shortestOf,
  type CalibratedOptions,
  type CodecKind,
  type CodecParameters,
} from "./codecs/index.ts";
export { leastUnit } from "./codecs/units.ts";
export { concealments, usualConcealment, type ConcealmentKind, type ConcealmentRow } from "./conceal/index.ts";
export {
  ANSWER_TIMES,
  FRAMING,
  readHeader,
  SEAL,
  TLS_RECORD,
  writeHeader,
  type MessageHeader,
  type MessageKind,
} from "./framing.ts";
export {
  lostElements,
  whole,
  type ByteRange,
  type ElementRange,
  type Message,
  type Piece,
  type Received,
} from "./message.ts";
export type { Histogram } from "./histogram.ts";
export { orders, rangesOutOfOrder, usualOrder, type OrderKind, type OrderRow } from "./order.ts";
export {
  failureProbability,
  leastParity,
  messageFailure,
  packetPlan,
  parseProtection,
  protectionForms,
  protectionKinds,
  protectionName,
  protectionProblem,
  protections,
  type AutoSpec,
  type Layout,
  type NoneSpec,
  type PacketLoss,
  type PacketPlan,
  type ProtectionField,
  type ProtectionKind,
  type ProtectionRow,
  type ProtectionSpec,
  type ReedSolomonSpec,
  type RepeatSpec,
  type Watch,
  type XorSpec,
} from "./protect/index.ts";
export { reassemble, type ExpectedPart } from "./reassemble.ts";
export { decodeMessage, encodeMessage, messageBytes, messageVaries, type MessagePart } from "./tensors.ts";
export { fromFloat16, toFloat16 } from "../tensor/index.ts";
