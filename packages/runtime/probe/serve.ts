/** @file The listening end of a probe: it answers, and sends what it is asked for, within bounds of its own. */
import { InputError } from "@split-et-impera/core/errors";
import type { Address } from "../index.ts";
import { DatagramSocket, monotonicNs } from "../messages/index.ts";
import { listen, type Trust, type TrustedConnection } from "../trust/index.ts";
import { Channel, type ProbeLimits } from "./channel.ts";
import { probeVersion, type ControlOf } from "./control.ts";
import { leastPayload, mostCount, type ProbeDatagram } from "./datagram.ts";
import { socketDrops } from "../metrics/kernel.ts";
import { Arrivals } from "./losses.ts";
import { paced } from "./pace.ts";
import { settled, TrainArrivals } from "./train.ts";

/** What happened, for a log. */
export type ProbeEvent =
  | { event: "probed"; peer: string; from: string; seconds: number; bytes: number }
  | { event: "failed"; peer: string; from: string; reason: string }
  | { event: "refused"; from: string; reason: string };

export interface ProbeServer extends AsyncDisposable {
  readonly address: Address;
}

/** Seconds beyond those agreed for saying hello and goodbye. */
const grace = 5;

/**
 * Listens for hosts that measure the way to this one, one at a time, until it is disposed.
 * @param limits of each probe; who asks for more gets these
 * @throws InputError `ERR_CONNECT`, `ERR_TRUST_INSECURE`
 */
export async function serveProbe(
  trust: Trust,
  address: Address,
  limits: ProbeLimits,
  onEvent: (event: ProbeEvent) => void,
): Promise<ProbeServer> {
  const stopped = new AbortController();
  let busy = false;
  // Who is there before the socket is waits for it.
  const opened = Promise.withResolvers<DatagramSocket | undefined>();
  const serve = async (connection: TrustedConnection): Promise<void> => {
    const socket = await opened.promise;
    if (!socket || stopped.signal.aborted) {
      connection.stream.destroy();
      return;
    }
    const { peer, remote } = connection;
    const from = `${remote.host}:${remote.port}`;
    const began = performance.now();
    const session = new Session(connection, socket, limits, stopped.signal);
    if (busy) {
      session.refuse();
      onEvent({ event: "failed", peer, from, reason: "another host is at it" });
      return;
    }
    busy = true;
    try {
      await session.run();
      const seconds = (performance.now() - began) / 1e3;
      onEvent({ event: "probed", peer, from, seconds, bytes: session.channel.bytes });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      onEvent({ event: "failed", peer, from, reason: error.message });
    } finally {
      busy = false;
    }
  };
  const listener = await listen(trust, address, (connection) => void serve(connection), stopped.signal, {
    onRefused: ({ message }, from) => onEvent({ event: "refused", from, reason: message }),
  });
  let socket: DatagramSocket;
  try {
    socket = await DatagramSocket.open(listener.address);
    opened.resolve(socket);
  } catch (error) {
    stopped.abort();
    opened.resolve(undefined);
    throw error;
  }
  return {
    address: listener.address,
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await listener[Symbol.asyncDispose]();
      await socket[Symbol.asyncDispose]();
    },
  };
}

class Session {
  readonly channel: Channel;
  private readonly limits: ProbeLimits;
  private readonly signal: AbortSignal;
  private readonly socket: DatagramSocket;
  private agreed: ProbeLimits = { seconds: 0, bytes: 0 };
  private train = { number: -1, arrivals: new TrainArrivals() };
  private echoes = { number: -1, arrivals: new Arrivals() };
  private dropsBefore = 0;

  constructor(connection: TrustedConnection, socket: DatagramSocket, limits: ProbeLimits, signal: AbortSignal) {
    this.limits = limits;
    this.signal = signal;
    this.socket = socket;
    this.channel = new Channel(connection, socket, false, (datagram, now, payload) =>
      this.take(datagram, now, payload),
    );
  }

  refuse(): void {
    this.channel.say({ kind: "busy" });
    this.channel.close(new InputError("ERR_CONNECT", "busy"));
  }

