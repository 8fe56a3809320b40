/**
 * @file The first message each side sends, inside TLS where there is TLS: 512 bytes, whatever they say.
 *
 * `"SEI" 1 | kind | status | nonce (32) | proof (32) | from (1 + 220) | to (1 + 220)`. A fixed size bounds what is read of a
 * stranger, and leaves no length to lie about.
 */
import { InputError } from "@split-et-impera/core/errors";

/** How hosts trust each other; a kind's number on the wire is its place here. */
export const trustKinds = ["insecure", "token", "certificates"] as const;
export type TrustKind = (typeof trustKinds)[number];

/** What the listening side says to a greeting; anything but `welcome` ends the connection. */
export const statuses = [
  "welcome",
  "other-kind",
  "other-host",
  "unknown-host",
  "no-certificate",
  "expired",
  "not-yet-valid",
  "unknown-authority",
  "other-name",
  "wrong-token",
] as const;
export type Status = (typeof statuses)[number];

export interface Greeting {
  kind: TrustKind;
  status: Status;
  /** 32 random bytes. */
  nonce: Uint8Array;
  /** 32 bytes: with a token, that the sender knows it; zeros otherwise. */
  proof: Uint8Array;
  /** The host that speaks, and the host it means to speak to; empty in a refusal. */
  from: string;
  to: string;
}

export const greetingBytes = 512;
export const proofAt = 38;
const longestName = 220;
const magic = Uint8Array.of(0x53, 0x45, 0x49, 1);
/** As in a study. */
const hostName = /^[A-Za-z][\w.-]*$/;

/** Whether a text can be a host's name here. */
export const isHostName = (text: string): boolean => text.length <= longestName && hostName.test(text);

/** Whether bytes may be the beginning of a greeting. */
export const beginsGreeting = (bytes: Uint8Array): boolean =>
  magic.subarray(0, bytes.length).every((byte, i) => bytes[i] === byte);

export function writeGreeting({ kind, status, nonce, proof, from, to }: Greeting): Uint8Array {
  const bytes = Buffer.alloc(greetingBytes);
  bytes.set(magic);
  bytes[4] = trustKinds.indexOf(kind);
  bytes[5] = statuses.indexOf(status);
  bytes.set(nonce, 6);
  bytes.set(proof, proofAt);
  for (const [name, at] of [
    [from, 70],
    [to, 291],
  ] as const) {
    bytes[at] = name.length;
    bytes.write(name, at + 1, "latin1");
  }
  return bytes;
}

/**
 * Reads a greeting; whatever else it is given is an error.
 * @throws InputError `ERR_TRUST_PEER`
 */
export function readGreeting(bytes: Uint8Array): Greeting {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.length !== greetingBytes || !beginsGreeting(view)) throw strange("no greeting of this protocol");
  const kind = trustKinds[view[4]!];
  const status = statuses[view[5]!];
  if (kind === undefined || status === undefined) throw strange(`kind ${view[4]}, status ${view[5]}`);
  const nameAt = (at: number): string => {
    const length = view[at]!;
    const field = view.subarray(at + 1, at + 1 + longestName);
    if (length > longestName || field.subarray(length).some((byte) => byte !== 0)) throw strange("a name of no length");
    const name = field.toString("latin1", 0, length);
    if (name !== "" && !isHostName(name)) throw strange("a name that no host can have");
    return name;
  };
  return {
    kind,
    status,
    nonce: view.subarray(6, proofAt),
    proof: view.subarray(proofAt, 70),
    from: nameAt(70),
    to: nameAt(291),
  };
}

const strange = (what: string): InputError =>
  new InputError("ERR_TRUST_PEER", `the other side's first message makes no sense (${what})`);
