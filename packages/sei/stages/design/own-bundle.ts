/** @file Which files in a folder are a bundle's: those that its manifest names, and how to run them. A folder that holds anything else is not replaced. */
import { join } from "node:path";
import { ownRecipes } from "../../deploy/index.ts";
import { readText } from "../../files/index.ts";

const manifestName = "manifest.json";
const mostBytes = 16 * 2 ** 20;

/** The manifest, the files that it names and the folders of recipes; none where there is no manifest of a bundle. */
export async function bundleFiles(folder: string): Promise<string[]> {
  const file = { code: "ERR_OUTPUT", what: "a bundle's manifest", most: mostBytes } as const;
  const text = await readText(join(folder, manifestName), file).catch(() => "");
  let manifest: Record<string, unknown>;
  try {
    manifest = Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return [];
  }
  // The manifest of `sei split` has the same name, and segments too.
  if (typeof manifest["format"] !== "number" || manifest["cuts"] !== undefined) return [];
  const listed = [manifest["models"], manifest["segments"], manifest["exits"]].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  );
  const names = listed
    .map((one) => (Object(one) as { file?: unknown }).file)
    .filter((name) => typeof name === "string");
  return names.length === 0 ? [] : [manifestName, ...names, ...(await ownRecipes(folder))];
}
