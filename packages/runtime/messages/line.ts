/** @file A line: one authenticated connection to another host, with the datagrams beside it. */
import { InputError } from "@split-et-impera/core/errors";
import type { Clock } from "@split-et-impera/core/network";
import type { MessageKind } from "@split-et-impera/core/wire";
import { opener, sealer, type Opener, type Sealer, type TrustedConnection } from "../trust/index.ts";
import { DatagramReader, Kept, packetsOf, readRequest, type Packing } from "./datagrams.ts";
import { traceSeedBytes, type Accepted, type ArrivedMessage } from "./message.ts";
import type { DatagramSocket } from "./socket.ts";
import { MessageReader, writeMessage } from "./stream.ts";

export interface LineOptions {
  connection: TrustedConnection;
  clock: Clock;
  /** What may come from there. */
  accepted: Accepted;
  /** How messages from there become whole, where they come as datagrams. */
  packing?: Packing | undefined;
  /** Absent where neither side sends datagrams. */
  socket?: DatagramSocket | undefined;
  /** Of what both hosts must agree on: the first message of each says it. */
  digest: Uint8Array<ArrayBuffer>;
  /** Milliseconds without a byte from there after which it is held to be gone. */
  patience: number;
  onMessage(message: ArrivedMessage): void;
  /** The other side names its frames' traces by this seed from now on. */
  onTraceSeed?(seed: Uint8Array<ArrayBuffer>): void;
  /** Asked for where given: ns until the other side, that has nothing else to do with it, said a few bytes back. */
  onRoundTrip?: ((ns: number) => void) | undefined;
  /** The other side uses it, and runs the same deployment. Called once. Of several attempts to connect it takes one. */
  onUsed(): void;
  /** Called once. */
  onClose(reason: InputError): void;
}

export interface Outgoing {
  kind: MessageKind;
  plan: number;
  frame: number;
  body: Uint8Array<ArrayBuffer>;
  budgetMicros: number;
}

/** An empty message keeps a line alive: its number is of no frame. The first holds a digest, a later one may hold a seed. */
const alive: Omit<Outgoing, "body"> = { kind: "nothing", plan: 0, frame: 2 ** 32 - 1, budgetMicros: 0 };
/** Bytes that wait for the system to take them, beyond which no more are given to it: the link does not keep up. */
const mostWaiting = 16 * 2 ** 20;
const empty = new Uint8Array(0);
/** Bytes of a message that is to come back, the instant at which it went, and of what comes back, that and one more. Hosts that know neither pass over them. */
const echoBytes = 8;
const echoedBytes = echoBytes + 1;
/** Milliseconds for which the side that listens keeps the line of another deployment: the other side hears why it ends. */
const farewell = 500;

export class Line {
  readonly peer: string;
  private readonly options: LineOptions;
  private readonly reader: DatagramReader | undefined;
  private readonly datagrams: { sealer: Sealer; opener: Opener; release: () => void } | undefined;
  /** Where datagrams go: known from the start to who connected, and to the other when the first one has come. */
  private to: { host: string; port: number } | undefined;
  private readonly kept = new Kept();
  private heard: number;
  private said: number;
  private beaten: number;
  /** Milliseconds after which something is said where nothing else is. */
  private readonly interval: number;
  private readonly pulse: NodeJS.Timeout;
  private readonly dialled: boolean;
  private closed = false;
  private inUse = false;
  /** Whether the first message of the stream has come. */
  private greeted = false;
  /** Set where the other side runs another deployment. */
  private stranger: InputError | undefined;

  /** @param dialled whether this side connected */
  constructor(options: LineOptions, dialled: boolean) {
    this.options = options;
    this.dialled = dialled;
    const { connection, clock, accepted, packing, socket, patience } = options;
    const { stream, datagrams: keys, remote } = connection;
    this.peer = connection.peer;
    this.heard = clock.now;
    this.said = clock.now;
    this.beaten = clock.now;
    const reader = new MessageReader(
      { kinds: [...accepted.kinds, "nothing"], mostBytes: accepted.mostBytes },
      () => clock.now,
      (message) => this.take(message),
    );
    stream.on("data", (chunk: Uint8Array) => {
      this.heard = clock.now;
      if (this.stranger) return;
      try {
        reader.push(chunk);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        this.close(error);
      }
    });
    stream.once("close", () => this.close(new InputError("ERR_CONNECT", "the connection ended")));
    if (socket) {
      const incoming = opener(keys.receive, keys.sealed);
      this.datagrams = {
        sealer: sealer(keys.send, keys.sealed),
        opener: incoming,
        release: socket.take(incoming.id, (datagram, from) => {
          const payload = incoming.open(datagram);
          if (!payload || this.stranger) return;
          this.to = { host: from.address, port: from.port };
          this.heard = clock.now;
          if (payload.length === 0) return;
          // Where a packet of the stream was lost, datagrams are here before its first message.
          this.use();
          const request = readRequest(payload);
          if (!request) this.reader?.push(payload);
          else for (const packet of this.kept.again(request.frame, request.indices)) this.sendDatagram(packet);
        }),
      };
      if (packing)
        this.reader = new DatagramReader(
          accepted,
          packing,
          clock,
          (message) => options.onMessage(message),
          (asked) => this.sendDatagram(asked),
        );
      if (dialled) {
        this.to = remote;
        // Tells the other side where this one takes datagrams.
        socket.send(this.datagrams.sealer.seal(empty), remote);
      }
    }
    this.send({ ...alive, body: options.digest });
    this.interval = Math.min(500, patience / 4);
    // Twice as often, so that silence is noticed soon.
    this.pulse = setInterval(() => this.beat(), this.interval / 2).unref();
  }

