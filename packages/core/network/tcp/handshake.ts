/** @file Opening a connection packet by packet: SYN, SYN-ACK, and the ACK that data follow at once. */
import type { EventId, Handler } from "../clock.ts";
import { SYN_HEADERS } from "../headers.ts";
import { ACK, BLOCKS, ECHO, FLAGS, FLOW, LENGTH, SEQ, SIZE, STAMP, SYN, WINDOW } from "../packet.ts";
import type { PacketPool, Receiver } from "../packet.ts";
import { connect, type Connection, type End } from "./connection.ts";

/** First wait for an answer, ns; it doubles; and how often the SYN is sent again (tcp_syn_retries). */
const FIRST_WAIT = 1e9;
const RETRIES = 6;
/** The window that a SYN tells, bytes. */
export const SYN_WINDOW = 65_160;

/**
 * Opens a connection over `path`.
 *
 * @param done called with the ends when the opening end may send; with undefined when nobody answers in 127 s.
 */
export function open(
  connection: Omit<Connection, "path"> & { path: Omit<Connection["path"], "handshake"> },
  done: (ends: [End, End] | undefined) => void,
): void {
  const { clock, pool, path, flow } = connection;
  let timer: EventId = -1;
  let tries = 0;
  let sentAt = 0;
  const ask: Handler = {
    fire: () => {
      timer = -1;
      if (tries > RETRIES) {
        done(undefined);
        return;
      }
      sentAt = clock.now;
      timer = clock.at(clock.now + FIRST_WAIT * 2 ** tries++, ask);
      sendSyn(pool, flow, path.forward);
    },
  };
  path.arrive(1, {
    receive: (packet) => {
      pool.release(packet);
      sendSyn(pool, flow, path.backward);
    },
  });
  path.arrive(0, {
    receive: (packet) => {
      pool.release(packet);
      // An answer that comes after all is of no use to who has given up.
      if (timer === -1) return;
      clock.cancel(timer);
      const handshake = clock.now - sentAt;
      const ends = connect({ ...connection, path: { ...path, handshake } });
      ends[0].sendAck();
      done(ends);
    },
  });
  ask.fire(0);
}

function sendSyn(pool: PacketPool, flow: number, out: Receiver): void {
  const packet = pool.take();
  const { rows } = pool;
  for (const column of [SEQ, LENGTH, ACK, STAMP, BLOCKS]) rows[packet + column] = 0;
  rows[packet + ECHO] = -1;
  rows[packet + WINDOW] = SYN_WINDOW;
  rows[packet + FLAGS] = SYN;
  rows[packet + SIZE] = SYN_HEADERS;
  rows[packet + FLOW] = flow;
  out.receive(packet);
}
