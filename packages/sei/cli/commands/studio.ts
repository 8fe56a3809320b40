/** @file `sei studio`: designs, what-ifs and runs in a browser, served by this machine for itself. */
import { InputError } from "@split-et-impera/core/errors";
import { spawn } from "node:child_process";
import { isLoopback, openStudio } from "../../studio/index.ts";
import { metricsUrl } from "../../top/scrape.ts";
import { defineCommand } from "../command.ts";

export default defineCommand({
  description: "Serve a page where results are explored, changes are simulated as you make them, and studies are run",
  args: {
    path: {
      type: "positional",
      required: false,
      description:
        "studies, results, and folders that hold some; files beside them can be reached too (default: this folder)",
    },
    port: { type: "string", valueHint: "PORT", description: "where to listen (default: any port that is free)" },
    address: {
      type: "string",
      valueHint: "ADDRESS",
      description: "listen at another address than 127.0.0.1: whoever has the URL can then start runs from elsewhere",
    },
    cache: { type: "string", valueHint: "DIR", description: "where runs keep partial results (as of sei design)" },
    live: {
      type: "string",
      valueHint: "URL",
      description:
        "where a running host serves its metrics (--metrics of serve and run): URL, ADDRESS:PORT or PORT; may be given several times",
    },
    open: { type: "boolean", description: "open the page in this machine's browser" },
  },
  repeats: true,
  examples: [
    { line: "sei studio out/conveyor/result.json", does: "look at a result; the URL is printed" },
    { line: "sei studio examples/conveyor/study.yaml out --open", does: "a study to run, and all results below out/" },
    { line: "sei studio out/conveyor/result.json --live 9100", does: "a running deployment beside its prediction" },
  ],
  async run({ args, every, json, print, printJsonLine, signal, warn }) {
    const address = args.address ?? "127.0.0.1";
    const port = Number(args.port ?? 0);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new InputError("ERR_USAGE", `--port: expected a number from 0 to 65535, got "${args.port}"`);
    const paths = args._.length > 0 ? args._ : ["."];
    const live = every("live").map(metricsUrl);
    await using studio = await openStudio({
      paths,
      address,
      port,
      live,
      ...(args.cache !== undefined && { cache: args.cache }),
    });
    if (!isLoopback(address)) warn(`${address}: what is sent there is not encrypted, the token neither`);
    if (json) printJsonLine({ url: studio.url });
    else print(`studio  ${studio.url}\nEnds with Ctrl-C.`);
    if (args.open === true) openBrowser(studio.url, warn);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  },
});

const openers: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

function openBrowser(url: string, warn: (text: string) => void): void {
  const [command, ...words] = openers[process.platform] ?? ["xdg-open"];
  spawn(command, [...words, url], { stdio: "ignore", detached: true })
    .on("error", () => warn(`no browser could be opened (${command}); open the URL yourself`))
    .unref();
}