  /** What became of datagrams from there. */
  get counters(): { forged: number; replayed: number; strange: number } {
    const { forged = 0, replayed = 0 } = this.datagrams?.opener.counters ?? {};
    return { forged, replayed, strange: this.reader?.strange ?? 0 };
  }

  /** Whether it came into use. */
  get used(): boolean {
    return this.inUse;
  }

  /** Bytes that wait for the system to take them. */
  get waiting(): number {
    return this.options.connection.stream.writableLength;
  }

  /** False where so much waits already that it was not sent. */
  send(message: Outgoing): boolean {
    if (this.closed || this.waiting > mostWaiting) return false;
    this.said = this.options.clock.now;
    const { body, ...header } = message;
    writeMessage(this.options.connection.stream, { ...header, index: 0, bytes: body.length }, body);
    return true;
  }

  /** Tells by which seed frames' traces are named. */
  sendTraceSeed(seed: Uint8Array<ArrayBuffer>): void {
    this.send({ ...alive, body: seed });
  }

  /** As datagrams; on the stream where it is not known yet where to. */
  sendDatagrams(message: Outgoing, packing: Packing): boolean {
    const { socket } = this.options;
    if (this.closed || !socket || !this.datagrams) return false;
    const { to } = this;
    if (!to) return this.send(message);
    this.said = this.options.clock.now;
    const { body, ...header } = message;
    const packets = packetsOf(header, body, packing);
    if (packing.resendNs !== undefined) this.kept.keep(header.frame, packets);
    for (const packet of packets) this.sendDatagram(packet);
    return true;
  }

  /** Seals a datagram and sends it; nothing where it is not known where to. */
  private sendDatagram(datagram: Uint8Array): void {
    const { socket } = this.options;
    if (this.to && socket && this.datagrams && !this.closed) socket.send(this.datagrams.sealer.seal(datagram), this.to);
  }

  /** What is under way from there is finished with what has come. */
  close(reason: InputError): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.pulse);
    this.options.connection.stream.destroy();
    this.datagrams?.release();
    this.reader?.close();
    this.options.onClose(this.stranger ?? reason);
  }

  private use(): void {
    if (this.inUse || this.closed) return;
    this.inUse = true;
    this.options.onUsed();
  }

  /** A message of the stream has come. */
  private take(message: ArrivedMessage): void {
    if (this.closed || this.stranger) return;
    const { kind, frame, received } = message;
    const said = kind === "nothing" && frame === alive.frame;
    if (this.greeted) {
      if (!said) this.options.onMessage(message);
      else this.hear(Uint8Array.from(received.bytes));
      return;
    }
    this.greeted = true;
    if (said && Buffer.compare(received.bytes, this.options.digest) === 0) this.use();
    else this.refuse();
  }

  /** Something that is of no frame. */
  private hear(bytes: Uint8Array<ArrayBuffer>): void {
    const { clock, onTraceSeed, onRoundTrip } = this.options;
    if (bytes.length === traceSeedBytes) onTraceSeed?.(bytes);
    else if (bytes.length === echoBytes) this.send({ ...alive, body: Uint8Array.of(...bytes, 0) });
    else if (bytes.length === echoedBytes) {
      const ns = clock.now - new DataView(bytes.buffer).getFloat64(0);
      // The bytes are the other side's: an instant that is none, or to come, tells nothing.
      if (ns >= 0) onRoundTrip?.(ns);
    }
  }

  private refuse(): void {
    this.stranger = new InputError(
      "ERR_DEPLOYMENT_OTHER",
      "the other host runs another deployment; all hosts need the same folder, written by one run of `sei design`",
    );
    if (this.dialled) this.close(this.stranger);
    else setTimeout(() => this.close(this.stranger!), farewell).unref();
  }

  private beat(): void {
    const { clock, patience } = this.options;
    const { now } = clock;
    // A host that was itself stopped for a while has not looked at what came meanwhile.
    const stopped = (now - this.beaten) / 1e6 > 1.5 * this.interval;
    this.beaten = now;
    if (!stopped && (now - this.heard) / 1e6 > patience)
      this.close(new InputError("ERR_CONNECT", `nothing has come for ${(patience / 1e3).toFixed(1)} s`));
    else if (this.options.onRoundTrip && this.inUse && this.waiting === 0) {
      const body = new Uint8Array(echoBytes);
      new DataView(body.buffer).setFloat64(0, now);
      this.send({ ...alive, body });
    }
    // What is said anyway keeps the line alive; a pulse would only be in its way.
    else if (this.waiting === 0 && (now - this.said) / 1e6 >= 0.9 * this.interval) this.send({ ...alive, body: empty });
  }
}
