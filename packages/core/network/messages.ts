/** @file Messages over one link, one after another: the latency of each. */
import { Clock } from "./clock.ts";
import type { Channel } from "./channel.ts";
import { createLink } from "./link.ts";
import { idleTime, type LinkOptions } from "./link-options.ts";
import { PacketPool, type Receiver } from "./packet.ts";
import { connect, open, type End, type TcpOptions } from "./tcp/index.ts";
import { tapFor, type PacketEvent } from "./trace.ts";
import { UdpFlow } from "./udp.ts";

export interface MessageScenario {
  /** For both directions, or there and back. */
  link: LinkOptions | readonly [LinkOptions, LinkOptions];
  /** `warm` connections have shaken hands; the others shake hands for each message (`tls`: TLS 1.3 on top). */
  transport:
    | ({ kind: "tcp"; handshake?: "warm" | "tcp" | "tls" } & TcpOptions)
    | { kind: "udp"; payload: number; timeout: number };
  /** Bytes of a message, and of the answer after which the next one starts (TCP). Default answer 16. */
  bytes: number;
  answer?: number;
  count: number;
  /** ns between an answer and the next message, and before the first. Default 0. */
  gap?: number;
  seed: number;
  /** Names the random streams. Default "link". */
  name?: string;
  /** Sees every packet that enters the link. */
  trace?: (event: PacketEvent) => void;
}

export interface MessageRun {
  /** ns from the write to the last byte at the receiver (UDP: to the last datagram); -1: lost. */
  oneWay: number[];
  /** ns to the answer; TCP only. */
  total: number[];
  /** Datagrams lost, per message; UDP only. */
  missing: number[];
  /** Packets put on the wire, in both directions. */
  packets: number;
  retransmissions: number;
  timeouts: number;
  probes: number;
}

/** TLS 1.3's flights, bytes: client hello; server hello to finished, with a certificate chain; client finished. */
const TLS = { hello: 330, server: 2900, finished: 80 };

/**
 * Sends `count` messages, each after the answer to the last (TCP) or `gap` after the last (UDP).
 *
 * @throws InputError `ERR_LINK` where a value cannot be.
 */
export function simulateMessages(scenario: MessageScenario): MessageRun {
  const clock = new Clock();
  const pool = new PacketPool();
  const { name = "link", seed, transport } = scenario;
  const link = createLink(clock, pool, { name, a: "A", b: "B", options: scenario.link }, seed);
  const ends: [End, End][] = [];
  if (scenario.trace !== undefined) {
    link.forward.tap = tapFor(clock, pool, 0, () => ends.at(-1)?.[0], scenario.trace);
    link.backward.tap = tapFor(clock, pool, 1, () => ends.at(-1)?.[1], scenario.trace);
  }
  const run: MessageRun = {
    oneWay: [],
    total: [],
    missing: [],
    packets: 0,
    retransmissions: 0,
    timeouts: 0,
    probes: 0,
  };
  if (transport.kind === "udp") {
    datagrams(clock, pool, link.forward, scenario, transport, run);
  } else {
    const there = "rate" in scenario.link ? scenario.link : scenario.link[0];
    const path = {
      forward: link.forward,
      backward: link.backward,
      arrive: (end: 0 | 1, receiver: Receiver): void => {
        (end === 0 ? link.backward : link.forward).targets[0] = receiver;
      },
    };
    // SYN and SYN-ACK have 60 bytes.
    const handshake = Math.round(2 * idleTime(there, 60));
    const connected = (pair: [End, End]): [End, End] => {
      ends.push(pair);
      return pair;
    };
    if (transport.handshake === undefined || transport.handshake === "warm") {
      const pair = connected(connect(clock, pool, { ...path, handshake }, 0, transport, seed, name));
      // The handshake's last ACK leaves just before the first message.
      pair[0].sendAck();
      converse(clock, pair, scenario, run);
    } else {
      for (let index = 0; index < scenario.count; index++) {
        cold(clock, pool, path, scenario, transport, `${name}/${index}`, run, connected);
      }
    }
    clock.run();
    for (const [a] of ends) {
      run.retransmissions += a.sender.counts.retransmissions;
      run.timeouts += a.sender.counts.timeouts;
      run.probes += a.sender.counts.probes;
    }
    // A connection that was given up leaves its messages undelivered.
    while (run.oneWay.length < scenario.count) run.oneWay.push(-1);
  }
  run.packets = link.forward.tally.sent + link.backward.tally.sent;
  return run;
}

