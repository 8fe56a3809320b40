/** @file The experiment that was measured on Linux: messages and short answers over one TCP connection. */
import {
  simulateMessages,
  type CongestionName,
  type LinkParameters,
  type LossOptions,
} from "@split-et-impera/core/network";
import type { MessageRun } from "@split-et-impera/core/network";

export interface Experiment {
  cc: CongestionName;
  /** Bytes per message; the answer has 16. */
  size: number;
  link: LinkParameters;
  /** Loss on the way to the receiver, and back. */
  loss: [LossOptions | undefined, LossOptions | undefined];
  nagle: boolean;
  /** ns between an answer and the next message, and before the first. */
  gap: number;
  messages: number;
}

/** Runs one connection; each has its own losses. */
export function runConnection(experiment: Experiment, seed: number, connection: number): MessageRun {
  const { cc, size, link, loss, nagle, gap, messages } = experiment;
  return simulateMessages({
    link: [
      { ...link, loss: loss[0] },
      { ...link, loss: loss[1] },
    ],
    transport: { kind: "tcp", cc, nagle },
    bytes: size,
    count: messages,
    gap,
    seed,
    name: `connection ${connection}`,
  });
}
