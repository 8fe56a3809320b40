/** @file The inference engine: ONNX Runtime, with first runs of models in a process of their own. */
import type { Engine } from "@split-et-impera/core/engine";
import { tryApart } from "./apart.ts";
import { findChannelBlock } from "./channel-block.ts";
import { localEngine } from "./engine.ts";

let channelBlock: Promise<number> | undefined;

export const engine: Engine = {
  ...localEngine,
  tryApart,
  channelBlock: () => (channelBlock ??= process.arch === "x64" ? findChannelBlock(localEngine) : Promise.resolve(1)),
};

export { pooled, type PoolLimits } from "./pool.ts";