  async run(): Promise<void> {
    const { channel } = this;
    const stop = (): void => channel.close(new InputError("ERR_CONNECT", "this host ends"));
    const late = (): void => channel.close(new InputError("ERR_MESSAGE", `${channel.peer}: took longer than agreed`));
    this.signal.addEventListener("abort", stop);
    let timer = setTimeout(late, grace * 1e3);
    try {
      const { version, ...asked } = await channel.expect("ask");
      if (version !== probeVersion)
        throw new InputError(
          "ERR_MESSAGE",
          `${channel.peer}: probes in version ${version}, this host in ${probeVersion}`,
        );
      const seconds = Math.min(asked.seconds, this.limits.seconds);
      this.agreed = { seconds, bytes: Math.min(asked.bytes, this.limits.bytes) };
      clearTimeout(timer);
      timer = setTimeout(late, (seconds + grace) * 1e3);
      this.dropsBefore = await this.drops();
      channel.say({ kind: "agree", ...this.agreed });
      for (;;) {
        const control = await channel.next();
        if (control.kind === "done") return;
        if (control.kind === "order") await this.send(control);
        else if (control.kind === "sent") await this.tell(control);
        else if (control.kind === "echoes") await this.tellEchoes(control);
        else throw new InputError("ERR_MESSAGE", `${channel.peer}: sends "${control.kind}" out of turn`);
      }
    } finally {
      clearTimeout(timer);
      this.signal.removeEventListener("abort", stop);
      channel.close(new InputError("ERR_CONNECT", "done"));
    }
  }

  private async send({ train, count, payload, gapNs }: ControlOf<"order">): Promise<void> {
    const { channel, agreed } = this;
    const whole = Number.isInteger(count) && Number.isInteger(payload) && Number.isInteger(train);
    const fits = count <= mostCount && train < 65_536 && payload >= leastPayload && payload <= channel.fullPayload;
    const paid = channel.bytes + count * (payload + channel.overhead) <= agreed.bytes;
    if (!whole || !fits || !paid || count * gapNs > agreed.seconds * 1e9)
      throw new InputError("ERR_MESSAGE", `${channel.peer}: asks for more than was agreed`);
    const none = { echo: 0, cameAt: 0, wentAt: 0 };
    const send = (index: number): void => channel.datagram({ kind: "train", train, index, ...none }, payload);
    const offeredNs = await paced(count, gapNs, send, channel.ended);
    channel.say({ kind: "sent", train, count, offeredNs });
  }

  private async tell({ train, count }: ControlOf<"sent">): Promise<void> {
    if (this.train.number !== train) this.train = { number: train, arrivals: new TrainArrivals() };
    const { arrivals } = this.train;
    await settled(arrivals, count);
    const { received, between } = arrivals.came(Math.min(count, mostCount));
    const [between0, between1, between2, between3] = between as [number, number, number, number];
    this.channel.say({ kind: "came", train, received, between0, between1, between2, between3 });
  }

  private async tellEchoes({ train, count }: ControlOf<"echoes">): Promise<void> {
    const { number, arrivals } = this.echoes;
    const of = number === train ? arrivals : new Arrivals();
    const { received, runs } = of.losses(Math.min(count, mostCount));
    this.channel.say({ kind: "echoed", train, received, runs, dropped: (await this.drops()) - this.dropsBefore });
  }

  private drops(): Promise<number> {
    return socketDrops(this.socket.port);
  }

  private take({ kind, train, index }: ProbeDatagram, now: number, payload: number): void {
    const { channel, agreed } = this;
    if (kind === "train") {
      if (train > this.train.number) this.train = { number: train, arrivals: new TrainArrivals() };
      this.train.arrivals.mark(index, now);
    } else if (kind === "echo") {
      if (train !== this.echoes.number) this.echoes = { number: train, arrivals: new Arrivals() };
      const { arrivals } = this.echoes;
      if (!arrivals.mark(index) || channel.bytes + payload + channel.overhead > agreed.bytes) return;
      const reply = { kind: "reply", train, index: arrivals.received - 1, echo: index, cameAt: now } as const;
      channel.datagram({ ...reply, wentAt: monotonicNs() }, payload);
    }
  }
}
