/** @file Addresses as they are typed: `10.0.0.2:7000`, `[::1]:7000`, `server=10.0.0.2:7000`. */
import { InputError } from "@split-et-impera/core/errors";
import type { Address } from "@split-et-impera/runtime";

/** @throws InputError `ERR_USAGE` that names the flag */
export function parseAddress(flag: string, text: string): Address {
  const match = /^(?:\[([0-9A-Fa-f:.%\w]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535)
    throw new InputError(
      "ERR_USAGE",
      `--${flag}: expected ADDRESS:PORT as in 10.0.0.2:7000 or [::1]:7000, got "${text}"`,
    );
  return { host: (match[1] ?? match[2])!, port };
}

/**
 * Addresses of hosts: those of the deployment, and over them those that are given as `NAME=ADDRESS:PORT`.
 * @throws InputError `ERR_USAGE`, also where a name is no host of the deployment
 */
export function addressesOf(
  hosts: Readonly<Record<string, { address?: string }>>,
  flag: string,
  given: readonly string[],
): Record<string, Address> {
  const addresses: Record<string, Address> = {};
  for (const [name, { address }] of Object.entries(hosts))
    if (address !== undefined) addresses[name] = parseAddress(flag, address);
  for (const word of given) {
    const [name = "", address] = word.split(/=(.*)/s);
    if (address === undefined || !Object.hasOwn(hosts, name))
      throw new InputError(
        "ERR_USAGE",
        `--${flag}: expected NAME=ADDRESS:PORT with a host of the deployment (${Object.keys(hosts).join(", ")}), got "${word}"`,
      );
    addresses[name] = parseAddress(flag, address);
  }
  return addresses;
}
