/** @file Two hosts that prove themselves to each other, and all that can go wrong between them, on loopback. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, connect as plainConnect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as tlsServer, connect as tlsConnect, TLSSocket, type TLSSocket as Secure } from "node:tls";
import { InputError } from "@split-et-impera/core/errors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { opener, sealer } from "./datagrams.ts";
import type { TrustedConnection } from "./handshake.ts";
import { connect, listen, trustFor, type Listener, type ListenOptions, type Trust } from "./index.ts";
import { tlsOptions } from "./spec.ts";
import { authority, certificateTrust, days, tokenTrusts, writeKeys } from "./testing/hosts.ts";
import { issue } from "./x509.ts";

const signal = new AbortController().signal;
const here = { host: "127.0.0.1", port: 0 };
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trust-"));
});
afterAll(() => rm(folder, { recursive: true }));

const ca = authority();
const byCertificate = (host: string, from = ca, validity = days(-1, 30)): Trust =>
  certificateTrust(host, ca, issue(from, [host], validity));
const insecure = (host: string): Promise<Trust> => trustFor({ kind: "insecure" }, host);

interface Server extends AsyncDisposable {
  listener: Listener;
  refused: InputError[];
  next(): Promise<TrustedConnection>;
}

async function serve(trust: Trust, options: ListenOptions = {}): Promise<Server> {
  const got: TrustedConnection[] = [];
  const refused: InputError[] = [];
  let wake = (): void => undefined;
  const onConnection = (connection: TrustedConnection): void => {
    got.push(connection);
    wake();
  };
  const onRefused = (reason: InputError): void => void refused.push(reason);
  const listener = await listen(trust, here, onConnection, signal, { onRefused, ...options });
  return {
    listener,
    refused,
    async next() {
      if (got.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return got.shift()!;
    },
    async [Symbol.asyncDispose]() {
      for (const { stream } of got) stream.destroy();
      await listener[Symbol.asyncDispose]();
    },
  };
}

/** The error of a connection that must not come about. */
async function failure(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  const { code, message } = error as InputError;
  expect(message).not.toContain("\n");
  return { code, message };
}

/** Trusts of a server and a camera, by kind. */
const kinds = {
  certificates: async () => [byCertificate("server"), byCertificate("camera")],
  token: () => tokenTrusts(folder, "server", "camera"),
  insecure: () => Promise.all([insecure("server"), insecure("camera")]),
};

