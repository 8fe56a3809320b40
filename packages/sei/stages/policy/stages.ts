/** @file A policy made from a result, and tried on a trace. */
import { designId, type Basis, type Result } from "@split-et-impera/core/design";
import {
  policyInParts,
  trialInParts,
  type Policy,
  type TableInput,
  type TableWork,
  type Trial,
  type TrialInput,
} from "@split-et-impera/core/policy";
import { setImmediate } from "node:timers/promises";
import type { Context, Stage } from "../context.ts";

/** What a result says of its designs, whenever it was made. */
const keyOfResult = ({ study, model, basis, designs, sweep, whole }: Result & { basis: Basis }): unknown => [
  [study, model.sha256, basis, whole],
  [designs.map((one) => [designId(one), one.quality, one.clean, one.drop, one.memory, one.exited]), sweep],
];

export const policyStage: Stage<TableInput, { policy: Policy; work: TableWork }> = {
  name: "policy",
  version: 4,
  key: ({ result, ...asked }) => [keyOfResult(result), asked],
  run: (input, context) =>
    inParts(policyInParts(input), context, ({ cells, of }) => `${Math.round((100 * cells) / of)} % of the cells`),
};

export const trialStage: Stage<TrialInput, Trial> = {
  name: "policy-trial",
  version: 3,
  key: ({ result, ...asked }) => [keyOfResult(result), asked],
  run: (input, context) => inParts(trialInParts(input), context, (done) => `${done} runs over the trace`),
};

/** Work in parts, between which signals are heard. */
async function inParts<P, R>(
  parts: Generator<P, R>,
  { signal, update }: Pick<Context, "signal" | "update">,
  text: (part: P) => string,
): Promise<R> {
  for (;;) {
    signal.throwIfAborted();
    const { done, value } = parts.next();
    if (done === true) return value;
    update(text(value));
    await setImmediate();
  }
}
