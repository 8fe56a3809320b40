/** @file How a host's trust is told: the same words for every command that talks to another host. */
import { InputError } from "@split-et-impera/core/errors";
import { trustFor, type Trust } from "@split-et-impera/runtime/trust";

export const trustOptions = {
  keys: {
    type: "string",
    valueHint: "DIR",
    description: "this host's folder of `sei keys`: TLS 1.3 with certificates",
  },
  token: {
    type: "string",
    valueHint: "FILE",
    description: "the file of `sei keys --token`: TLS 1.3 from a shared secret",
  },
  insecure: { type: "boolean", description: "no secrecy and no proof; on loopback alone, unless with --anywhere" },
  anywhere: { type: "boolean", description: "with --insecure: on other addresses too" },
} as const;

interface Given {
  keys?: string | undefined;
  token?: string | undefined;
  insecure?: boolean | undefined;
  anywhere?: boolean | undefined;
}

/** @throws InputError `ERR_USAGE` unless exactly one way is given; as `trustFor` does */
export async function trustOf({ keys, token, insecure, anywhere }: Given, host: string): Promise<Trust> {
  const ways = [keys !== undefined, token !== undefined, insecure === true].filter(Boolean).length;
  if (ways !== 1)
    throw new InputError(
      "ERR_USAGE",
      `expected one of --keys DIR, --token FILE (\`sei keys\` makes them) and --insecure, got ${ways === 0 ? "none" : ways}`,
    );
  if (keys !== undefined) return trustFor({ kind: "certificates", folder: keys }, host);
  if (token !== undefined) return trustFor({ kind: "token", file: token }, host);
  return trustFor({ kind: "insecure", anywhere: anywhere === true }, host);
}
