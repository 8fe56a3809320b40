/** @file Messages over one link, one after another: the latency of each. */
import { VirtualClock } from "./clock.ts";
import { converse, coldMessage } from "./conversation.ts";
import { createLink, type Link } from "./link.ts";
import { checkTime, idleTime, LARGEST_MESSAGE, type LinkParameters } from "./link-options.ts";
import { InputError } from "../errors/index.ts";
import { LARGEST_PAYLOAD, SYN_HEADERS } from "./headers.ts";
import { PacketPool, type Receiver } from "./packet.ts";
import { connect, type Connection, type End, type TcpOptions } from "./tcp/index.ts";
import { tapFor, traceHandshake, type PacketEvent } from "./trace.ts";
import type { ProtectionSpec } from "../wire/index.ts";
import { isPayload, UdpFlow } from "./udp.ts";

export interface MessageScenario {
  /** For both directions, or there and back. */
  link: LinkParameters | readonly [LinkParameters, LinkParameters];
  /** `warm` connections have shaken hands; the others shake hands for each message (`tls`: TLS 1.3 on top). */
  transport:
    | ({ kind: "tcp"; handshake?: "warm" | "tcp" | "tls" } & TcpOptions)
    | { kind: "udp"; payload: number; timeout: number; protection?: ProtectionSpec };
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
  /** ns from the write to the last byte at the receiver (UDP: to the last datagram that was needed); -1: lost. In order of sending. */
  oneWay: number[];
  /** ns from the write to the answer, of the messages that were answered; TCP only. */
  total: number[];
  /** ns since the first packet (of TCP a SYN) at which each message was written; fewer where a connection was given up. */
  started: number[];
  /** Datagrams lost, per message, none where it is whole without them; UDP only. */
  missing: number[];
  /** Packets put on the wire, in both directions. */
  packets: number;
  retransmissions: number;
  timeouts: number;
  probes: number;
}

/** Events between two pauses of a simulation in parts: some milliseconds of work. */
const EVENTS = 20_000;

/**
 * Sends `count` messages, each after the answer to the last (TCP) or `gap` after the last (UDP).
 *
 * @throws InputError `ERR_LINK`, `ERR_SCENARIO` where a value cannot be.
 */
export function simulateMessages(scenario: MessageScenario): MessageRun {
  const parts = messagesInParts(scenario);
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
  }
}

/** The same in parts of some milliseconds, so that a caller can do other things between: yields the messages done. */
export function* messagesInParts(scenario: MessageScenario): Generator<number, MessageRun> {
  check(scenario);
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const { name = "link", seed } = scenario;
  const link = createLink(clock, pool, { name, a: "A", b: "B", options: scenario.link }, seed);
  const run: MessageRun = {
    oneWay: [],
    total: [],
    started: [],
    missing: [],
    packets: 0,
    retransmissions: 0,
    timeouts: 0,
    probes: 0,
  };
  const world = { clock, pool, link, scenario, run };
  if (scenario.transport.kind === "udp") yield* overUdp(world, scenario.transport);
  else yield* overTcp(world, scenario.transport);
  run.packets = link.forward.tally.sent + link.backward.tally.sent;
  return run;
}

interface World {
  clock: VirtualClock;
  pool: PacketPool;
  link: Link;
  scenario: MessageScenario;
  run: MessageRun;
}

/** Runs until no event waits. */
function* finish({ clock, run }: World): Generator<number> {
  while (!clock.run(Infinity, EVENTS)) yield run.oneWay.length;
}

