/** @file Messages on a stream: a header before each, sizes bounded by what the manifest allows. */
import type { Writable } from "node:stream";
import { InputError } from "@split-et-impera/core/errors";
import { FRAMING, readHeader, whole, writeHeader, type MessageHeader } from "@split-et-impera/core/wire";
import { mostBytesOf, type Accepted, type ArrivedMessage } from "./message.ts";

/** Writes one message. False: the stream wants to be drained before the next. */
export function writeMessage(stream: Writable, header: MessageHeader, body: Uint8Array): boolean {
  const head = Buffer.allocUnsafe(FRAMING);
  writeHeader(new DataView(head.buffer, head.byteOffset, FRAMING), 0, header);
  // Both in one call of the system, without copying the body.
  stream.cork();
  stream.write(head);
  const room = stream.write(body);
  stream.uncork();
  return room;
}

/** Takes the bytes of a stream as they come and hands over whole messages. */
export class MessageReader {
  private readonly accepted: Accepted;
  private readonly now: () => number;
  private readonly onMessage: (message: ArrivedMessage) => void;
  private readonly head = new Uint8Array(FRAMING);
  private header: MessageHeader | undefined;
  private body: Uint8Array = this.head;
  private filled = 0;

  constructor(accepted: Accepted, now: () => number, onMessage: (message: ArrivedMessage) => void) {
    this.accepted = accepted;
    this.now = now;
    this.onMessage = onMessage;
  }

  /** @throws InputError `ERR_MESSAGE` where the bytes are no message that may come; the stream is of no use then */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const target = this.header === undefined ? this.head : this.body;
      const count = Math.min(chunk.length - at, target.length - this.filled);
      target.set(chunk.subarray(at, at + count), this.filled);
      at += count;
      this.filled += count;
      if (this.filled === target.length) this.complete();
    }
  }

  private complete(): void {
    this.filled = 0;
    if (this.header === undefined) {
      this.header = this.checked(readHeader(new DataView(this.head.buffer), 0));
      if (this.header.bytes > 0) {
        this.body = Buffer.allocUnsafeSlow(this.header.bytes);
        return;
      }
      this.body = new Uint8Array(0);
    }
    const { kind, plan, frame, budgetMicros } = this.header;
    this.header = undefined;
    this.onMessage({
      kind,
      plan,
      frame,
      received: { ...whole(this.body), handedOver: true },
      budgetMicros,
      at: this.now(),
      missing: 0,
    });
  }

  private checked(header: MessageHeader | undefined): MessageHeader {
    if (!header || !this.accepted.kinds.includes(header.kind))
      throw new InputError("ERR_MESSAGE", `sends what is no message of the deployment`);
    const most = mostBytesOf(header.kind, this.accepted);
    if (header.bytes > most)
      throw new InputError("ERR_MESSAGE", `announces ${header.bytes} bytes, expected at most ${most}`);
    return header;
  }
}
