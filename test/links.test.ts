/** @file Links of the documentation lead to files, and to sections that these have. */
import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const docs = (await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md"));
const pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ...docs.map((name) => join("docs", name))];

/** The names of a page's sections, as GitHub makes them of its headings. */
function sectionsOf(file: string): Set<string> {
  const headings = readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, words]) =>
      words!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

test.each(pages)("%s links to what is there", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const broken = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].filter(([, path, section]) => {
    const file = path === "" ? join(root, page) : join(root, dirname(page), path!);
    return !existsSync(file) || (section !== undefined && !sectionsOf(file).has(section));
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});
