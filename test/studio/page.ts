/** @file The studio as its user has it: the page built, the server at work, a real Chromium in front of it. */
import chromium from "@sparticuz/chromium";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium as playwright, type Browser, type Page } from "playwright-core";
import { build } from "vite";
import type { TestContext } from "vitest";
import { openStudio, type Studio } from "../../packages/sei/studio/index.ts";

const packages = fileURLToPath(new URL("../../packages/", import.meta.url));

export interface Visit extends AsyncDisposable {
  page: Page;
  studio: Studio;
  /** What went wrong in the page, and requests to anywhere but the studio. */
  wrong: string[];
}

export interface VisitOptions {
  paths: readonly string[];
  width?: number;
  height?: number;
  dark?: boolean;
  cache?: string;
  /** Of the metrics of running hosts. */
  live?: readonly URL[];
}

let built: Promise<string> | undefined;

/** The page built from the sources, once for all tests of a file. */
function builtPage(): Promise<string> {
  built ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), "studio-page-"));
    await build({
      configFile: `${packages}studio/vite.config.ts`,
      logLevel: "error",
      build: { outDir: folder, emptyOutDir: true },
    });
    return folder;
  })();
  return built;
}

/** Removes what was built for the tests. */
export async function removeBuilt(): Promise<void> {
  if (built) await rm(await built, { recursive: true, force: true });
  built = undefined;
}

/** Chromium from the registry; undefined where the system lacks libraries that it needs. */
export async function openBrowser(): Promise<Browser | undefined> {
  try {
    return await playwright.launch({
      executablePath: await chromium.executablePath(),
      args: ["--no-sandbox", "--headless=shell", "--disable-gpu", "--disable-background-networking"],
    });
  } catch (error) {
    if (String(error).includes("error while loading shared libraries")) return undefined;
    throw error;
  }
}

/** Skips a test, and says so, where there is no browser. */
export function needs(browser: Browser | undefined, context: TestContext): asserts browser is Browser {
  if (!browser) context.skip("Chromium's libraries are not on this machine");
}

/** A studio with a visitor who has opened the address that it prints. */
export async function visit(browser: Browser, options: VisitOptions): Promise<Visit> {
  const { paths, width = 1280, height = 900, dark = false, cache, live = [] } = options;
  const page = await builtPage();
  const studio = await openStudio({
    paths,
    address: "127.0.0.1",
    port: 0,
    page,
    live,
    ...(cache !== undefined && { cache }),
  });
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  const tab = await context.newPage();
  const wrong: string[] = [];
  tab.on("pageerror", (error) => wrong.push(String(error)));
  tab.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") wrong.push(message.text());
  });
  const { origin } = new URL(studio.url);
  tab.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) wrong.push(`asked for ${url}`);
  });
  await tab.goto(studio.url);
  return {
    page: tab,
    studio,
    wrong,
    async [Symbol.asyncDispose]() {
      await context.close();
      await studio[Symbol.asyncDispose]();
    },
  };
}
