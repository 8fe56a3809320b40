/** @file A socket for datagrams of all connections of a host: which one a datagram is of stands in its first bytes. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Address } from "../index.ts";
import { addressOf } from "../trust/loopback.ts";
import { listenError } from "../trust/reasons.ts";

type Taker = (datagram: Uint8Array, from: RemoteInfo) => void;

/** Room for bursts; the system gives what it allows. */
const bufferBytes = 4 * 2 ** 20;

/** Only addresses are sent to: with the usual look-up each datagram would wait for another turn of the event loop. */
const atOnce = (
  address: string,
  _: unknown,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void => done(null, address, isIPv6(address) ? 6 : 4);

export class DatagramSocket implements AsyncDisposable {
  /** Datagrams that belong to no connection, and those that the system would not take. */
  readonly counters = { strange: 0, unsent: 0 };
  readonly port: number;
  private readonly socket: Socket;
  private closed = false;
  private readonly takers = new Map<number, Taker>();

  private constructor(socket: Socket) {
    this.socket = socket;
    this.port = socket.address().port;
    socket.on("message", (datagram, from) => {
      // To port 0 nothing can be sent: nobody honest is there.
      const taker = datagram.length >= 4 && from.port > 0 ? this.takers.get(datagram.readUInt32BE(0)) : undefined;
      if (taker) taker(datagram, from);
      else this.counters.strange++;
    });
    socket.on("error", () => this.counters.unsent++);
  }

  /**
   * @param address where to take datagrams; only the family of `host` counts where `port` is 0
   * @throws InputError `ERR_CONNECT` where that address cannot be had
   */
  static async open({ host, port }: Address): Promise<DatagramSocket> {
    const ip = await addressOf(host);
    const socket = createSocket({ type: isIPv6(ip) ? "udp6" : "udp4", lookup: atOnce });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (error) => {
        socket.close();
        reject(listenError({ host, port }, error));
      });
      socket.bind({ address: ip, port }, () => {
        socket.removeAllListeners("error");
        resolve();
      });
    });
    for (const set of ["setRecvBufferSize", "setSendBufferSize"] as const) {
      try {
        socket[set](bufferBytes);
      } catch {
        // Less room than wished for is no fault; what it drops is counted by the system.
      }
    }
    return new DatagramSocket(socket);
  }

  /** Has datagrams whose first four bytes are `id` handed over, until the call of what it returns. */
  take(id: number, taker: Taker): () => void {
    this.takers.set(id, taker);
    return () => {
      if (this.takers.get(id) === taker) this.takers.delete(id);
    };
  }

  send(datagram: Uint8Array, to: Address): void {
    this.socket.send(datagram, to.port, to.host, (error) => {
      if (error) this.counters.unsent++;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await new Promise<void>((resolve) => this.socket.close(resolve));
  }
}
