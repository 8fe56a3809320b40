import { execFile } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { certificateNames } from "./certificate.ts";
import { integer, oid, tagged, time } from "./der.ts";
import { issue, makeAuthority } from "./x509.ts";

const run = promisify(execFile);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("DER: lengths in their shortest form, numbers without needless bytes, both kinds of times", () => {
  expect(hex(tagged(0x04, new Uint8Array(127))).slice(0, 4)).toBe("047f");
  expect(hex(tagged(0x04, new Uint8Array(128))).slice(0, 6)).toBe("048180");
  expect(hex(tagged(0x04, new Uint8Array(300))).slice(0, 8)).toBe("0482012c");
  expect(hex(integer(Uint8Array.of(0, 0, 5)))).toBe("020105");
  expect(hex(integer(Uint8Array.of(0x80)))).toBe("02020080");
  expect(hex(integer(Uint8Array.of(0)))).toBe("020100");
  expect(hex(oid("1.2.840.10045.4.3.2"))).toBe("06082a8648ce3d040302"); // RFC 5758
  expect(Buffer.from(time(new Date("2049-12-31T23:59:59Z"))).toString("latin1", 2)).toBe("491231235959Z");
  expect(Buffer.from(time(new Date("2050-01-01T00:00:00Z"))).toString("latin1", 2)).toBe("20500101000000Z");
});

const until = new Date("2051-02-03T04:05:06Z");
const from = new Date("2026-01-02T03:04:05Z");
const ca = makeAuthority("test", { from, until });
const names = ["camera", "cam.local", "10.0.0.7", "fe80::1:2", "::ffff:1.2.3.4"];
const own = issue(ca, names, { from, until });

test("node reads what was written", () => {
  const [authority, host] = [new X509Certificate(ca.certificate), new X509Certificate(own.certificate)];
  expect([authority.ca, host.ca]).toEqual([true, false]);
  expect(authority.subject).toMatch(/^CN=test [0-9a-f]{8}$/);
  expect([host.subject, host.issuer]).toEqual(["CN=camera", authority.subject]);
  expect(host.checkIssued(authority) && host.verify(authority.publicKey)).toBe(true);
  expect(host.checkPrivateKey(createPrivateKey(own.key))).toBe(true);
  expect([new Date(host.validFrom), new Date(host.validTo)]).toEqual([from, until]);
  expect(host.subjectAltName?.split(", ").length).toBe(names.length);
  for (const ip of ["10.0.0.7", "fe80::1:2", "::ffff:1.2.3.4"]) expect([ip, host.checkIP(ip)]).toEqual([ip, ip]);
  expect(host.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
});

test("a host's name is one of the certificate's, to the letter", () => {
  const host = new X509Certificate(own.certificate);
  expect(["camera", "cam.local"].map((name) => certificateNames(host, name))).toEqual([true, true]);
  const others = ["Camera", "server", "camera.", "", "10.0.0.7", "camera, DNS:cam.local"];
  expect(others.filter((name) => certificateNames(host, name))).toEqual([]);
  const tricky = new X509Certificate(issue(ca, ["a, DNS:server, DNS:b", "*.local"], { from, until }).certificate);
  expect(["server", "b", "cam.local"].filter((name) => certificateNames(tricky, name))).toEqual([]);
});

test("openssl verifies it strictly", async (context) => {
  const version = await run("openssl", ["version"]).catch(() => undefined);
  if (!version) context.skip("no openssl on this machine");
  const folder = await mkdtemp(join(tmpdir(), "x509-"));
  try {
    await writeFile(join(folder, "ca.crt"), ca.certificate);
    await writeFile(join(folder, "host.crt"), own.certificate);
    const words = ["verify", "-x509_strict", "-check_ss_sig", "-CAfile", "ca.crt", "-verify_hostname", "camera"];
    for (const purpose of ["sslserver", "sslclient"]) {
      const { stdout } = await run("openssl", [...words, "-purpose", purpose, "host.crt"], { cwd: folder });
      expect(stdout.trim()).toBe("host.crt: OK");
    }
    const { stdout } = await run("openssl", ["x509", "-in", "host.crt", "-noout", "-text"], { cwd: folder });
    expect(stdout).toMatch(/Digital Signature/);
    expect(stdout).toMatch(/IP Address:FE80:0:0:0:0:0:1:2/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
