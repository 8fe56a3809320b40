/** @file A TCP connection between two ends over a path of channels. */
import { randomStream } from "../../random/index.ts";
import type { Clock } from "../clock.ts";
import { TCP_HEADERS } from "../headers.ts";
import {
  ACK,
  BLOCK,
  BLOCKS,
  DSACK,
  ECHO,
  FLAGS,
  FLOW,
  LENGTH,
  PSH,
  SEQ,
  SIZE,
  STAMP,
  WINDOW,
  type PacketPool,
  type Receiver,
} from "../packet.ts";
import { acknowledge } from "./ack.ts";
import { AckWork } from "./ack-work.ts";
import type { CongestionName } from "./congestion.ts";
import { createCongestion } from "./controls.ts";
import { push, retransmitLost } from "./output.ts";
import { Reception, type Owner } from "./reception.ts";
import { sampleRtt } from "./rtt.ts";
import { write } from "./send-buffer.ts";
import { INITIAL_WINDOW, Sender } from "./sender.ts";
import { TICK } from "./time.ts";
import { onTimer } from "./timers.ts";

export interface TcpOptions {
  cc?: CongestionName;
  /** Small segments wait for acknowledgements (Nagle). Default false (TCP_NODELAY). */
  nagle?: boolean;
  /** Segments. Default 10. */
  initialWindow?: number;
}

/** The application at one end. */
export interface Application {
  /** `total` bytes have arrived in order since the connection began. */
  delivered(total: number): void;
  /** This end has given up sending (fifteen time-outs in a row). */
  failed?(): void;
}

/** One end of a connection. */
export class End implements Receiver, Owner {
  readonly sender: Sender;
  readonly reception: Reception;
  application: Application = { delivered: () => undefined };
  private readonly clock: Clock;
  private readonly pool: PacketPool;
  private readonly out: Receiver;
  private readonly flow: number;
  private readonly work = new AckWork();

  constructor({ clock, pool, flow, options }: Connection, out: Receiver, phase: number, draw: () => number) {
    this.clock = clock;
    this.pool = pool;
    this.out = out;
    this.flow = flow;
    this.sender = new Sender(
      clock,
      phase,
      {
        cc: options.cc ?? "cubic",
        nagle: options.nagle ?? false,
        initialWindow: options.initialWindow ?? INITIAL_WINDOW,
      },
      {
        transmit: (seq, length, flags) => this.transmit(seq, length, flags),
        onTimer,
        onBroken: () => this.application.failed?.(),
        onPace: (sender) => {
          retransmitLost(sender);
          push(sender);
        },
        createCongestion: (name, sender) => createCongestion(name, sender, draw),
      },
    );
    this.reception = new Reception(clock, phase, this);
  }

  get srtt(): number {
    return this.sender.srtt;
  }

  get rto(): number {
    return this.sender.rto;
  }

  /** The application writes `bytes`. */
  write(bytes: number): void {
    write(this.sender, bytes);
  }

  sendAck(): void {
    this.transmit(this.sender.sndNxt, 0, 0);
  }

  receive(packet: number): void {
    const { pool, reception, sender } = this;
    const { rows } = pool;
    const seq = rows[packet + SEQ]!;
    const length = rows[packet + LENGTH]!;
    if (seq <= reception.acked) reception.echo = rows[packet + STAMP]!;
    reception.window.begin();
    const flags = rows[packet + FLAGS]!;
    const echo = rows[packet + ECHO]!;
    acknowledge(sender, this.work, rows, packet);
    if (length === 0) {
      pool.release(packet);
      return;
    }
    pool.release(packet);
    const advanced = reception.accept(seq, length, (flags & PSH) !== 0, echo);
    reception.decide();
    if (advanced) {
      reception.read();
      this.application.delivered(reception.rcvNxt);
    }
  }

  private transmit(seq: number, length: number, flags: number): void {
    const { pool, reception } = this;
    const packet = pool.take();
    const { rows } = pool;
    rows[packet + SEQ] = seq;
    rows[packet + LENGTH] = length;
    rows[packet + ACK] = reception.rcvNxt;
    rows[packet + WINDOW] = reception.window.tell(reception.rcvNxt, reception.held + reception.unread);
    rows[packet + STAMP] = reception.stamp();
    rows[packet + ECHO] = reception.echo;
    rows[packet + FLOW] = this.flow;
    let blocks = 0;
    let bits = flags;
    const at = packet + BLOCK;
    if (reception.duplicateStart >= 0) {
      rows[at] = reception.duplicateStart;
      rows[at + 1] = reception.duplicateEnd;
      blocks = 1;
      bits |= DSACK;
    }
    for (let i = 0; i < reception.sackCount && blocks < 3; i++, blocks++) {
      rows[at + 2 * blocks] = reception.sacks[2 * i]!;
      rows[at + 2 * blocks + 1] = reception.sacks[2 * i + 1]!;
    }
    rows[packet + BLOCKS] = blocks;
    rows[packet + FLAGS] = bits;
    rows[packet + SIZE] = length + TCP_HEADERS + (blocks > 0 ? 4 + 8 * blocks : 0);
    reception.sent();
    if (length > 0) reception.sentData();
    this.out.receive(packet);
  }
}

/** Where a connection's packets go: the first channel of each direction, and where each direction ends. */
export interface Path {
  /** Takes packets of end 0 towards end 1, and the reverse. */
  forward: Receiver;
  backward: Receiver;
  /** Registers who takes the flow's packets where each direction ends. */
  arrive(end: 0 | 1, receiver: Receiver): void;
  /** Round-trip time that the handshake measured, ns. */
  handshake: number;
}

/** A connection to be. */
export interface Connection {
  clock: Clock;
  pool: PacketPool;
  path: Path;
  /** An index that no other flow of the path's channels has (`freeFlow`). */
  flow: number;
  options: TcpOptions;
  seed: number;
  /** Names the random stream that places the hosts' timer ticks. */
  name: string;
}

/** Opens a connection whose handshake is over. */
export function connect(connection: Connection): [End, End] {
  const { clock, path, seed, name } = connection;
  const random = randomStream(seed, `tcp/${name}`);
  const phase = Math.floor(random.uniform() * TICK);
  const draw = (): number => random.uniform();
  const first = new End(connection, path.forward, phase, draw);
  const second = new End(connection, path.backward, phase, draw);
  path.arrive(0, first);
  path.arrive(1, second);
  for (const end of [first, second]) {
    end.sender.refresh();
    const rtt = Math.max(1, Math.floor(path.handshake / 1000));
    end.sender.minRtt = rtt;
    sampleRtt(end.sender, rtt);
  }
  // What each echoes first: the accepting end's answer left half a round trip ago, the opening one's arrives now.
  first.reception.echo = Math.floor((clock.now + phase - path.handshake / 2) / 1e6);
  second.reception.echo = first.reception.stamp();
  first.reception.window.begin();
  return [first, second];
}
