/** @file The folder of keys: an authority, and a folder per host that is copied there. */
import { createPrivateKey, randomBytes, X509Certificate } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "@split-et-impera/core/errors";
import { issue, makeAuthority, type Identity, type Validity } from "@split-et-impera/runtime/trust";
import { checkReplaceable, replaceFolder, writeWhole } from "../files/index.ts";

const day = 24 * 3600 * 1000;
/** An authority outlives its hosts' certificates, since a new one means new keys on every host. */
export const authorityDays = 7300;
/** What a host gets. */
export const hostFiles = ["ca.crt", "host.crt", "host.key"] as const;
const secret = { mode: 0o600 };

export interface Authority extends Identity {
  certificateFile: string;
  keyFile: string;
  until: Date;
  /** Whether this run made it. */
  made: boolean;
}

/** From an hour ago, so that a host whose clock is a little behind takes it, for so many days. */
export const validity = (days: number): Validity => ({
  from: new Date(Date.now() - 3600 * 1000),
  until: new Date(Date.now() + days * day),
});

/**
 * The authority of a folder; made where there is none.
 * @throws InputError `ERR_TRUST` (one of its two files is missing or is not what it should be), `ERR_TRUST_EXPIRED`
 */
export async function openAuthority(folder: string): Promise<Authority> {
  const files = { certificateFile: join(folder, "ca.crt"), keyFile: join(folder, "ca.key") };
  const [certificate, key] = [await textOf(files.certificateFile), await textOf(files.keyFile)];
  if (certificate === undefined && key === undefined) {
    const own = makeAuthority("split-et-impera", validity(authorityDays));
    await writeWhole(files.keyFile, own.key, 0o600);
    await writeWhole(files.certificateFile, own.certificate);
    return { ...own, ...files, until: new Date(new X509Certificate(own.certificate).validTo), made: true };
  }
  const missing = certificate === undefined ? files.certificateFile : files.keyFile;
  if (certificate === undefined || key === undefined)
    throw new InputError("ERR_TRUST", `${missing}: is missing beside its counterpart; choose a new folder with --out`);
  const until = validUntil(files, certificate, key);
  if (until.getTime() < Date.now())
    throw new InputError(
      "ERR_TRUST_EXPIRED",
      `${files.certificateFile}: out of date since ${until.toISOString().slice(0, 10)}; choose a new folder with --out`,
    );
  return { certificate, key, ...files, until, made: false };
}

function validUntil(files: { certificateFile: string; keyFile: string }, certificate: string, key: string): Date {
  try {
    const read = new X509Certificate(certificate);
    if (read.ca && read.checkPrivateKey(createPrivateKey(key))) return new Date(read.validTo);
  } catch (error) {
    throw new InputError("ERR_TRUST", `${files.certificateFile} or ${files.keyFile}: cannot be read as PEM`, {
      cause: error,
    });
  }
  throw new InputError("ERR_TRUST", `${files.keyFile}: is not the key of the authority ${files.certificateFile}`);
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new InputError("ERR_TRUST", `${file}: cannot be read (${code})`, { cause: error });
  }
}

const ours = async (): Promise<readonly string[]> => hostFiles;

/** Sees, before anything is written, that a host's folder may be. */
export const checkHostFolder = (folder: string): Promise<void> => checkReplaceable(folder, ours);

/**
 * Issues a certificate to a host and writes its folder whole, in place of one that was there.
 * @param names the host's name, then addresses
 * @returns whether there was one before
 */
export async function writeHost(
  folder: string,
  authority: Authority,
  names: readonly string[],
  valid: Validity,
): Promise<boolean> {
  const own = issue(authority, names, valid);
  const before = await stat(join(folder, "host.crt")).catch(() => undefined);
  await replaceFolder(folder, ours, async (fresh) => {
    await writeFile(join(fresh, "ca.crt"), authority.certificate);
    await writeFile(join(fresh, "host.crt"), own.certificate);
    await writeFile(join(fresh, "host.key"), own.key, secret);
  });
  return before !== undefined;
}

/**
 * Writes a token: 256 random bits as 64 hexadecimal digits.
 * @throws InputError `ERR_OUTPUT` where a file is there already: hosts may be using it
 */
export async function writeToken(file: string): Promise<void> {
  if (await stat(file).catch(() => undefined))
    throw new InputError("ERR_OUTPUT", `${file}: is there already, and hosts may use it; remove it first`);
  await writeWhole(file, `${randomBytes(32).toString("hex")}\n`, 0o600);
}
