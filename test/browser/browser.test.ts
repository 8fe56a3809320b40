/** @file Core in a real Chromium: the same simulation and placement to the last digit, the same gradient to rounding. */
import chromium from "@sparticuz/chromium";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium as playwright, type Browser } from "playwright-core";
import { build, type Rollup } from "vite";
import { expect, test, type TestContext } from "vitest";
import { engine } from "../../packages/ort/index.ts";
import { work } from "./work.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const runtime = new URL("../../node_modules/onnxruntime-web/dist/", import.meta.url);

async function bundle(): Promise<string> {
  const core = fileURLToPath(new URL("../../packages/core/", import.meta.url));
  const built = await build({
    root: here,
    configFile: false,
    logLevel: "error",
    resolve: { alias: [{ find: /^@split-et-impera\/core\/(.*)$/, replacement: `${core}$1/index.ts` }] },
    build: { write: false, lib: { entry: `${here}page.ts`, formats: ["es"] }, target: "esnext" },
  });
  const [output] = built as Rollup.RollupOutput[];
  return output!.output[0].code;
}

/** Chromium from the registry; undefined where the system lacks libraries that it needs. */
async function open(): Promise<Browser | undefined> {
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

test("a page simulates, places and differentiates as Node does", { timeout: 120_000 }, async (context: TestContext) => {
  const script = await bundle();
  const server = createServer((request, response) => {
    void answer(request.url ?? "/").then(
      ([type, body]) => response.writeHead(200, { "content-type": type }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  const answer = async (path: string): Promise<[type: string, body: string | Buffer]> => {
    if (path === "/") return ["text/html", `<!doctype html><script type="module" src="/page.js"></script>`];
    if (path === "/page.js") return ["text/javascript", script];
    const name = /^\/runtime\/(ort-[a-z.-]+\.(?:mjs|wasm))$/.exec(path)?.[1];
    if (name === undefined) throw new Error(path);
    return [name.endsWith(".wasm") ? "application/wasm" : "text/javascript", await readFile(new URL(name, runtime))];
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await open();
  if (browser === undefined) {
    server.close();
    context.skip("Chromium's libraries are not on this machine");
  }
  try {
    const page = await browser.newPage();
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => "done" in globalThis, undefined, { timeout: 60_000 });
    const found = await page.evaluate(() => globalThis.done);
    expect(wrong.filter((text) => !text.includes("favicon"))).toEqual([]);
    const wanted = await work(engine);
    expect(found.oneWay).toEqual(wanted.oneWay);
    expect(found.placed).toEqual(wanted.placed);
    expect(found.gradient).toHaveLength(wanted.gradient.length);
    found.gradient.forEach((value, i) => expect(value).toBeCloseTo(wanted.gradient[i]!, 5));
  } finally {
    await browser.close();
    server.close();
  }
});
