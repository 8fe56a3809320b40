/** @file What a bundle holds beside the manifest and its files: how to run the hosts, and the model repository of a Triton server. */
import { copyFile, link, readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import type { DeployedSegment, Deployment } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import { makeFolder, writeWhole } from "../../files/index.ts";
import { composeFile, dockerfile } from "./compose.ts";
import { headerOf, recipeHosts, type RecipeHost } from "./hosts.ts";
import { kubernetesFile } from "./kubernetes.ts";
import { systemdUnit } from "./systemd.ts";
import { tritonConfig } from "./triton.ts";

/** Folders of a bundle that {@link writeRecipes} makes. */
export const recipeFolders = ["deploy", "triton"] as const;

/** Writes them into a bundle that holds the segments' files already; none where a host's part cannot be served. */
export async function writeRecipes(folder: string, deployment: Deployment): Promise<void> {
  const hosts = hostsOf(deployment);
  if (!hosts) return;
  const listening = new Set(
    hosts.filter(({ port, captures }) => port !== undefined && !captures).map(({ name }) => name),
  );
  for (const segment of deployment.segments.filter(({ host }) => listening.has(host)))
    await writeModel(folder, deployment, segment);
  const write = (name: string, text: string): Promise<void> => writeWhole(join(folder, "deploy", name), text);
  await write("Dockerfile", dockerfile(deployment));
  await write("compose.yaml", composeFile(deployment, hosts));
  for (const host of hosts) await write(`sei-${host.slug}.service`, systemdUnit(deployment, host));
  const manifests = kubernetesFile(deployment, hosts);
  if (manifests !== undefined) await write("kubernetes.yaml", manifests);
}

function hostsOf(deployment: Deployment): RecipeHost[] | undefined {
  try {
    return recipeHosts(deployment);
  } catch (error) {
    // Frames come back to a host that they had left: `sei serve` says so too.
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** The file once more under the name that Triton wants: as a link where the file system has those, not to double the bundle. */
async function writeModel(folder: string, deployment: Deployment, segment: DeployedSegment): Promise<void> {
  const { name, file } = segment;
  const own = join(folder, "triton", name);
  await makeFolder(join(own, "1"));
  const [from, to] = [join(folder, file), join(own, "1", "model.onnx")];
  await link(from, to).catch(() => copyFile(from, to));
  await writeWhole(join(own, "config.pbtxt"), tritonConfig(headerOf(deployment), segment, await readFile(from)));
}

/** The folders of {@link recipeFolders} that hold nothing but what was written there. */
export async function ownRecipes(folder: string): Promise<string[]> {
  const own = await Promise.all(
    recipeFolders.map(async (name) => {
      const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true }).catch(() => []);
      const files = entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(join(folder, name).length + 1)
            .replaceAll(sep, "/"),
        );
      return files.every((file) => patterns[name].test(file));
    }),
  );
  return recipeFolders.filter((_, i) => own[i]);
}

const patterns = {
  deploy: /^(Dockerfile|compose\.yaml|kubernetes\.yaml|sei-[a-z0-9-]+\.service)$/,
  triton: /^[^/]+\/(config\.pbtxt|1\/model\.onnx)$/,
} as const;
