/** @file Frames that come from another host: through this one's part of the model, and on to the next host, or as an answer back. */
import type { Tensors } from "@split-et-impera/core/tensor";
import type { ArrivedMessage } from "../messages/index.ts";
import { writeRefusal, type Refusal, type RemoteTimes } from "./answer.ts";
import type { HostContext, Onward } from "./context.ts";

export class ArrivedFrames {
  /** By what their traces are named; absent where they are not traced. */
  traceSeed: Uint8Array<ArrayBuffer> | undefined;
  private readonly context: HostContext;

  constructor(context: HostContext) {
    this.context = context;
  }

  take(message: ArrivedMessage): void {
    const { context } = this;
    const { loaded, counts, processor } = context;
    const { frame, missing } = message;
    counts.frames++;
    counts.missing += missing;
    processor.enter({
      frame,
      run: async () => {
        // Of the deployment before, whose lines have ended.
        if (loaded !== context.loaded) return;
        await context.orNothing(frame, this.tail(message), () => this.refuse(message, "unreadable"));
      },
      drop: () => {
        counts.dropped++;
        this.refuse(message, "dropped");
      },
    });
  }

  /** Through this host's part of the model. */
  private async tail(message: ArrivedMessage): Promise<void> {
    const { context, traceSeed } = this;
    const { clock, loaded, options, role } = context;
    const { frame, plan, received, at, missing } = message;
    const waited = (clock.now - at) / 1e3;
    const [value, decodeNs] = await context.timed(loaded.works.decode, frame, () => loaded.incoming!.decode(received));
    if (!value) {
      context.counts.unreadable++;
      this.refuse(message, "unreadable");
      return;
    }
    const [outputs, ns] = await context.segments(frame, plan, value);
    const parts = { wait: waited / 1e6, decode: decodeNs / 1e9, tail: ns / 1e9 };
    options.onServed?.(parts, { frame, ...(traceSeed && { traceSeed }) });
    const budgetMicros = Math.max(0, message.budgetMicros - (clock.now - at) / 1e3);
    const onward = { frame, plan, budgetMicros };
    if (role.outgoing) {
      const [body] = await context.encode(frame, { tensors: outputs });
      context.sendFrame(onward, body);
    } else this.finish(onward, outputs, { waited, decode: decodeNs / 1e3, work: ns / 1e3, missing });
  }

  /** The model's outputs are here. */
  private finish(onward: Onward, outputs: Tensors, times: RemoteTimes): void {
    const { loaded, options, role } = this.context;
    const { frame, budgetMicros } = onward;
    const answer = loaded.answers.read(outputs);
    if (role.answered) options.onAnswer?.({ frame, answer, deadlineMet: budgetMicros > 0 });
    else this.context.sendAnswer(onward, answer, times);
  }

  /** Tells that a frame gets no answer. */
  private refuse({ frame, plan }: ArrivedMessage, why: Refusal): void {
    const { answer: way, host } = this.context.role;
    if (way?.from !== host) return;
    const message = { kind: "nothing", plan, frame, body: writeRefusal(why), budgetMicros: 0 } as const;
    this.context.neighbours.send(way.to, message, way);
  }
}
