/**
 * @file What strangers may send: greetings, datagrams, bytes to a listening port, bytes changed on the way between two hosts.
 * A million for each port: `npm run fuzz -- --only "port by token"`.
 */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { connect as plainConnect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { InputError } from "../../packages/core/dist/errors/index.js";
import type { Random } from "../../packages/core/random/index.ts";
import {
  connect,
  issue,
  listen,
  opener,
  readGreeting,
  sealer,
  trustFor,
  type Listener,
  type Trust,
  type TrustedConnection,
} from "../../packages/runtime/dist/trust/index.js";
import { writeGreeting } from "../../packages/runtime/dist/trust/greeting.js";
import { clientHello } from "../../packages/runtime/trust/testing/hello.ts";
import { authority, certificateTrust, days } from "../../packages/runtime/trust/testing/hosts.ts";
import { mutateBytes } from "../mutate/bytes.ts";
import type { Target } from "../target.ts";

const signal = new AbortController().signal;
const greeting = writeGreeting({
  kind: "insecure",
  status: "welcome",
  nonce: new Uint8Array(32).fill(7),
  proof: new Uint8Array(32),
  from: "camera",
  to: "server",
});

/** Now and then as it was: what is sound must pass. */
const orSound = (bytes: Uint8Array, random: Random): Uint8Array =>
  random.integer(20) === 0 ? bytes : mutateBytes(bytes, random);

const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const payload = Uint8Array.from({ length: 300 }, (_, i) => i % 256);
const sealed = sealer(Uint8Array.from(key)).seal(payload);
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const ca = authority();
const trustsBy: Record<Trust["kind"], (folder: string) => Promise<[Trust, Trust]>> = {
  certificates: async () => {
    const [server, camera] = ["server", "camera"].map((host) =>
      certificateTrust(host, ca, issue(ca, [host], days(-1, 9))),
    );
    return [server!, camera!];
  },
  async token(folder) {
    const file = join(folder, "token");
    await writeFile(file, "5".repeat(64));
    const spec = { kind: "token", file } as const;
    return [await trustFor(spec, "server"), await trustFor(spec, "camera")];
  },
  insecure: async () => [
    await trustFor({ kind: "insecure" }, "server"),
    await trustFor({ kind: "insecure" }, "camera"),
  ],
};

interface Port {
  trusts: [Trust, Trust];
  listener: Listener;
  accepted: TrustedConnection[];
  refused: InputError[];
}

const ports = new Map<string, Promise<Port>>();

/** A listening host, one for all inputs of this process. */
function portBy(kind: Trust["kind"], folder: string): Promise<Port> {
  const open = async (): Promise<Port> => {
    const trusts = await trustsBy[kind](folder);
    const accepted: TrustedConnection[] = [];
    const refused: InputError[] = [];
    const listener = await listen(trusts[0], { host: "127.0.0.1", port: 0 }, (one) => void accepted.push(one), signal, {
      onRefused: (reason) => void refused.push(reason),
    });
    return { trusts, listener, accepted, refused };
  };
  if (!ports.has(kind)) ports.set(kind, open());
  return ports.get(kind)!;
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
}

const portTarget = (kind: Trust["kind"], seeds: Target["seeds"]): Target => ({
  name: `port by ${kind}`,
  share: 3000,
  seeds,
  mutate: (seed, random) => (random.integer(20) === 0 ? "an honest host" : mutateBytes(seed as Uint8Array, random)),
  async read(input, folder) {
    const { trusts, listener, accepted, refused } = await portBy(kind, folder);
    if (typeof input === "string") {
      const { stream } = await connect(trusts[1], listener.address, "server", signal);
      await until(() => accepted.length > 0);
      for (const end of [stream, accepted.shift()!.stream]) end.destroy();
      return;
    }
    const socket = plainConnect(listener.address.port, "127.0.0.1", () => void socket.end(input as Uint8Array));
    socket.on("error", () => undefined).resume();
    await until(() => accepted.length + refused.length > 0);
    const [got, why] = [accepted.shift(), refused.shift()];
    got?.stream.destroy();
    if (got && kind !== "insecure") throw new Error("a stranger was let in");
    if (why) throw why;
  },
});

const message = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) % 256);

