/** @file Ports in hostile hands: strangers that say anything, say nothing, or come in crowds; and bytes changed on the way. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect as plainConnect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "@split-et-impera/core/errors";
import { randomStream, type Random } from "@split-et-impera/core/random";
import { afterAll, beforeAll, expect, test } from "vitest";
import { greetingBytes, readGreeting, writeGreeting, type Greeting } from "./greeting.ts";
import { connect, listen, trustFor, type TrustedConnection, type Trust } from "./index.ts";
import { clientHello } from "./testing/hello.ts";
import { authority, certificateTrust, days, tokenTrusts } from "./testing/hosts.ts";
import { issue } from "./x509.ts";

const signal = new AbortController().signal;
const here = { host: "127.0.0.1", port: 0 };
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hostile-"));
});
afterAll(() => rm(folder, { recursive: true }));

const ca = authority();
const certificates = (host: string): Trust => certificateTrust(host, ca, issue(ca, [host], days(-1, 9)));

const sound: Greeting = {
  kind: "insecure",
  status: "welcome",
  nonce: new Uint8Array(32).fill(7),
  proof: new Uint8Array(32),
  from: "camera",
  to: "server",
};

/** Bits, bytes, lengths and runs, changed. */
function changed(bytes: Uint8Array, random: Random): Uint8Array {
  const now = Buffer.from(bytes);
  for (let n = 1 + random.integer(4); n > 0; n--) {
    const at = random.integer(random.integer(2) === 0 ? now.length : Math.min(now.length, 80));
    now[at] = random.integer(2) === 0 ? now[at]! ^ (1 << random.integer(8)) : random.integer(256);
  }
  if (random.integer(5) === 0) return now.subarray(0, random.integer(now.length));
  return random.integer(5) === 0 ? Buffer.concat([now, randomBytes(random.integer(2000))]) : now;
}

test("30,000 changed greetings are read, or refused in a line", () => {
  const random = randomStream(1, "greetings");
  const seed = writeGreeting(sound);
  expect(seed.length).toBe(greetingBytes);
  expect(readGreeting(seed)).toMatchObject({ from: "camera", to: "server", kind: "insecure" });
  let read = 0;
  for (let n = 0; n < 30_000; n++) {
    try {
      const { from, to } = readGreeting(changed(seed, random));
      expect(from + to).toMatch(/^[\w.-]*$/);
      read++;
    } catch (error) {
      expect((error as InputError).code).toBe("ERR_TRUST_PEER");
    }
  }
  expect(read).toBeGreaterThan(1000);
  expect(read).toBeLessThan(25_000);
});

/** Says something, hears what comes, and goes when the other side does or after a while. */
function say(port: number, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve) => {
    const heard: Buffer[] = [];
    const socket = plainConnect(port, "127.0.0.1", () => void socket.end(bytes));
    socket.on("data", (data: Buffer) => heard.push(data)).on("error", () => undefined);
    socket.once("close", () => resolve(Buffer.concat(heard)));
  });
}

test("3,000 strangers at each kind of port: none gets in, none brings it down, an honest host still does", async () => {
  const random = randomStream(2, "strangers");
  const tokens = await tokenTrusts(folder, "server", "camera");
  const plain = await Promise.all(["server", "camera"].map((host) => trustFor({ kind: "insecure" }, host)));
  const psk = await clientHello({ pskCallback: () => ({ identity: "sei", psk: randomBytes(32) }) });
  const ports: [Trust[], Uint8Array][] = [
    [[certificates("server"), certificates("camera")], await clientHello({})],
    [tokens, psk],
    [plain, writeGreeting(sound)],
  ];
  for (const [[own, other], seed] of ports) {
    const refused: InputError[] = [];
    const connections: TrustedConnection[] = [];
    const onConnection = (one: TrustedConnection): void => {
      connections.push(one);
      one.stream.destroy();
    };
    const onRefused = (reason: InputError): void => void refused.push(reason);
    await using listener = await listen(own!, here, onConnection, signal, { onRefused, hosts: ["camera"] });
    const { port } = listener.address;
    const crowd = Array.from({ length: 40 }, async () => {
      for (let n = 0; n < 75; n++) {
        const kind = random.integer(8);
        const bytes = kind === 0 ? randomBytes(random.integer(3000)) : kind === 1 ? seed : changed(seed, random);
        const heard = await say(port, bytes);
        // At most a TLS server's part of the handshake; never more than a stranger may have.
        expect(heard.length).toBeLessThan(4096);
      }
    });
    await Promise.all(crowd);
    await expect.poll(() => listener.counters.waiting).toBe(0);
    // An insecure port takes everyone's word: the right words, and none else.
    if (own!.kind !== "insecure") expect(connections.length).toBe(0);
    expect(listener.counters.accepted + listener.counters.refused).toBe(3000);
    for (const { message } of refused) expect(message).toMatch(/^127\.0\.0\.1:\d+: .{5,200}$/);
    connections.length = 0;
    const honest = await connect(other!, listener.address, "server", signal);
    await expect.poll(() => connections.map(({ peer }) => peer)).toEqual(["camera"]);
    honest.stream.destroy();
  }
}, 60_000);

