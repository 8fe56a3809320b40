/** @file One end of a probe: the stream on which the two hosts talk, and the datagrams that are measured. */
import { InputError } from "@split-et-impera/core/errors";
import { PACKET_PAYLOAD, UDP_HEADERS } from "@split-et-impera/core/network";
import { monotonicNs, type DatagramSocket } from "../messages/index.ts";
import { opener, sealer, type Opener, type Sealer, type TrustedConnection } from "../trust/index.ts";
import { controlBytes, readControl, writeControl, type Control, type ControlKind, type ControlOf } from "./control.ts";
import { readDatagram, writeDatagram, type ProbeDatagram } from "./datagram.ts";

/** What a probe may take. */
export interface ProbeLimits {
  seconds: number;
  /** Of IP packets of datagrams, both ways together. */
  bytes: number;
}

/**
 * What is said goes on the stream, and in datagrams too, until it is answered or often enough: TCP finds out late, and after a
 * second loss very late, that the only segment under way was lost.
 */
const againMilliseconds = 100;
const mostAgain = 30;
/** Before a message in a datagram: eight bytes, the first of them no kind of a probing one. */
const controlMark = 255;
const controlAt = 8;
const empty = new Uint8Array(0);

export class Channel {
  /** Bytes of IP packets of datagrams that were sent and came. */
  bytes = 0;
  /** The payload of a datagram that fills a packet. */
  readonly fullPayload: number;
  /** Bytes of an IP packet beyond its payload. */
  readonly overhead: number;
  private readonly connection: TrustedConnection;
  private readonly socket: DatagramSocket;
  private readonly sealer: Sealer;
  private readonly opener: Opener;
  private readonly release: () => void;
  private readonly waiting: Control[] = [];
  /** How many messages were said and heard. */
  private said = 0;
  private heard = 0;
  private again: NodeJS.Timeout | undefined;
  private had = Buffer.alloc(0);
  private readonly ending = new AbortController();
  private wake: () => void = () => undefined;
  /** Where datagrams go: known to the one that connected; to the other from the first that comes from the same address. */
  private to: { host: string; port: number } | undefined;

  /**
   * @param dialled whether this side connected
   * @param onDatagram hears of each datagram from there, with the instant of its coming
   */
  constructor(
    connection: TrustedConnection,
    socket: DatagramSocket,
    dialled: boolean,
    onDatagram: (datagram: ProbeDatagram, now: number, payload: number) => void,
  ) {
    const { stream, datagrams: keys, remote } = connection;
    this.connection = connection;
    this.socket = socket;
    this.sealer = sealer(keys.send, keys.sealed);
    this.opener = opener(keys.receive, keys.sealed);
    this.fullPayload = PACKET_PAYLOAD - this.sealer.overhead;
    this.overhead = this.sealer.overhead + UDP_HEADERS;
    this.release = socket.take(this.opener.id, (bytes, from) => {
      const now = monotonicNs();
      this.bytes += bytes.length + UDP_HEADERS;
      // Whoever is somewhere else than the connection gets nothing: datagrams are for the one that asked.
      const payload = from.address === remote.host ? this.opener.open(bytes) : undefined;
      if (!payload) return;
      this.to ??= { host: from.address, port: from.port };
      if (payload.length === controlAt + controlBytes && payload[0] === controlMark) {
        this.hear(payload.subarray(controlAt));
        return;
      }
      const datagram = readDatagram(payload);
      if (datagram) onDatagram(datagram, now, payload.length);
    });
    stream.on("data", (chunk: Buffer) => this.take(chunk));
    stream.once("close", () => this.fail(new InputError("ERR_CONNECT", `${connection.peer}: the connection ended`)));
    if (!dialled) return;
    this.to = remote;
    this.introduce();
  }

  /** Aborted when there is nothing more to be said, with the reason. */
  get ended(): AbortSignal {
    return this.ending.signal;
  }

  get peer(): string {
    return this.connection.peer;
  }

  /** Tells the other side where this one takes datagrams. */
  introduce(): void {
    this.send(empty);
  }

  say(control: Control): void {
    if (this.ended.aborted) return;
    const bytes = writeControl(control, ++this.said);
    this.connection.stream.write(bytes);
    const datagram = new Uint8Array(controlAt + controlBytes);
    datagram[0] = controlMark;
    datagram.set(bytes, controlAt);
    let left = mostAgain;
    clearInterval(this.again);
    this.again = setInterval(() => {
      if (left-- === 0) clearInterval(this.again);
      this.send(datagram);
    }, againMilliseconds);
  }

  datagram(datagram: ProbeDatagram, payload: number): void {
    this.send(writeDatagram(datagram, payload));
  }

  /** The next message. @throws InputError `ERR_CONNECT`, `ERR_MESSAGE` where there will be none */
  async next(): Promise<Control> {
    for (;;) {
      const control = this.waiting.shift();
      if (control) return control;
      this.ended.throwIfAborted();
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** The next message, which must be of this kind. */
  async expect<K extends ControlKind>(kind: K): Promise<ControlOf<K>> {
    const control = await this.next();
    if (control.kind !== kind)
      throw new InputError("ERR_MESSAGE", `${this.peer}: sends "${control.kind}" where "${kind}" was expected`);
    return control as ControlOf<K>;
  }

  /** Ends it: for whoever waits, with this reason. What was said before still goes. */
  close(reason: Error): void {
    this.fail(reason);
    this.release();
    const { stream } = this.connection;
    stream.end(() => stream.destroy());
    setTimeout(() => stream.destroy(), 500).unref();
  }

  private send(payload: Uint8Array): void {
    if (!this.to || this.ended.aborted) return;
    this.bytes += payload.length + this.overhead;
    this.socket.send(this.sealer.seal(payload), this.to);
  }

  private fail(reason: Error): void {
    clearInterval(this.again);
    this.ending.abort(reason);
    this.wake();
  }

  private take(chunk: Buffer): void {
    this.had = Buffer.concat([this.had, chunk]);
    for (; this.had.length >= controlBytes && !this.ended.aborted; this.had = this.had.subarray(controlBytes))
      this.hear(this.had.subarray(0, controlBytes));
  }

  /** Both sides speak in turn: what is new is the answer to what was said last. */
  private hear(bytes: Uint8Array): void {
    try {
      const { control, number } = readControl(bytes);
      if (number <= this.heard) return;
      if (number > this.heard + 1 || this.waiting.length > 0)
        throw new InputError("ERR_MESSAGE", `${this.peer}: speaks out of turn`);
      this.heard = number;
      clearInterval(this.again);
      this.waiting.push(control);
      this.wake();
    } catch (error) {
      this.close(error as Error);
    }
  }
}
