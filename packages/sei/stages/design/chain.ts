/** @file The pieces of a model loaded one behind the other: what each makes of what it is given. */
import type { Engine } from "@split-et-impera/core/engine";
import { serialiseModel, type ModelProto } from "@split-et-impera/core/onnx";
import type { Tensors } from "@split-et-impera/core/tensor";
import type { Samples } from "../../data/index.ts";
import { openStream, type StreamSession } from "../stream.ts";
import { crossingOf } from "./sent.ts";

export interface Chain extends AsyncDisposable {
  sessions: readonly StreamSession[];
  /** What crosses behind piece `k` that is fed these tensors, of these samples. */
  crossing(k: number, fed: Tensors, samples: readonly number[]): Promise<Tensors>;
}

/** @param names of the tensors that cross, by cut */
export async function openChain(
  engine: Engine,
  models: readonly ModelProto[],
  names: readonly (readonly string[])[],
  { stream }: Pick<Samples, "stream">,
): Promise<Chain> {
  const sessions: StreamSession[] = [];
  const release = async (): Promise<void> => {
    for (const session of sessions) await session.release();
  };
  try {
    for (const model of models) sessions.push(await openStream(engine, serialiseModel(model), { stream }));
  } catch (error) {
    await release();
    throw error;
  }
  return {
    sessions,
    crossing(k, fed, samples) {
      const session = sessions[k]!;
      session.enter(samples);
      return crossingOf(session, k === 0 ? fed : { ...stream?.first, ...fed }, names[k]!);
    },
    [Symbol.asyncDispose]: release,
  };
}
