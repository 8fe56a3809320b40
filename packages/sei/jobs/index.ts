/** @file Where stages run. Here: one after the other, in this process. */
import type { Jobs } from "../stages/context.ts";
import { runStage } from "../stages/run-stage.ts";

/** One job after the other, in this process. */
export const inProcess: Jobs = {
  async *map(stage, inputs, context) {
    for (const input of inputs) {
      context.signal.throwIfAborted();
      yield await runStage(stage, input, context);
      // What computes in one go leaves no turn in which a signal could be heard.
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
};
