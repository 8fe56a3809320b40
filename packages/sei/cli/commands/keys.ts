/** @file `sei keys`: what the hosts of a deployment know each other by. */
import { isIP } from "node:net";
import { join } from "node:path";
import { InputError } from "@split-et-impera/core/errors";
import { isHostName } from "@split-et-impera/runtime/trust";
import {
  authorityDays,
  checkHostFolder,
  hostFiles,
  openAuthority,
  validity,
  writeHost,
  writeToken,
} from "../../keys/authority.ts";
import { defineCommand } from "../command.ts";
import { wholeNumber } from "../data-options.ts";
import { table } from "../table.ts";

export default defineCommand({
  description: "Make what the hosts of a deployment know each other by: a certificate each, or one token for all",
  args: {
    host: {
      type: "positional",
      required: false,
      description: "a host of the deployment; HOST=ADDRESS,ADDRESS names addresses where others than sei reach it",
    },
    out: {
      type: "string",
      valueHint: "PATH",
      description: "the folder of keys (with --token: the file); an authority that is there issues the certificates",
      required: true,
    },
    days: {
      type: "string",
      valueHint: "N",
      description: "how long the hosts' certificates are valid; run it again before then",
      default: "365",
    },
    token: { type: "boolean", description: "make a token of 256 random bits in place of certificates" },
  },
  repeats: true,
  examples: [
    { line: "sei keys --out keys camera server", does: "an authority, and a folder to copy to each of the two hosts" },
    { line: "sei keys --out keys gateway=10.0.0.2", does: "one more host of the same authority" },
    { line: "sei keys --token --out sei.token", does: "one secret that all hosts share" },
  ],
  async run({ args, json, print, printJson }) {
    if (args.token === true) {
      if (args._.length > 0)
        throw new InputError("ERR_USAGE", `--token: expected no HOST, since all share the file, got "${args._[0]}"`);
      await writeToken(args.out);
      if (json) printJson({ token: args.out });
      print(`${args.out}: copy it to every host, readable by its user alone; whoever has it is a host`);
      return;
    }
    const hosts = args._.map(parseHost);
    if (hosts.length === 0)
      throw new InputError(
        "ERR_USAGE",
        "expected the names of the deployment's hosts, as in `sei keys --out keys camera server`",
      );
    const twice = hosts.find(({ host }, i) => hosts.findIndex((other) => other.host === host) < i);
    if (twice) throw new InputError("ERR_USAGE", `expected each host once, got "${twice.host}" twice`);
    const days = wholeNumber("days", args.days);
    checkDays(days, validity(authorityDays).until);
    const folders = hosts.map(({ host }) => join(args.out, host));
    for (const folder of folders) await checkHostFolder(folder);
    const authority = await openAuthority(args.out);
    const valid = validity(days);
    checkDays(days, authority.until);
    const written: { host: string; folder: string; names: string[]; until: string; renewed: boolean }[] = [];
    for (const [i, { host, names }] of hosts.entries()) {
      const renewed = await writeHost(folders[i]!, authority, names, valid);
      written.push({ host, folder: folders[i]!, names, until: valid.until.toISOString(), renewed });
    }
    const { certificateFile, keyFile, made } = authority;
    if (json) {
      const until = authority.until.toISOString();
      printJson({ authority: { certificate: certificateFile, key: keyFile, until, made }, hosts: written });
      return;
    }
    const rows = written.map(({ host, folder, until, renewed }) => [
      `${folder}/`,
      `copy to ${host}${renewed ? " (renewed)" : ""}`,
      until.slice(0, 10),
    ]);
    print(table(["folder", "goes to", "valid until"], rows, []));
    print(`\neach holds ${hostFiles.join(", ")}; host.key is that host's secret, readable by its user alone`);
    print(
      `${keyFile}: ${made ? "the new authority's secret" : "the authority's secret"}; it goes to no host, keep it for later ones`,
    );
  },
});

/** An authority's last day is no host's. */
function checkDays(days: number, until: Date): void {
  const most = Math.round((until.getTime() - Date.now()) / (24 * 3600 * 1000)) - 1;
  if (days > most)
    throw new InputError("ERR_USAGE", `--days: expected at most ${most}, when the authority ends, got ${days}`);
}

/** `camera`, or `camera=10.0.0.1,cam.local`. */
function parseHost(word: string): { host: string; names: string[] } {
  const [host = "", given] = word.split(/=(.*)/s);
  const addresses = given === undefined ? [] : given.split(",");
  if (!isHostName(host) || host.startsWith("ca."))
    throw new InputError(
      "ERR_USAGE",
      `expected the name of a host (a letter, then letters, digits, _ . -), got "${host}"`,
    );
  const wrong = addresses.find(
    (one) => isIP(one) === 0 && !/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(one),
  );
  if (wrong !== undefined)
    throw new InputError("ERR_USAGE", `${host}: expected IP addresses or names after "=", got "${wrong}"`);
  return { host, names: [host, ...addresses] };
}