/** Messages and answers in turn over an open connection. */
function converse(clock: Clock, [a, b]: [End, End], scenario: MessageScenario, run: MessageRun): void {
  const { bytes, count, gap = 0, answer = 16 } = scenario;
  let started = 0;
  const send = (): void => {
    started = clock.now;
    a.write(bytes);
  };
  b.application = {
    delivered: (total) => {
      if (total < bytes * (run.oneWay.length + 1)) return;
      run.oneWay.push(clock.now - started);
      b.write(answer);
    },
  };
  a.application = {
    delivered: (total) => {
      if (total < answer * (run.total.length + 1)) return;
      run.total.push(clock.now - started);
      if (run.total.length === count) return;
      if (gap > 0) clock.at(clock.now + gap, { fire: send });
      else send();
    },
  };
  if (gap > 0) clock.at(clock.now + gap, { fire: send });
  else send();
}

/** One message over a connection of its own, from the SYN on; the clock runs until it is over. */
function cold(
  clock: Clock,
  pool: PacketPool,
  path: Parameters<typeof open>[2],
  scenario: MessageScenario,
  transport: Extract<MessageScenario["transport"], { kind: "tcp" }>,
  name: string,
  run: MessageRun,
  connected: (ends: [End, End]) => [End, End],
): void {
  const { bytes, answer = 16, gap = 0, seed } = scenario;
  const tls = transport.handshake === "tls";
  const started = clock.now + gap;
  const fire = (): void => {
    open(clock, pool, path, 0, transport, seed, name, (ends) => {
      if (ends === undefined) return;
      const [a, b] = connected(ends);
      // What each end waits for next, as bytes received, and what it does then.
      const before = tls ? TLS.hello + TLS.finished : 0;
      let atServer = tls ? TLS.hello : bytes;
      b.application = {
        delivered: (total) => {
          if (total < atServer) return;
          if (tls && atServer === TLS.hello) {
            atServer = before + bytes;
            b.write(TLS.server);
            return;
          }
          atServer = Infinity;
          run.oneWay.push(clock.now - started);
          b.write(answer);
        },
      };
      let atClient = tls ? TLS.server : answer;
      a.application = {
        delivered: (total) => {
          if (total < atClient) return;
          if (tls && atClient === TLS.server) {
            atClient = TLS.server + answer;
            a.write(TLS.finished);
            a.write(bytes);
            return;
          }
          atClient = Infinity;
          run.total.push(clock.now - started);
        },
      };
      a.write(tls ? TLS.hello : bytes);
    });
  };
  const { length } = run.oneWay;
  clock.at(started, { fire });
  clock.run();
  if (run.oneWay.length === length) run.oneWay.push(-1);
}

function datagrams(
  clock: Clock,
  pool: PacketPool,
  channel: Channel,
  scenario: MessageScenario,
  transport: Extract<MessageScenario["transport"], { kind: "udp" }>,
  run: MessageRun,
): void {
  const { bytes, count, gap = 0 } = scenario;
  const started: number[] = [];
  const last: number[] = [];
  const flow = new UdpFlow({
    clock,
    pool,
    channel,
    flow: 0,
    payload: transport.payload,
    timeout: transport.timeout,
    done: ({ message, missing, lastArrival }) => {
      last[message] = lastArrival;
      run.missing[message] = missing.length;
    },
  });
  channel.targets[0] = flow;
  for (let index = 0; index < count; index++) {
    started.push(clock.now);
    flow.send(bytes);
    clock.run();
    flow.flush();
    run.oneWay.push(last[index]! < 0 ? -1 : last[index]! - started[index]!);
    if (gap > 0) {
      clock.at(clock.now + gap, { fire: () => undefined });
      clock.run();
    }
  }
}
