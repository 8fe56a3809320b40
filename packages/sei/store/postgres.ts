/** @file A table of a PostgreSQL database as a store: what all workers see. */
import type { Pool } from "pg";
import { setTimeout } from "node:timers/promises";
import { packEntry, unpackEntry } from "./entry.ts";
import { keyDigest, type Key, type Store } from "./store.ts";

/** Bytes of an entry at most: what is larger is computed again where it is missed. */
const mostBytes = 512e6;
/** A server that is started again is back within this many tries, so many milliseconds apart. */
const tries = 40;
const apart = 500;

const tableSql = `CREATE TABLE IF NOT EXISTS sei_store (
  digest text PRIMARY KEY, stage text NOT NULL, entry bytea NOT NULL, used timestamptz NOT NULL DEFAULT now())`;

/** Of a pool that somebody else ends. Neither reading nor writing ever fails. */
export function postgresStore(pool: Pool, warn: (text: string) => void = () => undefined): Store {
  let ready: Promise<unknown> | undefined;
  let told = false;
  async function query(text: string, values: unknown[]): Promise<Record<string, unknown>[] | undefined> {
    for (let left = tries; left > 0; left--) {
      try {
        await (ready ??= pool.query(tableSql));
        return (await pool.query<Record<string, unknown>>(text, values)).rows;
      } catch (error) {
        ready = undefined;
        if (left > 1 && isPassing(error)) await setTimeout(apart);
        else {
          if (!told) warn(`results are not kept in the database: ${(error as Error).message}`);
          told = true;
          return undefined;
        }
      }
    }
    return undefined;
  }
  return {
    async get(key: Key) {
      const digest = keyDigest(key);
      const rows = await query("UPDATE sei_store SET used = now() WHERE digest = $1 RETURNING entry", [digest]);
      const entry = rows?.[0]?.["entry"];
      return entry instanceof Uint8Array ? unpackEntry(digest, entry) : undefined;
    },
    async put(key, value) {
      if (value.length > mostBytes) return;
      const digest = keyDigest(key);
      await query(
        `INSERT INTO sei_store (digest, stage, entry) VALUES ($1, $2, $3)
         ON CONFLICT (digest) DO UPDATE SET entry = excluded.entry, used = now()`,
        [digest, key.stage, Buffer.from(packEntry(digest, value))],
      );
    },
    async remove(key) {
      await query("DELETE FROM sei_store WHERE digest = $1", [keyDigest(key)]);
    },
  };
}

/** Whether a server that is stopped and started again would say this: its classes 08 and 57P, a race of two that make the table, and what sockets say. */
export function isPassing(error: unknown): boolean {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return (
    /^(?:08|57P|40|53)/.test(code) ||
    /^(?:23505|42P07|XX000)$/.test(code) ||
    /^E[A-Z]+$/.test(code) ||
    /terminat|timeout|closed|ended/i.test(message)
  );
}
