/** @file The experiment that was measured on Linux: messages and short answers over one TCP connection. */
import {
  Clock,
  connect,
  createLink,
  MSS,
  PacketPool,
  type CongestionName,
  type LinkOptions,
  type LossOptions,
} from "@split-et-impera/core/network";

export interface Experiment {
  cc: CongestionName;
  /** Bytes per message; the answer has 16. */
  size: number;
  link: LinkOptions;
  /** Loss on the way to the receiver, and back. */
  loss: [LossOptions | undefined, LossOptions | undefined];
  nagle: boolean;
  /** ns between an answer and the next message, and before the first. */
  gap: number;
  messages: number;
}

export interface Outcome {
  /** ns from the write to the receiver's last byte, and to the answer, per message. */
  oneWay: number[];
  total: number[];
  /** Packets put on the wire in both directions. */
  packets: number;
  retransmissions: number;
  timeouts: number;
  probes: number;
}

const ANSWER = 16;

/** Runs one connection. */
export function runConnection(experiment: Experiment, seed: number, connection: number): Outcome {
  const { cc, size, link, loss, nagle, gap, messages } = experiment;
  const clock = new Clock();
  const pool = new PacketPool();
  const name = `connection ${connection}`;
  const { forward, backward } = createLink(
    clock,
    pool,
    {
      name,
      a: "A",
      b: "B",
      options: [
        { ...link, loss: loss[0] },
        { ...link, loss: loss[1] },
      ],
    },
    seed,
  );
  const targets = [backward.targets, forward.targets];
  // SYN and SYN-ACK are 74 bytes on the wire.
  const handshake = Math.round(2 * (link.delay ?? 0) + (link.bucket ? 0 : (2 * 74 * 8e9) / link.rate));
  const [a, b] = connect(
    clock,
    pool,
    {
      forward,
      backward,
      arrive: (end, receiver) => {
        targets[end]!.push(receiver);
      },
      handshake,
    },
    0,
    { cc, nagle },
    seed,
    name,
  );
  const outcome: Outcome = { oneWay: [], total: [], packets: 0, retransmissions: 0, timeouts: 0, probes: 0 };
  let started = 0;
  const send = (): void => {
    started = clock.now;
    a.write(size);
  };
  b.application = {
    delivered: (bytes) => {
      if (bytes < size * (outcome.oneWay.length + 1)) return;
      outcome.oneWay.push(clock.now - started);
      b.write(ANSWER);
    },
  };
  a.application = {
    delivered: (bytes) => {
      if (bytes < ANSWER * (outcome.total.length + 1)) return;
      outcome.total.push(clock.now - started);
      if (outcome.total.length === messages) return;
      if (gap > 0) clock.at(clock.now + gap, { fire: send });
      else send();
    },
  };
  // The handshake's last ACK leaves just before the first message.
  a.sendAck();
  if (gap > 0) clock.at(gap, { fire: send });
  else send();
  clock.run();
  outcome.packets = forward.tally.sent + backward.tally.sent;
  outcome.retransmissions = a.sender.counts.retransmissions;
  outcome.timeouts = a.sender.counts.timeouts;
  outcome.probes = a.sender.counts.probes;
  return outcome;
}

/** Segments of a message. */
export function segmentsOf(size: number): number {
  return Math.ceil(size / MSS);
}