describe.each(Object.entries(kinds))("%s", (kind, make) => {
  test("both know each other; bytes pass both ways; datagrams under keys of their own", async () => {
    const [own, other] = await make();
    await using server = await serve(own!, { hosts: ["camera", "gateway"] });
    const client = await connect(other!, server.listener.address, "server", signal);
    const accepted = await server.next();
    expect([client.peer, accepted.peer]).toEqual(["server", "camera"]);
    expect([client.stream instanceof TLSSocket, accepted.stream instanceof TLSSocket]).toEqual(
      Array.from({ length: 2 }, () => kind !== "insecure"),
    );
    if (kind !== "insecure") expect((client.stream as Secure).getProtocol()).toBe("TLSv1.3");
    const blob = randomBytes(300_000);
    client.stream.end(blob);
    const had: Buffer[] = [];
    for await (const chunk of accepted.stream) had.push(chunk as Buffer);
    expect(Buffer.concat(had).equals(blob)).toBe(true);

    const { datagrams: a } = client;
    const { datagrams: b } = accepted;
    expect([a.sealed, b.sealed]).toEqual([kind !== "insecure", kind !== "insecure"]);
    const [out, back] = [sealer(a.send, a.sealed), sealer(b.send, b.sealed)];
    const [atServer, atClient] = [opener(b.receive, b.sealed), opener(a.receive, a.sealed)];
    const datagram = out.seal(blob.subarray(0, 1000));
    expect(atClient.open(datagram)).toBeUndefined();
    expect(Buffer.from(atServer.open(datagram)!).equals(blob.subarray(0, 1000))).toBe(true);
    expect(atClient.open(back.seal(new Uint8Array(3)))).toEqual(Buffer.alloc(3));

    // Another connection of the same hosts has other keys.
    const again = await connect(other!, server.listener.address, "server", signal);
    expect(Buffer.from(again.datagrams.send).equals(a.send)).toBe(false);
    expect(Buffer.from(a.send).equals(a.receive)).toBe(false);
    again.stream.destroy();
    (await server.next()).stream.destroy();
    expect(server.listener.counters).toEqual({ accepted: 2, refused: 0, waiting: 0 });
  });

  test("what is written right behind the greeting is not lost", async () => {
    const [own, other] = await make();
    const received = Promise.withResolvers<string>();
    const first = (connection: TrustedConnection): void => {
      connection.stream.write("welcome aboard");
      connection.stream.on("data", (data: Buffer) => received.resolve(data.toString()));
    };
    await using listener = await listen(own!, here, first, signal);
    const client = await connect(other!, listener.address, "server", signal);
    client.stream.write("first");
    expect(String((await once(client.stream, "data"))[0])).toBe("welcome aboard");
    expect(await received.promise).toBe("first");
    client.stream.destroy();
  });

  test("another host than the one looked for; a host that is none of the deployment", async () => {
    const [own, other] = await make();
    await using server = await serve(own!, { hosts: ["gateway"] });
    const { address } = server.listener;
    const wrong = await failure(connect(other!, address, "gateway", signal));
    expect(wrong.code).toBe("ERR_TRUST_HOST");
    expect(wrong.message).toMatch(
      /^gateway at 127\.0\.0\.1:\d+.*(is not gateway|is of DNS:server, expected DNS:gateway)/,
    );
    expect(await failure(connect(other!, address, "server", signal))).toEqual({
      code: "ERR_TRUST_HOST",
      message: `server at 127.0.0.1:${address.port} refuses camera: it is no host of its deployment`,
    });
    expect(server.refused.at(-1)?.message).toMatch(/^127\.0\.0\.1:\d+: says that it is camera, which is no other host/);
    expect(server.listener.counters.accepted).toBe(0);
  });
});

describe("each kind of trust against each other one", () => {
  const names = Object.keys(kinds) as (keyof typeof kinds)[];
  test.each(names.flatMap((own) => names.filter((one) => one !== own).map((other) => [own, other] as const)))(
    "%s listens, %s connects",
    async (ownKind, otherKind) => {
      const [own] = await kinds[ownKind]();
      const [, other] = await kinds[otherKind]();
      await using server = await serve(own!);
      const { code, message } = await failure(connect(other!, server.listener.address, "server", signal));
      expect([message, /ERR_TRUST_(KIND|PEER)/.test(code)]).toEqual([message, true]);
      expect(message).toMatch(/^server at 127\.0\.0\.1:\d+: /);
      await expect.poll(() => server.refused.length).toBe(1);
      expect(server.refused[0]!.message).not.toContain("\n");
      expect(server.listener.counters.accepted).toBe(0);
    },
  );
});

test("another token, on either side", async () => {
  const [own] = await tokenTrusts(folder, "server");
  const [other] = await tokenTrusts(folder, "camera");
  await using server = await serve(own!);
  expect(await failure(connect(other!, server.listener.address, "server", signal))).toEqual({
    code: "ERR_TRUST_TOKEN",
    message: `server at 127.0.0.1:${server.listener.address.port}: its token is another one`,
  });
  await expect.poll(() => server.refused.map(({ code }) => code)).toEqual(["ERR_TRUST_TOKEN"]);
});

