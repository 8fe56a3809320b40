/** @file Which addresses never leave this machine. */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { InputError } from "@split-et-impera/core/errors";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether an IP address is one of loopback (127.0.0.0/8, ::1, and the former as IPv6). */
export const isLoopback = (ip: string): boolean => loopback.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4");

/**
 * The IP address of a name, looked up once, so that what is checked is what is used.
 * @throws InputError `ERR_CONNECT` where the name is unknown
 */
export async function addressOf(host: string): Promise<string> {
  if (isIP(host) > 0) return host;
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw new InputError("ERR_CONNECT", `${host}: no address is known for this name`, { cause: error });
  }
}
