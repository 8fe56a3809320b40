/** @file The asking end of a probe: measures the way to a host that listens, both ways, in bounded time and bytes. */
import { isIPv6 } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { InputError } from "@split-et-impera/core/errors";
import { ETHERNET_HEADER } from "@split-et-impera/core/network";
import type { Estimate } from "@split-et-impera/core/statistics";
import type { Address } from "../index.ts";
import { DatagramSocket, monotonicNs } from "../messages/index.ts";
import { isLoopback } from "../trust/loopback.ts";
import { connect, type Trust, type TrustedConnection } from "../trust/index.ts";
import { Channel, type ProbeLimits } from "./channel.ts";
import { probeVersion } from "./control.ts";
import { leastPayload, mostCount, type ProbeDatagram } from "./datagram.ts";
import { socketDrops } from "../metrics/kernel.ts";
import { Arrivals, canBe, lossEstimate, type Losses } from "./losses.ts";
import { paced } from "./pace.ts";
import { searchRate, type TrainPlan } from "./rates.ts";
import { delayOf, jitterOf, rttOf, type Echo, type Probed, type ProbedDirection } from "./result.ts";
import { seen, settled, TrainArrivals, type Train } from "./train.ts";

/** Of the time and the bytes, for the rate of each direction; the rest is for echoes. */
const rateShare = { seconds: 0.28, bytes: 0.38 };
/** Of the slower direction's rate that echoes take: they must not wait for each other. */
const echoLoad = 0.3;
/** Of the bytes that are left: the other side counts a few that this one does not, and sends no more than was agreed. */
const echoBytesShare = 0.95;
/** Echoes a second at most; where the link allows so many, they fill packets. */
const mostEchoRate = 250;
/** Fewer than these tell nothing. */
const leastEchoes = 10;
/** Seconds beyond those asked for, after which a silent host is given up. */
const grace = 5;
/** Echoes that are waited for behind the last one, seconds beyond the longest round trip. */
const lastEcho = 0.2;

/**
 * Measures the way to `peer`.
 * @param limits what may be spent; the other side may allow less
 * @throws InputError `ERR_CONNECT` (not reached, busy, no datagrams come through), `ERR_MESSAGE`, `ERR_TRUST...`
 */
export async function probe(
  trust: Trust,
  address: Address,
  peer: string,
  limits: ProbeLimits,
  signal: AbortSignal,
  onProgress: (what: string) => void = () => undefined,
): Promise<Probed> {
  const connection = await connect(trust, address, peer, signal);
  await using socket = await socketBeside(connection);
  const probing = new Probing(connection, socket, limits, onProgress);
  const stop = (): void => probing.close(signal.reason as Error);
  signal.addEventListener("abort", stop);
  // It may be that it was while the socket was opened.
  if (signal.aborted) stop();
  const late = new InputError("ERR_CONNECT", `${peer}: does not answer in time`);
  const timer = setTimeout(() => probing.close(late), (limits.seconds + grace) * 1e3);
  try {
    return await probing.run(trust.host);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    probing.close(new InputError("ERR_CONNECT", "done"));
  }
}