test("certificates: out of date, not yet valid, of another authority, of another host; on both sides", async () => {
  const stranger = authority();
  const named = (host: string, name: string): Trust => certificateTrust(host, ca, issue(ca, [name], days(-1, 30)));
  const cases = [
    [
      (host: string) => byCertificate(host, ca, days(-9, -2)),
      "ERR_TRUST_EXPIRED",
      /out of date (since 20|by its clock)/,
    ],
    [
      (host: string) => byCertificate(host, ca, days(2, 9)),
      "ERR_TRUST_NOT_YET",
      /(valid from 20.* on|not yet valid by)/,
    ],
    [(host: string) => byCertificate(host, stranger), "ERR_TRUST_AUTHORITY", /of another authority/],
    [(host: string) => named(host, "other"), "ERR_TRUST_HOST", /is of DNS:other, expected|it is not of camera/],
  ] as const;
  for (const [bad, code, text] of cases) {
    // The server's is bad: the client says so.
    await using badServer = await serve(bad("server"));
    const seen = await failure(connect(byCertificate("camera"), badServer.listener.address, "server", signal));
    expect(seen).toEqual({ code, message: expect.stringMatching(text) as string });
    await expect.poll(() => badServer.refused.length).toBe(1);
    // The client's is bad: both say so.
    await using server = await serve(byCertificate("server"));
    const told = await failure(connect(bad("camera"), server.listener.address, "server", signal));
    expect(told).toEqual({ code, message: expect.stringMatching(text) as string });
    expect(server.refused.map((reason) => reason.code)).toEqual([code]);
    expect([badServer, server].map(({ listener }) => listener.counters.accepted)).toEqual([0, 0]);
  }
});

test("a session without a certificate cannot be resumed into one that counts", async () => {
  await using server = await serve(byCertificate("server"));
  const { port } = server.listener.address;
  const sessions: Buffer[] = [];
  const options = { port, host: "127.0.0.1", rejectUnauthorized: false, minVersion: "TLSv1.3" as const };
  const first = tlsConnect(options);
  first.on("session", (session: Buffer) => sessions.push(session)).on("error", () => undefined);
  await once(first, "secureConnect");
  first.write("x");
  await once(first, "close");
  for (const session of sessions) {
    const second = tlsConnect({ ...options, session });
    second.on("error", () => undefined);
    await once(second, "secureConnect");
    expect(second.isSessionReused()).toBe(false);
    second.destroy();
  }
  expect(server.listener.counters.accepted).toBe(0);
});

test("in the middle, with a certificate of its own and a word for a token: nobody is fooled", async () => {
  const [own, other] = await tokenTrusts(folder, "server", "camera");
  const [liar] = await tokenTrusts(folder, "server");
  await using server = await serve(own!);
  const identity = issue(authority(), ["server"], days(-1, 1));
  // Ends TLS towards the client by a certificate, and passes all bytes on.
  const certified = tlsServer({ cert: identity.certificate, key: identity.key, minVersion: "TLSv1.3" }, (stream) => {
    stream.on("error", () => undefined).resume();
  });
  certified.on("tlsClientError", () => undefined).listen(0, "127.0.0.1");
  await once(certified, "listening");
  const at = (port: number): { host: string; port: number } => ({ host: "127.0.0.1", port });
  const seen = await failure(connect(other!, at((certified.address() as AddressInfo).port), "server", signal));
  expect(seen.code).toBe("ERR_TRUST_KIND");
  certified.close();
  // Ends it by another token.
  await using wrong = await serve(liar!);
  expect((await failure(connect(other!, wrong.listener.address, "server", signal))).code).toBe("ERR_TRUST_TOKEN");
  // Passes everything on, and changes one byte somewhere.
  for (const position of [20, 300, 900]) {
    const relay = createServer((down) => {
      const up = plainConnect(server.listener.address.port, "127.0.0.1");
      let passed = 0;
      down.on("data", (data: Buffer) => {
        const i = position - passed;
        if (i >= 0 && i < data.length) data[i]! ^= 1;
        passed += data.length;
        up.write(data);
      });
      up.pipe(down);
      for (const end of [down, up])
        end.on("error", () => undefined).on("close", () => [down, up].map((s) => s.destroy()));
    }).listen(0, "127.0.0.1");
    await once(relay, "listening");
    await failure(connect(other!, at((relay.address() as AddressInfo).port), "server", signal));
    relay.close();
  }
  expect(server.listener.counters.accepted).toBe(0);
  expect(Object.keys(tlsOptions(own!))).not.toContain("key");
});

