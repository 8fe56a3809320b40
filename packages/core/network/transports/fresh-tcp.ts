/** @file Messages each over a TCP connection of its own, opened first; its answer goes back over the same. */
import type { Receiver } from "../packet.ts";
import { freeFlow, route as lead } from "../link.ts";
import { open, type End } from "../tcp/index.ts";
import { shakeHands, TLS } from "../tls.ts";
import { framed, type TcpSpec } from "./tcp-spec.ts";
import type { Delivery, MessageFlow, Route, TransportContext } from "./transport.ts";

const NONE = new Uint32Array(0);
/** ns for which a connection is kept behind its last message: what is sent again finds its end. */
const LINGER = 60e9;

/** A message one way over a connection, and when it is there. */
function carry(from: End, to: End, bytes: number, before: number, done: (delivered: boolean) => void): void {
  let over = false;
  const end = (delivered: boolean): void => {
    if (over) return;
    over = true;
    done(delivered);
  };
  to.application.delivered = (total) => {
    if (total >= before + bytes) end(true);
  };
  from.application.failed = () => end(false);
  from.write(bytes);
}

export function freshConnections(
  spec: TcpSpec,
  { there, back }: Route,
  { clock, pool, seed, name }: TransportContext,
  delivered: (delivery: Delivery) => void,
): MessageFlow {
  const tls = spec.handshake === "tls";
  const { header = 0 } = spec;
  const drain: Receiver = { receive: (packet) => pool.release(packet) };
  let sent = 0;
  /** Messages under way, and when they were sent. */
  const waiting = new Map<number, number>();
  /** Connections whose message is there, the oldest first: an answer takes the first. */
  const asked: { ends: [End, End]; close: () => void }[] = [];
  let reversed = false;

  const finish = (message: number, finished: number): void => {
    const served = waiting.get(message);
    if (served === undefined) return;
    waiting.delete(message);
    delivered({ message, served, finished, packets: 0, missing: NONE });
  };
  const send = (bytes: number): void => {
    const message = sent++;
    const flow = freeFlow(...there, ...back);
    waiting.set(message, clock.now);
    const close = (): void => {
      const fire = (): void => {
        for (const channel of [...there, ...back]) channel.targets[flow] = drain;
      };
      clock.at(clock.now + LINGER, { fire });
    };
    const path = {
      forward: there[0]!,
      backward: back[0]!,
      arrive: (end: 0 | 1, receiver: Receiver) => lead(end === 0 ? back : there, flow, receiver),
    };
    open({ clock, pool, path, flow, options: spec, seed, name: `${name}/${message}` }, (ends) => {
      if (ends === undefined) {
        finish(message, -1);
        return;
      }
      const [from, to] = ends;
      const go = (): void =>
        carry(from, to, framed(bytes, header), tls ? TLS.hello + TLS.finished : 0, (arrived) => {
          if (arrived && reversed) asked.push({ ends, close });
          else close();
          finish(message, arrived ? clock.now : -1);
        });
      if (tls) shakeHands(ends, go);
      else go();
      from.application.failed ??= () => finish(message, -1);
    });
  };
  const flush = (): void => {
    for (const message of waiting.keys()) finish(message, -1);
  };
  return {
    send,
    flush,
    reverse: (header, delivered) => {
      reversed = true;
      return answers(header, delivered);
    },
  };

  function answers(header: number, delivered: (delivery: Delivery) => void): MessageFlow {
    let answered = 0;
    const open = new Map<number, number>();
    const end = (message: number, finished: number): void => {
      const served = open.get(message);
      if (served === undefined) return;
      open.delete(message);
      delivered({ message, served, finished, packets: 0, missing: NONE });
    };
    return {
      send: (bytes) => {
        const message = answered++;
        open.set(message, clock.now);
        const { ends, close } = asked.shift()!;
        const [to, from] = ends;
        carry(from, to, framed(bytes, header), tls ? TLS.server : 0, (arrived) => {
          close();
          end(message, arrived ? clock.now : -1);
        });
      },
      flush: () => {
        for (const message of open.keys()) end(message, -1);
      },
    };
  }
}
