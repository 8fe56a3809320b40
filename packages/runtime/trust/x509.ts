/** @file A small certificate authority: X.509 certificates (RFC 5280) with ECDSA over P-256, for hosts that trust each other. */
import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { isIP } from "node:net";
import { bits, boolean, explicit, implicit, integer, octets, oid, sequence, set, time, utf8 } from "./der.ts";

/** A certificate and its private key, both as PEM. */
export interface Identity {
  certificate: string;
  key: string;
}

/** From when until when a certificate counts. */
export interface Validity {
  from: Date;
  until: Date;
}

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));
const commonName = oid("2.5.4.3");

/**
 * Makes an authority. It signs certificates of hosts and nothing below them.
 * @param name shown by tools; the key's digest is added, so that two authorities are told apart
 */
export function makeAuthority(name: string, validity: Validity): Identity {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const id = keyId(publicKey);
  const full = `${name} ${Buffer.from(id).toString("hex").slice(0, 8)}`;
  const certificate = signed(privateKey, nameOf(full), nameOf(full), publicKey, validity, [
    extension("2.5.29.19", true, sequence(boolean(true), integer(Uint8Array.of(0)))), // basicConstraints: CA, path length 0
    extension("2.5.29.15", true, bits(Uint8Array.of(0b0000_0110), 1)), // keyUsage: keyCertSign, cRLSign
    extension("2.5.29.14", false, octets(id)), // subjectKeyIdentifier
  ]);
  return { certificate, key: pemOf(privateKey) };
}

/**
 * Issues a certificate for one host, for both ends of a TLS connection.
 * @param names the host's own name first; then names and IP addresses at which other programs reach it
 */
export function issue(authority: Identity, names: readonly string[], validity: Validity): Identity {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = new X509Certificate(authority.certificate);
  const alternatives = names.map((name) =>
    isIP(name) > 0 ? implicit(7, addressBytes(name)) : implicit(2, Buffer.from(name, "ascii")),
  );
  const certificate = signed(authority.key, subjectOf(issuer), nameOf(names[0]!), publicKey, validity, [
    extension("2.5.29.19", true, sequence()), // basicConstraints: no CA
    extension("2.5.29.15", true, bits(Uint8Array.of(0b1000_0000), 7)), // keyUsage: digitalSignature
    extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2"))), // server and client
    extension("2.5.29.17", false, sequence(...alternatives)), // subjectAltName
    extension("2.5.29.14", false, octets(keyId(publicKey))),
    extension("2.5.29.35", false, sequence(implicit(0, keyId(issuer.publicKey)))), // authorityKeyIdentifier
  ]);
  return { certificate, key: pemOf(privateKey) };
}

function signed(
  key: KeyObject | string,
  issuer: Uint8Array,
  subject: Uint8Array,
  publicKey: KeyObject,
  { from, until }: Validity,
  extensions: readonly Uint8Array[],
): string {
  const body = sequence(
    explicit(0, integer(Uint8Array.of(2))), // version 3
    integer(Buffer.concat([Uint8Array.of(1), randomBytes(15)])), // serial: 120 random bits, never 0
    ecdsaWithSha256,
    issuer,
    sequence(time(from), time(until)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions)),
  );
  const der = sequence(body, ecdsaWithSha256, bits(sign("sha256", body, key)));
  const lines = Buffer.from(der).toString("base64").replaceAll(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

const extension = (id: string, critical: boolean, value: Uint8Array): Uint8Array =>
  critical ? sequence(oid(id), boolean(true), octets(value)) : sequence(oid(id), octets(value));

const nameOf = (text: string): Uint8Array => sequence(set(sequence(commonName, utf8(text))));

/** The subject of an authority that {@link makeAuthority} made: one common name. */
function subjectOf({ subject }: X509Certificate): Uint8Array {
  return nameOf(subject.replace(/^CN=/, ""));
}

/** SHA-1 of the key's bits, as RFC 5280 (4.2.1.2) suggests: an identifier, no protection. */
function keyId(publicKey: KeyObject): Uint8Array {
  const spki = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha1").update(spki.subarray(-65)).digest(); // an uncompressed point of P-256
}

const pemOf = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

/** The 4 or 16 bytes of an IP address in text. */
function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split("."), Number);
  // The last 32 bits may be written as IPv4.
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((n) => n.toString(16)).join(":"),
  );
  const [before = [], after = []] = text.split("::").map((side) => side.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  const groups = text.includes("::") ? [...before, ...zeros, ...after] : before;
  return Uint8Array.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]));
}
