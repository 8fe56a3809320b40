/** @file Tensors on the wire: codecs, calibration, datagrams and what their loss does. */
export { calibrate, createCalibrator, meanFill } from "./calibrate.ts";
export type { Calibration, CalibrationOptions, Calibrator } from "./calibrate.ts";
export type { PerChannel } from "./channels.ts";
export { calibratedCodec, createCodec, uint8Parameters, type Codec, type CodecParameters } from "./codec.ts";
export { fromFloat16, toFloat16 } from "../tensor/index.ts";
export { applyLoss, fillElements, lostElements, packetBytes, packetise } from "./packets.ts";
export type { ElementRange, LossyMessage, Packets } from "./packets.ts";
