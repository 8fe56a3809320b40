/** @file The studio's server on a port of this machine. */
import { serve } from "@hono/node-server";
import { InputError } from "@split-et-impera/core/errors";
import type { AddressInfo } from "node:net";
import { studioApp } from "./app.ts";
import { Documents } from "./documents.ts";
import { newToken } from "./guard.ts";
import { readPage } from "./page-files.ts";
import { Runs } from "./runs.ts";

export interface StudioOptions {
  /** Studies, results and folders that hold some. */
  paths: readonly string[];
  /** Address to listen at; only loopback is private. */
  address: string;
  /** 0: any that is free. */
  port: number;
  /** Folder of what earlier runs left; absent: the usual one. */
  cache?: string;
  /** Of the metrics of running hosts that are watched. */
  live?: readonly URL[];
  /** Folder of the built page; absent: that of the package. */
  page?: string;
}

export interface Studio extends AsyncDisposable {
  /** With the token: who knows it is let in. */
  url: string;
}

/**
 * Serves the studio until it is disposed.
 * @throws InputError `ERR_STUDIO` where there is nothing of a name, or the address cannot be listened at
 */
export async function openStudio({ paths, address, port, cache, live, page: built }: StudioOptions): Promise<Studio> {
  const [documents, page] = await Promise.all([Documents.open(paths), readPage(built)]);
  const runs = new Runs(cache);
  const token = newToken();
  const closing = new AbortController();
  const hosts: string[] = [];
  const app = studioApp({ token, hosts, documents, runs, page, cache, live, signal: closing.signal });
  const server = serve({ fetch: app.fetch, hostname: address, port });
  const at = await new Promise<AddressInfo>((resolve, reject) => {
    server.once("listening", () => resolve(server.address() as AddressInfo));
    server.once("error", (cause) =>
      reject(new InputError("ERR_STUDIO", `${address}:${port}: cannot listen there: ${cause.message}`, { cause })),
    );
  });
  const named = at.family === "IPv6" ? `[${at.address}]` : at.address;
  hosts.push(`${named}:${at.port}`, ...(isLoopback(at.address) ? [`localhost:${at.port}`] : []));
  return {
    url: `http://${hosts[0]}/?token=${token}`,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await runs.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      });
    },
  };
}

export const isLoopback = (address: string): boolean =>
  address === "localhost" || address === "::1" || /^127(\.\d{1,3}){3}$/.test(address);
