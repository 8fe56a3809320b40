/** @file The queue of jobs in a PostgreSQL database, by pg-boss. */
import { InputError } from "@split-et-impera/core/errors";
import { PgBoss } from "pg-boss";
import { Pool } from "pg";

/** Seconds without a word after which a worker counts as dead, and between two looks for such. */
export const heartbeatSeconds = 10;
const lookSeconds = 5;
/** How often a job is tried. */
export const mostTries = 3;
/** Seconds that a job may take at most, and that one that is done is kept. */
const mostSeconds = 24 * 3600;
const keptSeconds = 3600;

export interface Queue extends AsyncDisposable {
  boss: PgBoss;
  /** Of the same database, for the store. */
  pool: Pool;
}

/** Of all workers, or of those with a label. */
export const queueName = (label: string | undefined): string => (label === undefined ? "sei" : `sei-${label}`);

/** @throws InputError `ERR_USAGE` */
export function checkLabel(label: string | undefined): void {
  if (label !== undefined && !/^[a-z0-9][a-z0-9-]{0,39}$/.test(label))
    throw new InputError("ERR_USAGE", `--label: expected small letters, digits and hyphens, got "${label}"`);
}

/**
 * @param connections at most, of the queue's own
 * @throws InputError `ERR_USAGE`, `ERR_CONNECT`
 */
export async function openQueue(
  url: string,
  warn: (text: string) => void = () => undefined,
  connections = 2,
): Promise<Queue> {
  if (!/^postgres(?:ql)?:\/\//.test(url) || !URL.canParse(url))
    throw new InputError("ERR_USAGE", `expected the address of a PostgreSQL database, as postgres://user@host/name`);
  const pool = new Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 10_000 });
  // A connection that breaks while idle is made again when it is needed.
  pool.on("error", () => undefined);
  const boss = new PgBoss({
    connectionString: url,
    max: connections,
    schedule: false,
    superviseIntervalSeconds: lookSeconds,
    monitorIntervalSeconds: lookSeconds,
    registerInstance: false,
    openTelemetry: { enabled: false },
    application_name: "sei",
  });
  let told = "";
  boss.on("error", (error) => {
    // Said once, however often it is tried again.
    if (error.message !== told) warn(`the queue: ${error.message}`);
    told = error.message;
  });
  try {
    await boss.start();
  } catch (error) {
    await pool.end();
    const { message } = error as Error;
    throw new InputError("ERR_CONNECT", `the database at ${hostOf(url)} cannot be used: ${message || String(error)}`, {
      cause: error,
    });
  }
  return {
    boss,
    pool,
    async [Symbol.asyncDispose]() {
      await boss.stop({ graceful: false }).catch(() => undefined);
      await pool.end().catch(() => undefined);
    },
  };
}

/** Makes a queue that is not there yet. */
export async function makeQueue({ boss }: Queue, label: string | undefined): Promise<string> {
  const name = queueName(label);
  await boss.createQueue(name, {
    retryLimit: mostTries - 1,
    retryDelay: 0,
    heartbeatSeconds,
    expireInSeconds: mostSeconds - 1,
    deleteAfterSeconds: keptSeconds,
  });
  return name;
}

/** Without what lets one in. */
const hostOf = (url: string): string => new URL(url).host || "this machine";
