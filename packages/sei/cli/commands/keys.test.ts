/** @file `sei keys`: what it writes is what a host's trust reads. */
import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { trustFor } from "@split-et-impera/runtime/trust";
import { expect, test } from "vitest";
import { at, json, said, sei, useFolder } from "../testing/harness.ts";

useFolder();

const mode = async (path: string): Promise<string> => ((await stat(at(path))).mode & 0o777).toString(8);
const certificate = async (path: string): Promise<X509Certificate> => new X509Certificate(await readFile(at(path)));

test("a folder per host, which its trust takes; what goes where is said; a later host has the same authority", async () => {
  expect(await sei("keys", "--out", at("keys"), "camera", "server=10.0.0.2,srv.local")).toBe(0);
  expect(said.stdout).toMatch(/keys\/camera\/ +copy to camera +20/);
  expect(said.stdout).toMatch(/keys\/ca\.key: the new authority's secret; it goes to no host/);
  expect((await readdir(at("keys"))).sort()).toEqual(["ca.crt", "ca.key", "camera", "server"]);
  expect((await readdir(at("keys/camera"))).sort()).toEqual(["ca.crt", "host.crt", "host.key"]);
  for (const file of ["keys/ca.key", "keys/camera/host.key"]) expect([file, await mode(file)]).toEqual([file, "600"]);
  for (const host of ["camera", "server"])
    expect((await trustFor({ kind: "certificates", folder: at(`keys/${host}`) }, host)).host).toBe(host);
  const server = await certificate("keys/server/host.crt");
  expect([server.checkIP("10.0.0.2"), server.checkHost("srv.local")]).toEqual(["10.0.0.2", "srv.local"]);
  const ca = await readFile(at("keys/ca.crt"), "utf8");

  const told = await json<{ authority: { made: boolean }; hosts: { host: string; renewed: boolean; until: string }[] }>(
    "keys",
    "--out",
    at("keys"),
    "gateway",
    "camera",
    "--days",
    "30",
  );
  expect(told.authority.made).toBe(false);
  expect(told.hosts.map(({ host, renewed }) => [host, renewed])).toEqual([
    ["gateway", false],
    ["camera", true],
  ]);
  const { validTo, validFrom } = await certificate("keys/camera/host.crt");
  expect((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000).toBeCloseTo(30 + 1 / 24, 3);
  expect(Date.parse(told.hosts[1]!.until)).toBeCloseTo(Date.parse(validTo), -4);
  expect(await readFile(at("keys/ca.crt"), "utf8")).toBe(ca);
  expect(await readFile(at("keys/gateway/ca.crt"), "utf8")).toBe(ca);
});

test("a token is 256 random bits, for its user alone, and is never written over", async () => {
  expect(await sei("keys", "--token", "--out", at("a.token"))).toBe(0);
  expect(said.stdout).toMatch(/a\.token: copy it to every host/);
  const first = await readFile(at("a.token"), "utf8");
  expect(first).toMatch(/^[0-9a-f]{64}\n$/);
  expect(await mode("a.token")).toBe("600");
  expect(said.stdout).not.toContain(first.trim());
  expect((await trustFor({ kind: "token", file: at("a.token") }, "camera")).kind).toBe("token");
  expect(await sei("keys", "--token", "--out", at("a.token"))).toBe(1);
  expect(said.stderr).toMatch(/is there already/);
  expect(await readFile(at("a.token"), "utf8")).toBe(first);
});

test("mistakes are a line each, and leave nothing behind", async () => {
  const cases: [string[], number, RegExp][] = [
    [["--out", at("k")], 2, /expected the names of the deployment's hosts/],
    [["camera"], 2, /--out/],
    [["--out", at("k"), "camera", "camera"], 2, /each host once, got "camera" twice/],
    [["--out", at("k"), "../up"], 2, /expected the name of a host .*got "\.\.\/up"/],
    [["--out", at("k"), "ca.key"], 2, /expected the name of a host/],
    [["--out", at("k"), "camera=10.0.0.1,"], 2, /camera: expected IP addresses or names after "=", got ""/],
    [["--out", at("k"), "camera=a b"], 2, /got "a b"/],
    [["--out", at("k"), "camera", "--days", "0"], 2, /--days: expected a whole number/],
    [["--out", at("k"), "camera", "--days", "99999"], 2, /--days: expected at most 7299, when the authority ends/],
    [["--out", at("k"), "--token", "camera"], 2, /--token: expected no HOST/],
  ];
  for (const [words, code, text] of cases) {
    expect([words, await sei("keys", ...words)]).toEqual([words, code]);
    expect(said.stderr).toMatch(text);
    expect(existsSync(at("k"))).toBe(false);
  }
});

test("folders that hold other things, or half an authority, are left alone", async () => {
  await mkdir(at("other/camera"), { recursive: true });
  await writeFile(at("other/camera/photos"), "");
  expect(await sei("keys", "--out", at("other"), "server", "camera")).toBe(1);
  expect(said.stderr).toMatch(/camera: holds "photos", which no run of this kind wrote/);
  expect(await readdir(at("other"))).toEqual(["camera"]);
  await writeFile(at("other/ca.crt"), "x");
  expect(await sei("keys", "--out", at("other"), "server")).toBe(1);
  expect(said.stderr).toMatch(/ca\.key: is missing beside its counterpart/);
  await writeFile(at("other/ca.key"), "y");
  expect(await sei("keys", "--out", at("other"), "server")).toBe(1);
  expect(said.stderr).toMatch(/cannot be read as PEM/);
});