const between = (kind: "certificates" | "token"): Target => ({
  name: `between hosts by ${kind}`,
  share: 1000,
  // What is laid over the bytes of the message's record by exclusive or: zeros change nothing.
  seeds: () => [Uint8Array.from({ length: message.length }, () => 0)],
  mutate: (seed, random) => orSound(seed as Uint8Array, random),
  async read(input, folder) {
    const changes = input as Uint8Array;
    const { trusts, listener, accepted } = await portBy(kind, folder);
    let armed = false;
    const relay = createServer((down) => {
      const up = plainConnect(listener.address.port, "127.0.0.1");
      up.pipe(down);
      down.on("data", (data: Buffer) => {
        const changed = data.map((byte, i) => byte ^ (changes[i] ?? 0)).subarray(0, armed ? changes.length : undefined);
        if (!armed) up.write(data);
        else if (changes.length === message.length && changes.every((byte) => byte === 0)) up.end(data);
        else up.end(changed);
      });
      for (const end of [down, up])
        end.on("error", () => undefined).once("close", () => [down, up].forEach((one) => one.destroy()));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => relay.once("listening", resolve));
    const { port } = relay.address() as AddressInfo;
    const client = await connect(trusts[1], { host: "127.0.0.1", port }, "server", signal);
    await until(() => accepted.length > 0);
    const had: Buffer[] = [];
    const { stream } = accepted.shift()!;
    const closed = new Promise((resolve) => stream.once("close", resolve));
    stream.on("data", (data: Buffer) => had.push(data));
    armed = true;
    client.stream.write(message);
    await closed;
    client.stream.destroy();
    relay.close();
    const got = Buffer.concat(had);
    if (!same(got, message.subarray(0, got.length))) throw new Error("other bytes than were sent");
    if (got.length < message.length) throw new InputError("ERR_TRUST_PEER", "refused");
  },
});

export const trust: readonly Target[] = [
  {
    name: "greeting",
    share: 20_000,
    seeds: () => [greeting],
    mutate: (seed, random) => mutateBytes(seed as Uint8Array, random),
    read: (input) => void readGreeting(input as Uint8Array),
  },
  {
    name: "datagram",
    share: 20_000,
    seeds: () => [sealed],
    mutate: (seed, random) => orSound(seed as Uint8Array, random),
    read(input) {
      const opened = opener(key).open(input as Uint8Array);
      if (opened === undefined) throw new InputError("ERR_TRUST_PEER", "does not open");
      if (!same(input as Uint8Array, sealed) || !same(opened, payload)) throw new Error("a changed datagram opened");
    },
  },
  {
    name: "files of a host",
    share: 3000,
    seeds: () => [issue(ca, ["camera"], days(-1, 9))],
    mutate(seed, random) {
      const files = { "ca.crt": ca.certificate, "host.crt": "", "host.key": "" };
      [files["host.crt"], files["host.key"]] = Object.values(seed as object) as [string, string];
      const file = (["ca.crt", "host.crt", "host.key"] as const)[random.integer(3)]!;
      return { ...files, [file]: orSound(Buffer.from(files[file]), random) };
    },
    async read(input, folder) {
      for (const [file, bytes] of Object.entries(input as Record<string, Uint8Array>))
        await writeFile(join(folder, file), bytes);
      await trustFor({ kind: "certificates", folder }, "camera");
    },
  },
  portTarget("certificates", async () => [await clientHello({})]),
  portTarget("token", async () => [
    await clientHello({ pskCallback: () => ({ identity: "sei", psk: randomBytes(32) }) }),
  ]),
  portTarget("insecure", () => [greeting]),
  between("certificates"),
  between("token"),
];
