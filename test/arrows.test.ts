/** @file Imports point one way: the table of allowed arrows between packages, and between the folders of core. */
import { glob, readFile } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const packages = fileURLToPath(new URL("../packages/", import.meta.url));

/** What a package may import beside itself. */
const packageArrows: Record<string, readonly string[]> = {
  core: [],
  ort: ["core"],
  charts: ["core"],
  runtime: ["core", "ort"],
  sei: ["core", "ort", "charts", "runtime"],
};

/** Core in layers: a folder may import those of earlier lines. */
const coreLayers: readonly (readonly string[])[] = [
  ["errors"],
  ["random", "units", "tensor", "graphs", "statistics"],
  ["engine"],
  ["onnx", "wire", "network"],
  ["frames", "cost", "gradient", "conveyor"],
  ["training", "placement"],
  ["task"],
  ["saliency"],
  // What a study may say is told by the rows of the tables below it.
  ["study"],
  ["bottleneck"],
  ["design"],
  ["deploy"],
];

interface Arrow {
  file: string;
  from: string;
  to: string;
}

async function arrows(): Promise<Arrow[]> {
  const found: Arrow[] = [];
  for await (const file of glob("*/**/*.ts", {
    cwd: packages,
    exclude: (name) => /^(dist|node_modules)$/.test(name),
  })) {
    if (/\.test\.ts$|[/\\]testing[/\\]|[/\\]dist[/\\]|[/\\]node_modules[/\\]|\.d\.ts$/.test(file)) continue;
    const text = await readFile(resolve(packages, file), "utf8");
    for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      const to = targetOf(file, target!);
      if (to !== undefined) found.push({ file, from: placeOf(file), to });
    }
  }
  return found;
}

/** `core/onnx`, or the package alone elsewhere. */
function placeOf(file: string): string {
  const [name, folder, more] = file.split(sep);
  return name === "core" && more !== undefined ? `core/${folder}` : name!;
}

function targetOf(file: string, target: string): string | undefined {
  const own = /^@split-et-impera\/([a-z]+)(?:\/([a-z]+))?$/.exec(target);
  if (own) return own[1] === "core" && own[2] !== undefined ? `core/${own[2]}` : own[1]!;
  if (!target.startsWith(".")) return undefined;
  return placeOf(relative(packages, resolve(packages, dirname(file), target)));
}

test("packages import only what stands below them", async () => {
  const all = await arrows();
  expect(all.length).toBeGreaterThan(1000);
  const wrong = all.filter(({ from, to }) => {
    const [a, b] = [from.split("/")[0]!, to.split("/")[0]!];
    return a !== b && !packageArrows[a]?.includes(b);
  });
  expect(wrong).toEqual([]);
});

test("the folders of core import only what stands in earlier layers", async () => {
  const layerOf = (place: string): number =>
    coreLayers.findIndex((layer) => layer.includes(place.replace("core/", "")));
  const inside = (await arrows()).filter(({ from, to }) => from.startsWith("core/") && to.startsWith("core/"));
  expect([...new Set(inside.flatMap(({ from, to }) => [from, to]))].filter((place) => layerOf(place) < 0)).toEqual([]);
  const wrong = inside.filter(({ from, to }) => from !== to && layerOf(to) >= layerOf(from));
  expect([...new Set(wrong.map(({ from, to, file }) => `${from} -> ${to} (${file})`))]).toEqual([]);
});
