/** @file A server by hand, as another program would be: it says hello, hears frames, and answers what a test wants. */
import { monotonicNs, writeMessage, MessageReader, type ArrivedMessage, type Outgoing } from "../../messages/index.ts";
import { listen } from "../../trust/index.ts";
import type { Deployment } from "@split-et-impera/core/deploy";
import type { Address } from "../../index.ts";
import { digestOf } from "../neighbours.ts";
import { insecure, loopback } from "./pair.ts";

export interface RawServer extends AsyncDisposable {
  address: Address;
  /** What has come, without what only keeps the line alive. */
  frames: ArrivedMessage[];
  send(message: Outgoing): void;
}

/** @param reads whether it reads anything behind the hello */
export async function rawServer(deployment: Deployment, reads = true): Promise<RawServer> {
  const frames: ArrivedMessage[] = [];
  const ending = new AbortController();
  let send: RawServer["send"] = () => undefined;
  const listener = await listen(
    insecure("server"),
    loopback,
    ({ stream }) => {
      ending.signal.addEventListener("abort", () => stream.destroy());
      send = ({ body, ...header }) => void writeMessage(stream, { ...header, index: 0, bytes: body.length }, body);
      send({ kind: "nothing", plan: 0, frame: 2 ** 32 - 1, body: digestOf(deployment), budgetMicros: 0 });
      if (!reads) return;
      const accepted = { kinds: ["frame", "nothing"] as const, mostBytes: 2 ** 20 };
      const reader = new MessageReader(accepted, monotonicNs, (one) => one.kind === "frame" && frames.push(one));
      stream.on("data", (chunk: Uint8Array) => reader.push(chunk));
    },
    ending.signal,
  );
  return {
    address: listener.address,
    frames,
    send: (message) => send(message),
    async [Symbol.asyncDispose]() {
      ending.abort();
      await listener[Symbol.asyncDispose]();
    },
  };
}
