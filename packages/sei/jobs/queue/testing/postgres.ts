/** @file A real PostgreSQL for tests and benchmarks, in a folder of its own, run by an ordinary user. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";

export interface Server extends AsyncDisposable {
  url: string;
  /** kill -9, and started again. */
  crash(): Promise<void>;
}

/** A user that is no root, whom every Linux has; root cannot run PostgreSQL. */
const nobody = 65534;
const debian = "/usr/lib/postgresql";

/** The folder of the newest server that Debian's package installed. */
async function binaries(): Promise<string | undefined> {
  const versions = await readdir(debian).catch(() => []);
  for (const version of versions.toSorted((a, b) => Number(b) - Number(a))) {
    const names = await readdir(join(debian, version, "bin")).catch((): string[] => []);
    if (names.includes("initdb") && names.includes("postgres")) return join(debian, version, "bin");
  }
  return undefined;
}

/** Undefined where none is installed. */
export async function startPostgres(): Promise<Server | undefined> {
  const bin = await binaries();
  if (bin === undefined) return undefined;
  const root = await mkdtemp(join(tmpdir(), "sei-postgres-"));
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  if (user.uid !== undefined) await chown(root, nobody, nobody);
  const data = join(root, "data");
  const options = { ...user, cwd: root, env: { PATH: process.env["PATH"], LC_ALL: "C" } };
  await promisify(execFile)(join(bin, "initdb"), ["-D", data, "-U", "sei", "--auth=trust", "--no-sync"], options);
  const port = await freePort();
  const url = `postgres://sei@127.0.0.1:${port}/postgres`;
  const start = (): ChildProcess =>
    spawn(
      join(bin, "postgres"),
      ["-D", data, "-p", String(port), "-k", root, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"],
      { ...options, stdio: "ignore" },
    );
  const ready = async (): Promise<void> => {
    for (let i = 0; ; i++) {
      try {
        await promisify(execFile)(join(bin, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)], options);
        return;
      } catch (error) {
        if (i > 300) throw error;
        await setTimeout(100);
      }
    }
  };
  const end = (child: ChildProcess): Promise<void> =>
    new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.kill("SIGKILL");
    });
  let running = start();
  await ready();
  return {
    url,
    async crash() {
      await end(running);
      // What it left of shared memory its next start removes, once its children have noticed.
      await setTimeout(300);
      running = start();
      await ready();
    },
    async [Symbol.asyncDispose]() {
      await end(running);
      await setTimeout(300);
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