test("insecure beyond loopback only in so many words; unreachable and used addresses", async () => {
  const trust = await insecure("camera");
  for (const host of ["0.0.0.0", "10.1.2.3", "::"]) {
    const { code, message } = await failure(listen(trust, { host, port: 0 }, () => undefined, signal));
    expect([code, message]).toEqual(["ERR_TRUST_INSECURE", expect.stringContaining(`${host}:0: refused without`)]);
    expect((await failure(connect(trust, { host, port: 9 }, "server", signal))).code).toBe("ERR_TRUST_INSECURE");
  }
  const open = await trustFor({ kind: "insecure", anywhere: true }, "camera");
  await using listener = await listen(open, { host: "0.0.0.0", port: 0 }, () => undefined, signal);
  const used = await failure(listen(open, listener.address, () => undefined, signal));
  expect(used).toEqual({ code: "ERR_CONNECT", message: expect.stringMatching(/in use by another/) as string });
  const gone = { host: "localhost", port: 1 };
  const { code, message } = await failure(connect(trust, gone, "server", signal));
  expect([code, message]).toEqual(["ERR_CONNECT", "server at localhost:1: nobody listens there (ECONNREFUSED)"]);
});

test("what a spec names must be there, fit together, and be this host's", async () => {
  const other = authority();
  const make = async (name: string, from = ca, host = "camera", validity = days(-1, 30)): Promise<string> =>
    writeKeys(join(folder, name), ca, issue(from, [host], validity));
  const good = await make("good");
  expect((await trustFor({ kind: "certificates", folder: good }, "camera")).kind).toBe("certificates");
  const mixed = await make("mixed");
  await writeFile(join(mixed, "host.key"), issue(ca, ["camera"], days(-1, 1)).key);
  const garbage = await make("garbage");
  await writeFile(join(garbage, "ca.crt"), "hello");
  const file = join(folder, "token");
  await writeFile(file, "correct horse battery staple");
  const cases: [Promise<string> | string, string, RegExp][] = [
    [join(folder, "absent"), "ERR_TRUST", /ca\.crt: cannot be read \(ENOENT\); `sei keys` makes it/],
    [mixed, "ERR_TRUST", /host\.key: is not the key of .*host\.crt/],
    [garbage, "ERR_TRUST", /ca\.crt: expected a certificate as PEM/],
    [make("old", ca, "camera", days(-9, -2)), "ERR_TRUST_EXPIRED", /host\.crt: out of date since .* clock says/],
    [make("young", ca, "camera", days(2, 9)), "ERR_TRUST_NOT_YET", /host\.crt: valid from .* clock says/],
    [make("foreign", other), "ERR_TRUST_AUTHORITY", /host\.crt: was not issued by .*ca\.crt/],
    [make("server", ca, "server"), "ERR_TRUST_HOST", /host\.crt: is of DNS:server, expected DNS:camera/],
  ];
  for (const [where, code, text] of cases) {
    const seen = await failure(trustFor({ kind: "certificates", folder: await where }, "camera"));
    expect(seen).toEqual({ code, message: expect.stringMatching(text) as string });
  }
  expect((await failure(trustFor({ kind: "token", file }, "camera"))).message).toMatch(/expected a token, 64 hexa/);
  expect((await failure(trustFor({ kind: "insecure" }, "no host"))).code).toBe("ERR_TRUST");
});

test("a stopped attempt and a stopped listener leave nothing open", async () => {
  const silent = createServer((socket) => void socket.on("error", () => undefined)).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const stop = new AbortController();
  const address = { host: "127.0.0.1", port: (silent.address() as AddressInfo).port };
  const attempt = connect(byCertificate("camera"), address, "server", stop.signal);
  setTimeout(() => stop.abort(new Error("stopped")), 50);
  await expect(attempt).rejects.toThrow("stopped");
  silent.close();
  const ended = new AbortController();
  const listener = await listen(byCertificate("server"), here, () => undefined, ended.signal);
  const stranger = plainConnect(listener.address.port, "127.0.0.1").on("error", () => undefined);
  await once(stranger, "connect");
  await expect.poll(() => listener.counters.waiting).toBe(1);
  ended.abort();
  await once(stranger, "close");
  expect((await failure(connect(byCertificate("camera"), listener.address, "server", signal))).code).toBe(
    "ERR_CONNECT",
  );
});