/** On loopback where the other end is. Without it the connection is of no use. */
async function socketBeside({ remote: { host }, stream }: TrustedConnection): Promise<DatagramSocket> {
  try {
    return await DatagramSocket.open({ host: isLoopback(host) ? host : isIPv6(host) ? "::" : "0.0.0.0", port: 0 });
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

class Probing {
  private readonly channel: Channel;
  private readonly socket: DatagramSocket;
  private readonly limits: ProbeLimits;
  private readonly onProgress: (what: string) => void;
  private readonly start = monotonicNs();
  private train = { number: 0, arrivals: new TrainArrivals() };
  /** When echoes went, by their index; those that came back; which replies came. */
  private readonly went = new Float64Array(mostCount);
  private readonly echoes: Echo[] = [];
  private readonly replies = new Arrivals();

  constructor(
    connection: TrustedConnection,
    socket: DatagramSocket,
    limits: ProbeLimits,
    onProgress: (what: string) => void,
  ) {
    this.socket = socket;
    this.limits = limits;
    this.onProgress = onProgress;
    this.channel = new Channel(connection, socket, true, (datagram, now) => this.take(datagram, now));
  }

  close(reason: Error): void {
    this.channel.close(reason);
  }

  async run(host: string): Promise<Probed> {
    const { channel, socket } = this;
    const dropsBefore = await socketDrops(socket.port);
    channel.say({ kind: "ask", version: probeVersion, ...this.limits });
    const { seconds, bytes } = await this.agreed();
    const packetBytes = channel.fullPayload + channel.overhead;
    const linkBits = 8 * (packetBytes + ETHERNET_HEADER);
    const share = { seconds: rateShare.seconds * seconds, bytes: rateShare.bytes * bytes };
    const rateOf = async (way: "there" | "back"): Promise<Estimate> => {
      this.onProgress(`rate ${way}`);
      const until = this.elapsed + share.seconds;
      const send = way === "there" ? this.trainThere : this.trainBack;
      const budget = { ...share, packetBytes, linkBits };
      const rate = await searchRate(
        budget,
        (plan) => send.call(this, plan, linkBits),
        () => this.elapsed < until,
      );
      if (rate.value > 0) return rate;
      const port = `UDP port ${way === "there" ? "of the listening host" : socket.port}`;
      throw new InputError(
        "ERR_CONNECT",
        `${channel.peer}: no datagrams come through on the way ${way}; is the ${port} shut by a firewall?`,
      );
    };
    const rates = [await rateOf("there"), await rateOf("back")] as const;
    this.onProgress("round trips and losses");
    const rate = echoLoad * Math.min(rates[0].value, rates[1].value);
    const left = Math.max(seconds / 5, seconds - this.elapsed - 2 * lastEcho);
    const plan = echoPlan(rate, channel, left, (echoBytesShare * (bytes - channel.bytes)) / 2);
    const losses = await this.echo(plan);
    channel.say({ kind: "done" });
    if (this.echoes.length < leastEchoes)
      throw new InputError(
        "ERR_CONNECT",
        `${channel.peer}: ${this.echoes.length} of ${plan.count} datagrams came back, too few to tell anything`,
      );
    const direction = (i: 0 | 1): ProbedDirection => {
      const { rate: loss, burst } = lossEstimate(losses[i]);
      const jitter = jitterOf(this.echoes.map((echo) => (i === 0 ? echo.there : echo.back)));
      return { rate: rates[i], loss, ...(burst && { burst }), jitter };
    };
    const echoBytes = plan.payload + channel.overhead;
    return {
      hosts: [host, channel.peer],
      seconds: this.elapsed,
      bytes: channel.bytes,
      there: direction(0),
      back: direction(1),
      rtt: rttOf(this.echoes),
      delay: delayOf(this.echoes, 8 * (echoBytes + ETHERNET_HEADER), rates),
      echoes: { count: plan.count, bytes: echoBytes },
      dropped: losses[2] + (await socketDrops(socket.port)) - dropsBefore,
    };
  }

  private get elapsed(): number {
    return (monotonicNs() - this.start) / 1e9;
  }

  private async agreed(): Promise<ProbeLimits> {
    const answer = await this.channel.next();
    if (answer.kind === "busy")
      throw new InputError("ERR_CONNECT", `${this.channel.peer}: another host is at it; try again in some seconds`);
    if (answer.kind !== "agree") throw new InputError("ERR_MESSAGE", `${this.channel.peer}: does not agree to a probe`);
    const { seconds, bytes } = this.limits;
    return { seconds: Math.min(seconds, answer.seconds), bytes: Math.min(bytes, answer.bytes) };
  }

  private async trainThere({ count, gapNs }: TrainPlan, bits: number): Promise<Train> {
    const { channel } = this;
    const train = this.nextTrain();
    const send = (index: number): void =>
      channel.datagram({ kind: "train", train, index, echo: 0, cameAt: 0, wentAt: 0 }, channel.fullPayload);
    const offeredNs = await paced(count, gapNs, send, channel.ended);
    channel.say({ kind: "sent", train, count, offeredNs });
    const { between0, between1, between2, between3 } = await channel.expect("came");
    return seen(bits, count, offeredNs, [between0, between1, between2, between3]);
  }

  private async trainBack({ count, gapNs }: TrainPlan, bits: number): Promise<Train> {
    const { channel } = this;
    const train = this.nextTrain();
    // It may be the first word that the other side has of where datagrams go.
    channel.introduce();
    channel.say({ kind: "order", train, count, payload: channel.fullPayload, gapNs });
    const { offeredNs } = await channel.expect("sent");
    await settled(this.train.arrivals, count);
    return seen(bits, count, offeredNs, this.train.arrivals.came(count).between);
  }

  private nextTrain(): number {
    this.train = { number: this.train.number + 1, arrivals: new TrainArrivals() };
    return this.train.number;
  }

  /** Losses there and back, and what the other host's socket dropped. */
  private async echo({ count, payload, gapNs }: EchoPlan): Promise<[Losses, Losses, number]> {
    const { channel } = this;
    const train = this.nextTrain();
    const send = (index: number): void => {
      this.went[index] = monotonicNs();
      channel.datagram({ kind: "echo", train, index, echo: 0, cameAt: 0, wentAt: 0 }, payload);
    };
    await paced(count, gapNs, send, channel.ended);
    const longest = Math.max(0, ...this.echoes.map(({ around }) => around));
    await sleep(1e3 * (longest + lastEcho));
    channel.say({ kind: "echoes", train, count });
    const { received, runs, dropped } = await channel.expect("echoed");
    const there = { count, received, runs };
    if (!canBe(there))
      throw new InputError(
        "ERR_MESSAGE",
        `${channel.peer}: says that ${received} of ${count} came, lost in ${runs} runs`,
      );
    return [there, this.replies.losses(there.received), dropped];
  }

  private take({ kind, train, index, echo, cameAt, wentAt }: ProbeDatagram, now: number): void {
    if (train !== this.train.number) return;
    if (kind === "train") this.train.arrivals.mark(index, now);
    const sent = this.went[echo]!;
    if (kind !== "reply" || sent === 0 || !(wentAt >= cameAt && wentAt - cameAt <= now - sent)) return;
    if (!this.replies.mark(index)) return;
    const around = (now - sent - (wentAt - cameAt)) / 1e9;
    this.echoes.push({ there: (cameAt - sent) / 1e9, back: (now - wentAt) / 1e9, around });
  }
}

interface EchoPlan {
  count: number;
  payload: number;
  gapNs: number;
}

/** Echoes that take `rate`, as many a second as are of use, and as large as is left for each. */
function echoPlan(rate: number, channel: Channel, seconds: number, bytes: number): EchoPlan {
  const around = channel.overhead + ETHERNET_HEADER;
  const payload = Math.floor(Math.min(channel.fullPayload, Math.max(leastPayload, rate / mostEchoRate / 8 - around)));
  const aSecond = Math.min(mostEchoRate, rate / (8 * (payload + around)));
  const count = Math.floor(Math.min(mostCount, aSecond * seconds, bytes / (payload + channel.overhead)));
  return { count, payload, gapNs: Math.round(1e9 / aSecond) };
}
