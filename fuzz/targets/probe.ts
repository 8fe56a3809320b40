/** @file What the other end of a probe may send. */
import { InputError } from "../../packages/core/dist/errors/index.js";
import { readControl, writeControl } from "../../packages/runtime/dist/probe/control.js";
import { readDatagram, writeDatagram } from "../../packages/runtime/dist/probe/datagram.js";
import { mutateBytes } from "../mutate/bytes.ts";
import type { Target } from "../target.ts";

export const probe: readonly Target[] = [
  {
    name: "probe's message",
    share: 2000,
    seeds: () => [
      writeControl({ kind: "order", train: 3, count: 500, payload: 1444, gapNs: 120_000 }, 2),
      writeControl({ kind: "ask", version: 1, seconds: 10, bytes: 2e7 }, 1),
    ],
    mutate: (seed, random) => mutateBytes(seed as Uint8Array, random),
    read: (input) => void readControl(input as Uint8Array),
  },
  {
    name: "probe's datagram",
    share: 2000,
    seeds: () => [writeDatagram({ kind: "reply", train: 3, index: 7, echo: 9, cameAt: 1e9, wentAt: 1e9 }, 200)],
    mutate: (seed, random) => mutateBytes(seed as Uint8Array, random),
    read(input) {
      if (readDatagram(input as Uint8Array) === undefined) throw new InputError("ERR_MESSAGE", "no datagram");
    },
  },
];
