/** @file Opening a connection packet by packet: SYN, SYN-ACK, and the ACK that data follow at once. */
import type { Clock, EventId, Handler } from "../clock.ts";
import { ACK, BLOCKS, ECHO, FLAGS, FLOW, LENGTH, SEQ, SIZE, STAMP, SYN, WINDOW } from "../packet.ts";
import type { PacketPool, Receiver } from "../packet.ts";
import { connect, type End, type Path, type TcpOptions } from "./connection.ts";

/** IPv4 and TCP headers with the options of a SYN, bytes. */
const SYN_SIZE = 60;
/** First wait for an answer, ns; it doubles; and how often the SYN is sent again (tcp_syn_retries). */
const FIRST_WAIT = 1e9;
const RETRIES = 6;

/**
 * Opens a connection over `path`.
 *
 * @param done called with the ends when the opening end may send; with undefined when nobody ever answers.
 */
export function open(
  clock: Clock,
  pool: PacketPool,
  path: Omit<Path, "handshake">,
  flow: number,
  options: TcpOptions,
  seed: number,
  name: string,
  done: (ends: [End, End] | undefined) => void,
): void {
  let timer: EventId = -1;
  let tries = 0;
  let sentAt = 0;
  const send = (out: Receiver): void => {
    const packet = pool.take();
    const { rows } = pool;
    for (const column of [SEQ, LENGTH, ACK, STAMP, BLOCKS]) rows[packet + column] = 0;
    rows[packet + ECHO] = -1;
    rows[packet + WINDOW] = 65_160;
    rows[packet + FLAGS] = SYN;
    rows[packet + SIZE] = SYN_SIZE;
    rows[packet + FLOW] = flow;
    out.receive(packet);
  };
  const ask: Handler = {
    fire: () => {
      timer = -1;
      if (tries > RETRIES) {
        done(undefined);
        return;
      }
      sentAt = clock.now;
      timer = clock.at(clock.now + FIRST_WAIT * 2 ** tries++, ask);
      send(path.forward);
    },
  };
  path.arrive(1, {
    receive: (packet) => {
      pool.release(packet);
      send(path.backward);
    },
  });
  path.arrive(0, {
    receive: (packet) => {
      pool.release(packet);
      clock.cancel(timer);
      const handshake = clock.now - sentAt;
      const ends = connect(clock, pool, { ...path, handshake }, flow, options, seed, name);
      ends[0].sendAck();
      done(ends);
    },
  });
  ask.fire(0);
}