test("a crowd that says nothing is bounded in number and time, and does not keep an honest host out", async () => {
  const reasons: string[] = [];
  const limits = { mostWaiting: 20, handshakeMilliseconds: 400 };
  const options = { ...limits, onRefused: ({ message }: InputError) => void reasons.push(message) };
  await using listener = await listen(certificates("server"), here, () => undefined, signal, options);
  const crowd: Socket[] = [];
  for (let n = 0; n < 100; n++) {
    const socket = plainConnect(listener.address.port, "127.0.0.1").on("error", () => undefined);
    crowd.push(socket);
    await once(socket, "connect");
  }
  await expect.poll(() => listener.counters.refused).toBe(80);
  expect(listener.counters.waiting).toBe(20);
  const honest = await connect(certificates("camera"), listener.address, "server", signal);
  await expect.poll(() => listener.counters.waiting, { timeout: 3000 }).toBe(0);
  expect(listener.counters).toEqual({ accepted: 1, refused: 100, waiting: 0 });
  expect(reasons.filter((text) => /20 others came before/.test(text)).length).toBe(81);
  expect(reasons.filter((text) => /did not say who it is within 0\.4 s/.test(text)).length).toBe(19);
  await expect.poll(() => crowd.every(({ destroyed }) => destroyed)).toBe(true);
  honest.stream.destroy();
});

test("a handshake of more bytes than any has is cut off", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const options = { onRefused: ({ message }: InputError) => resolve(message) };
  await using listener = await listen(certificates("server"), here, () => undefined, signal, options);
  const socket = plainConnect(listener.address.port, "127.0.0.1").on("error", () => undefined);
  // A ClientHello that says it has 130,000 bytes, in records of 16,000, and never ends.
  for (let n = 0; n < 5; n++) {
    const record = Buffer.alloc(16_005);
    record.set([0x16, 3, 1, 16_000 >> 8, 16_000 & 255]);
    if (n === 0) record.set([1, 130_000 >> 16, (130_000 >> 8) & 255, 130_000 & 255, 3, 3], 5);
    socket.write(record);
  }
  expect(await promise).toMatch(/: sent \d{5} bytes and not who it is$/);
  await once(socket, "close");
});

test("bytes changed after the handshake end the connection; what came through is what was sent", async () => {
  const random = randomStream(3, "middle");
  for (const make of [
    async () => ["server", "camera"].map(certificates),
    () => tokenTrusts(folder, "server", "camera"),
  ]) {
    const [own, other] = await make();
    for (let n = 0; n < 25; n++) {
      const { promise, resolve } = Promise.withResolvers<Buffer>();
      const onConnection = ({ stream }: TrustedConnection): void => {
        const had: Buffer[] = [];
        stream.on("data", (data: Buffer) => had.push(data)).once("close", () => resolve(Buffer.concat(had)));
      };
      await using listener = await listen(own!, here, onConnection, signal);
      let armed = false;
      const relay = createServer((down) => {
        const up = plainConnect(listener.address.port, "127.0.0.1");
        up.pipe(down);
        down.on("data", (data: Buffer) => {
          if (armed) data.set(changed(data.subarray(0, 5000), random).subarray(0, data.length));
          up.write(data);
        });
        for (const end of [down, up])
          end.on("error", () => undefined).once("close", () => [down, up].forEach((one) => one.destroy()));
      }).listen(0, "127.0.0.1");
      await once(relay, "listening");
      const { port } = relay.address() as AddressInfo;
      const client = await connect(other!, { host: "127.0.0.1", port }, "server", signal);
      const message = randomBytes(20_000);
      client.stream.write(message);
      setTimeout(() => {
        armed = true;
        client.stream.write(message);
        setTimeout(() => client.stream.destroy(), 30);
      }, 20);
      const had = await promise;
      expect(had.length).toBeGreaterThanOrEqual(message.length);
      expect(Buffer.concat([message, message]).subarray(0, had.length).equals(had)).toBe(true);
      relay.close();
    }
  }
}, 30_000);
