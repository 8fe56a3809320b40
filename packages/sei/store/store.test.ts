/** @file The store gives back exactly what was kept, or nothing; and never stops the work. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { packEntry, unpackEntry } from "./entry.ts";
import { decodeValue, digest, encodeValue, noStore, openStore, usualFolder, type Key } from "./index.ts";

let root = "";
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), "store-"))));
afterAll(() => rm(root, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const key: Key = { stage: "saliency", version: 1, engine: "runtime 1.2", of: { model: "abc", images: 10 } };
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("a folder as a store", () => {
  it("gives what was kept, to this key alone", async () => {
    const store = openStore(join(root, "one"));
    expect(await store.get(key)).toBeUndefined();
    await store.put(key, bytes(1, 2, 3));
    expect(Uint8Array.from((await store.get(key))!)).toEqual(bytes(1, 2, 3));
    for (const other of [
      { ...key, stage: "baseline" },
      { ...key, version: 2 },
      { ...key, engine: "runtime 1.3" },
      { ...key, of: { model: "abc", images: 11 } },
    ]) {
      expect(await store.get(other)).toBeUndefined();
    }
    await store.remove(key);
    expect(await store.get(key)).toBeUndefined();
    expect(await readdir(join(root, "one"))).toEqual([]);
  });

  it("a file that is damaged, cut short, or another entry's is absent, and is written anew", async () => {
    const folder = join(root, "damaged");
    const store = openStore(folder);
    await store.put(key, bytes(1, 2, 3));
    const [name] = await readdir(folder);
    const whole = await readFile(join(folder, name!));
    for (const content of [
      whole.subarray(0, -1),
      Buffer.concat([whole, bytes(0)]),
      Buffer.alloc(0),
      packEntry("x", bytes(1)),
    ]) {
      await writeFile(join(folder, name!), content);
      expect(await store.get(key)).toBeUndefined();
    }
    await store.put(key, bytes(4));
    expect([...(await store.get(key))!]).toEqual([4]);
  });

  it("what killed runs left half-written goes with the first that is kept", async () => {
    const folder = join(root, "left");
    await mkdir(folder);
    const store = openStore(folder);
    await store.put(key, bytes(1));
    const [name] = await readdir(folder);
    const { temporaryFor } = await import("../files/index.ts");
    const own = temporaryFor(join(folder, name!));
    await writeFile(own, "");
    await writeFile(own.replace(`-${process.pid}-`, "-999999999-"), "");
    await openStore(folder).put({ ...key, version: 2 }, bytes(1));
    expect((await readdir(folder)).filter((one) => one.endsWith(".tmp"))).toHaveLength(1);
  });

  it("that cannot be written is a single warning", async () => {
    await writeFile(join(root, "file"), "");
    const warnings: string[] = [];
    const store = openStore(join(root, "file", "cache"), { warn: (text) => void warnings.push(text) });
    await store.put(key, bytes(1));
    await store.put(key, bytes(1));
    expect(await store.get(key)).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/not kept for later runs: .*cache cannot be written/)]);
  });

  it("that cannot be read is absent", async (test) => {
    if (process.getuid?.() === 0) test.skip("root reads everything");
    const folder = join(root, "closed");
    const store = openStore(folder);
    await store.put(key, bytes(1));
    await chmod(folder, 0);
    expect(await store.get(key)).toBeUndefined();
    await chmod(folder, 0o700);
  });

  it("without a home keeps nothing, and says so", async () => {
    vi.stubEnv("SEI_CACHE", "");
    vi.stubEnv("XDG_CACHE_HOME", "");
    vi.stubEnv("HOME", "nowhere");
    expect(usualFolder()).toBeUndefined();
    const warnings: string[] = [];
    expect(openStore(undefined, { warn: (text) => void warnings.push(text) })).toBe(noStore);
    expect(warnings).toEqual([expect.stringContaining("no home folder")]);
  });

  it("lies where the user says, and else where absolute paths say", () => {
    vi.stubEnv("SEI_CACHE", "");
    vi.stubEnv("HOME", "/home/somebody");
    vi.stubEnv("XDG_CACHE_HOME", "relative");
    expect(usualFolder()).toBe("/home/somebody/.cache/split-et-impera");
    vi.stubEnv("XDG_CACHE_HOME", "/var/cache/own");
    expect(usualFolder()).toBe("/var/cache/own/split-et-impera");
    vi.stubEnv("SEI_CACHE", "here");
    expect(usualFolder()).toBe("here");
  });
});

describe("an entry", () => {
  it("with any bit flipped is none", () => {
    const whole = packEntry("key", encodeValue({ weights: Float32Array.of(1, 2, 3), by: new Map([["a", 1]]) }));
    expect(unpackEntry("key", whole)).toBeDefined();
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const flipped = Uint8Array.from(whole);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(unpackEntry("key", flipped)).toBeUndefined();
    }
  });

  it("holds plain data with typed arrays and maps", () => {
    const value = { weights: Float32Array.of(1, 2, 3), by: new Map([["a", Number.NaN]]), none: undefined };
    expect(decodeValue(encodeValue(value))).toEqual({ value });
    expect(decodeValue(bytes(9, 1, 2))).toBeUndefined();
    expect(decodeValue(bytes(1, 1, 2))).toBeUndefined();
  });
});

describe("a digest", () => {
  it("tells apart what JSON does not", () => {
    const values = [
      null,
      undefined,
      Number.NaN,
      Infinity,
      -Infinity,
      0,
      -0,
      0n,
      "0",
      [],
      {},
      "",
      [undefined],
      [null],
      new Map(),
      new Set(),
      new Map([[1, 2]]),
      [[1, 2]],
      new Set([1, 2]),
      [1, 2],
      Uint8Array.of(1, 0),
      Int8Array.of(1, 0),
      Uint16Array.of(1),
      Buffer.from([1, 0, 0]),
      Float32Array.of(0),
      Float32Array.of(-0),
    ];
    expect(new Set(values.map((value) => digest([value]))).size).toBe(values.length);
  });

  it("is the same for the same", () => {
    expect(digest({ a: [Float64Array.of(1), new Map([["x", 1n]])] })).toBe(
      digest({ a: [Float64Array.of(1), new Map([["x", 1n]])] }),
    );
  });
});