function* overTcp(world: World, options: Extract<MessageScenario["transport"], { kind: "tcp" }>): Generator<number> {
  const { clock, pool, link, scenario, run } = world;
  const { name = "link", seed } = scenario;
  // The ends of the connection that is open, for traces; those of closed ones only leave their counts.
  let ends: [End, End] | undefined;
  const count = (): void => {
    if (ends === undefined) return;
    run.retransmissions += ends[0].sender.counts.retransmissions;
    run.timeouts += ends[0].sender.counts.timeouts;
    run.probes += ends[0].sender.counts.probes;
  };
  const [there, back] = "rate" in scenario.link ? [scenario.link, scenario.link] : scenario.link;
  const path = {
    forward: link.forward,
    backward: link.backward,
    arrive: (end: 0 | 1, receiver: Receiver): void => {
      (end === 0 ? link.backward : link.forward).targets[0] = receiver;
    },
    handshake: Math.round(idleTime(there, SYN_HEADERS) + idleTime(back, SYN_HEADERS)),
  };
  const warm = options.handshake === undefined || options.handshake === "warm";
  let opened = 0;
  const offset = warm ? path.handshake : 0;
  if (scenario.trace !== undefined) {
    const place = { clock, pool, transport: "tcp" as const, offset, connection: () => opened };
    if (warm) traceHandshake(path.handshake, scenario.trace);
    link.forward.tap = tapFor({ ...place, direction: 0 }, () => ends?.[0], scenario.trace);
    link.backward.tap = tapFor({ ...place, direction: 1 }, () => ends?.[1], scenario.trace);
  }
  const connection: Connection = { clock, pool, path, flow: 0, options, seed, name };
  if (warm) {
    ends = connect(connection);
    // The handshake's last ACK leaves just before the first message.
    ends[0].sendAck();
    converse(clock, ends, scenario, run, offset);
    yield* finish(world);
  } else {
    for (let index = 0; index < scenario.count; index++) {
      opened = index;
      const use = (pair: [End, End]): void => void (ends = pair);
      coldMessage({ ...connection, name: `${name}/${index}` }, scenario, run, options.handshake === "tls", use);
      yield* finish(world);
      if (run.oneWay.length === index) run.oneWay.push(-1);
      count();
      ends = undefined;
    }
  }
  count();
  // A connection that was given up leaves its messages undelivered.
  while (run.oneWay.length < scenario.count) run.oneWay.push(-1);
}

function* overUdp(
  world: World,
  { payload, timeout, protection }: Extract<MessageScenario["transport"], { kind: "udp" }>,
): Generator<number> {
  const { clock, pool, link, scenario, run } = world;
  const { bytes, count, gap = 0 } = scenario;
  let arrived = -1;
  const channel = link.forward;
  if (scenario.trace !== undefined) {
    const place = { clock, pool, transport: "udp" as const, direction: 0 as const, offset: 0, connection: () => 0 };
    channel.tap = tapFor(place, () => undefined, scenario.trace);
  }
  const flow = new UdpFlow({
    clock,
    pool,
    channel,
    flow: 0,
    payload,
    ...(protection && { protection }),
    timeout,
    inOrder: channel.inOrder,
    done: ({ missing, lastArrival }) => {
      arrived = lastArrival;
      run.missing.push(missing.length);
    },
  });
  channel.targets[0] = flow;
  let events = clock.fired;
  for (let index = 0; index < count; index++) {
    const started = clock.now;
    run.started.push(started);
    flow.send(bytes);
    yield* finish(world);
    flow.flush();
    run.oneWay.push(arrived < 0 ? -1 : arrived - started);
    if (gap > 0) {
      clock.at(clock.now + gap, { fire: () => undefined });
      clock.run();
    }
    if (clock.fired - events > EVENTS) {
      events = clock.fired;
      yield index + 1;
    }
  }
}

function check({ bytes, answer = 16, count, gap = 0, transport }: MessageScenario): void {
  const fail = (field: string, expected: string, found: number): never => {
    throw new InputError("ERR_SCENARIO", `Expected ${field} to be ${expected}, got ${found}`);
  };
  const size = `a whole number from 1 to ${LARGEST_MESSAGE}`;
  if (!(Number.isInteger(bytes) && bytes >= 1 && bytes <= LARGEST_MESSAGE)) fail("bytes of a message", size, bytes);
  if (!(Number.isInteger(answer) && answer >= 1 && answer <= LARGEST_MESSAGE)) fail("bytes of an answer", size, answer);
  if (!(Number.isInteger(count) && count >= 0)) fail("count of messages", "a whole number", count);
  checkTime("gap between messages", gap);
  if (transport.kind !== "udp") return;
  if (!isPayload(transport.payload)) fail("payload of a datagram", `1 to ${LARGEST_PAYLOAD} bytes`, transport.payload);
  checkTime("timeout of datagrams", transport.timeout);
}
