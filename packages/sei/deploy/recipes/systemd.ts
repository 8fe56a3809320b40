/** @file A systemd unit per host. */
import type { Deployment } from "@split-et-impera/core/deploy";
import { hostFiles } from "../../keys/authority.ts";
import { commandOf, headerOf, type RecipeHost } from "./hosts.ts";

const bundle = "/opt/sei/bundle";

/** The host's keys are credentials: readable by root alone, handed to a user that exists while it runs. */
export function systemdUnit(deployment: Deployment, host: RecipeHost): string {
  const { name, slug, captures, dials, port } = host;
  const paths = { bundle, keys: "${CREDENTIALS_DIRECTORY}", input: "${SEI_INPUT}" };
  const command = commandOf(
    host,
    paths,
    (peer, there) => deployment.hosts[nameOf(host, peer)]?.address ?? `${peer}:${there}`,
  );
  const alone = port === undefined && dials.length === 0;
  const lines = [
    "[Unit]",
    `Description=Split-Et-Impera: ${escaped(name)}`,
    "Wants=network-online.target",
    "After=network-online.target",
    "",
    "[Service]",
    ...(captures ? ["Environment=SEI_INPUT=/dev/video0", "SupplementaryGroups=video"] : []),
    ...(alone ? [] : hostFiles.map((file) => `LoadCredential=${file}:/etc/sei/${slug}/${file}`)),
    `ExecStart=/usr/bin/env sei ${command.map(quoted).join(" ")}`,
    "ExecReload=/usr/bin/env kill -HUP $MAINPID",
    "DynamicUser=yes",
    "Restart=on-failure",
    "RestartSec=1",
    // Stopped by SIGTERM.
    "SuccessExitStatus=130",
    "ProtectHome=yes",
    "ProtectKernelTunables=yes",
    "ProtectControlGroups=yes",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
  ];
  const addresses = dials.filter((peer) => deployment.hosts[peer.host]?.address === undefined);
  const where =
    addresses.length === 0 ? "" : `; it looks ${addresses.map((peer) => peer.slug).join(" and ")} up by name`;
  return `# ${headerOf(deployment)}
# The bundle in ${bundle}${alone ? "" : `, this host's folder of \`sei keys\` as /etc/sei/${slug}`}${where}.
${lines.join("\n")}
`;
}

const nameOf = ({ dials }: RecipeHost, slug: string): string => dials.find((peer) => peer.slug === slug)!.host;

/** Percent signs are specifiers. */
const escaped = (text: string): string => text.replaceAll(/\p{C}/gu, " ").replaceAll("%", "%%");

/** A word of a command line; what stands as `${NAME}` is a variable. */
const quoted = (word: string): string => {
  if (/^\$\{[A-Z_]+\}$/.test(word)) return word;
  const text = escaped(word).replaceAll("$", "$$$$");
  return /^[\w./:=@%+-]+$/.test(text) ? text : `"${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;
};
