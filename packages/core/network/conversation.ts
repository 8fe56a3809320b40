/** @file Messages and answers over TCP: in turn over one connection, or each over a connection of its own. */
import type { Clock } from "./clock.ts";
import type { MessageRun, MessageScenario } from "./messages.ts";
import { open, type Connection, type End } from "./tcp/index.ts";
import { TLS } from "./tls.ts";

/** Bytes of an answer where a scenario says none. */
const ANSWER = 16;
/**
 * Messages and answers in turn over an open connection.
 *
 * @param offset ns from the first packet to the clock's start.
 */
export function converse(
  clock: Clock,
  [a, b]: [End, End],
  scenario: MessageScenario,
  run: MessageRun,
  offset: number,
): void {
  const { bytes, count, gap = 0, answer = ANSWER } = scenario;
  let started = 0;
  const send = (): void => {
    started = clock.now;
    run.started.push(offset + started);
    a.write(bytes);
  };
  const next = { fire: send };
  const later = (): void => void (gap > 0 ? clock.at(clock.now + gap, next) : send());
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
      if (run.total.length < count) later();
    },
  };
  if (count > 0) later();
}

/** One message over a connection of its own, from the SYN on. */
export function coldMessage(
  connection: Connection,
  scenario: MessageScenario,
  run: MessageRun,
  tls: boolean,
  opened: (ends: [End, End]) => void,
): void {
  const { clock } = connection;
  const { bytes, answer = ANSWER, gap = 0 } = scenario;
  const started = clock.now + gap;
  const exchange = (ends: [End, End]): void => {
    opened(ends);
    const [a, b] = ends;
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
  };
  const fire = (): void => {
    run.started.push(clock.now);
    open(connection, (ends) => {
      if (ends !== undefined) exchange(ends);
    });
  };
  clock.at(started, { fire });
}
