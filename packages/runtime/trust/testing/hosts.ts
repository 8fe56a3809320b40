/** @file Hosts with keys, in a folder of a test's own. */
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { trustFor, type Trust } from "../spec.ts";
import { makeAuthority, type Identity, type Validity } from "../x509.ts";

const day = 24 * 3600 * 1000;

/** From so many days from now until so many days from now. */
export const days = (from: number, until: number): Validity => ({
  from: new Date(Date.now() + from * day),
  until: new Date(Date.now() + until * day),
});

export const authority = (): Identity => makeAuthority("test", days(-1, 30));

/** Writes what `certificates` reads. */
export async function writeKeys(folder: string, ca: Identity, own: Identity): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "ca.crt"), ca.certificate);
  await writeFile(join(folder, "host.crt"), own.certificate);
  await writeFile(join(folder, "host.key"), own.key);
  return folder;
}

/** A trust by certificates that nothing checked before: its own may be out of date, or of another authority. */
export const certificateTrust = (host: string, ca: Identity, own: Identity): Trust => ({
  kind: "certificates",
  host,
  anywhere: true,
  certificates: { ca: Buffer.from(ca.certificate), cert: Buffer.from(own.certificate), key: Buffer.from(own.key) },
});

/** Trusts of several hosts that share a token. */
export async function tokenTrusts(folder: string, ...hosts: readonly string[]): Promise<Trust[]> {
  const file = join(folder, `${randomBytes(4).toString("hex")}.token`);
  await writeFile(file, `${randomBytes(32).toString("hex")}\n`);
  return Promise.all(hosts.map((host) => trustFor({ kind: "token", file }, host)));
}
