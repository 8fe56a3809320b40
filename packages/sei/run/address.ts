/** @file Addresses as they are typed: `10.0.0.2:7000`, `[::1]:7000`, `server=10.0.0.2:7000`. */
import { InputError } from "@split-et-impera/core/errors";
import type { Address } from "@split-et-impera/runtime";
import { modelUrl } from "@split-et-impera/runtime/oip";

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
 * Whether each of these can listen, by flag: two of them at one address cannot, and port 0 is another one each time.
 * @throws InputError `ERR_USAGE`, before anything listens
 */
export function refuseSameAddress(places: Record<string, Address>): void {
  const taken = new Map<string, string>();
  for (const [flag, { host, port }] of Object.entries(places)) {
    if (port === 0) continue;
    const at = `${host.toLowerCase()} port ${port}`;
    const other = taken.get(at);
    if (other !== undefined)
      throw new InputError(
        "ERR_USAGE",
        `--${flag}: expected another address than that of --${other}, got ${at} for both`,
      );
    taken.set(at, flag);
  }
}

/** What goes wrong at an address (in use, not this machine's) is told with the flag that gave it. */
export async function underFlag<T>(flag: string, opening: Promise<T>): Promise<T> {
  return opening.catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.code, `--${flag}: ${error.message}`, { cause: error });
  });
}

/** Where hosts of a deployment are: at an address, or in their place a model over the Open Inference Protocol. */
export interface Places {
  addresses: Record<string, Address>;
  models: Record<string, URL>;
}

/**
 * Places of hosts: those of the deployment, and over them those that are given as `NAME=ADDRESS:PORT` or
 * `NAME=http://HOST:PORT/v2/models/MODEL`.
 * @throws InputError `ERR_USAGE`, also where a name is no host of the deployment
 */
export function placesOf(
  hosts: Readonly<Record<string, { address?: string }>>,
  flag: string,
  given: readonly string[],
): Places {
  const places: Places = { addresses: {}, models: {} };
  const put = (name: string, text: string): void => {
    delete places.addresses[name];
    delete places.models[name];
    if (/^https?:/.test(text)) places.models[name] = parseModel(flag, text);
    else places.addresses[name] = parseAddress(flag, text);
  };
  for (const [name, { address }] of Object.entries(hosts)) if (address !== undefined) put(name, address);
  for (const word of given) {
    const [name = "", address] = word.split(/=(.*)/s);
    if (address === undefined || !Object.hasOwn(hosts, name))
      throw new InputError(
        "ERR_USAGE",
        `--${flag}: expected NAME=ADDRESS:PORT with a host of the deployment (${Object.keys(hosts).join(", ")}), got "${word}"`,
      );
    put(name, address);
  }
  return places;
}

function parseModel(flag: string, text: string): URL {
  const url = modelUrl(text);
  if (url) return url;
  throw new InputError("ERR_USAGE", `--${flag}: expected http://HOST:PORT/v2/models/NAME, got "${text}"`);
}
