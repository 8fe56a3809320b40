/** @file Every packet of a simulation, written to FILE.csv and FILE.pcap as it happens. */
import type { PacketEvent } from "@split-et-impera/core/network";
import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { cannotWrite, releaseTemporary, temporaryFor } from "../files/index.ts";
import { csvHeader, csvLine } from "./csv.ts";
import { pcapHeader, pcapRecord } from "./pcap.ts";

/** Bytes that are gathered before they are written. */
const CHUNK = 1 << 18;

export interface TraceFiles {
  /** Their names. */
  files: string[];
  write(event: PacketEvent): void;
  /** Gives the files their names; nobody sees them before. */
  keep(): void;
  /** Closes them, and removes what is not kept. */
  close(): Promise<void>;
}

/**
 * Opens both files, under temporary names.
 * @throws InputError `ERR_OUTPUT` where they cannot be written; `write` and `keep` throw it too
 */
export async function openTraceFiles(base: string, transport: "tcp" | "udp"): Promise<TraceFiles> {
  const name = base.replace(/\.(csv|pcap)$/, "");
  const folder = dirname(name);
  await stat(`${folder}/.`).catch((error: unknown) => {
    throw cannotWrite(`${name}.csv`, error);
  });
  const files: GatheredFile[] = [];
  const close = async (): Promise<void> => {
    for (const file of files) await file.close();
  };
  try {
    const csv = new GatheredFile(`${name}.csv`);
    files.push(csv);
    const pcap = new GatheredFile(`${name}.pcap`);
    files.push(pcap);
    csv.write(Buffer.from(csvHeader));
    pcap.write(pcapHeader());
    return {
      files: files.map(({ path }) => path),
      write: (event) => {
        csv.write(Buffer.from(csvLine(event)));
        const record = pcapRecord(event, transport);
        if (record !== undefined) pcap.write(record);
      },
      keep: () => {
        for (const file of files) file.flush();
        for (const file of files) file.keep();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A file that is written in chunks, at once: a simulation does not wait. */
class GatheredFile {
  readonly path: string;
  private readonly temporary: string;
  private readonly descriptor: number;
  private readonly chunk = new Uint8Array(CHUNK);
  private used = 0;

  constructor(path: string) {
    this.path = path;
    this.temporary = temporaryFor(path);
    try {
      this.descriptor = openSync(this.temporary, "wx");
    } catch (error) {
      void releaseTemporary(this.temporary);
      throw cannotWrite(path, error);
    }
  }

  write(bytes: Uint8Array): void {
    if (this.used + bytes.length > CHUNK) this.flush();
    this.chunk.set(bytes, this.used);
    this.used += bytes.length;
  }

  flush(): void {
    try {
      for (let at = 0; at < this.used;) at += writeSync(this.descriptor, this.chunk, at, this.used - at);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
    this.used = 0;
  }

  keep(): void {
    try {
      renameSync(this.temporary, this.path);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }

  async close(): Promise<void> {
    closeSync(this.descriptor);
    await releaseTemporary(this.temporary);
  }
}
