/** @file Answers into a file, behind what it holds already. */
import { createWriteStream } from "node:fs";
import { dirname } from "node:path";
import { cannotWrite, makeFolder, reasonOf } from "../../files/index.ts";
import { Losses, type Sink, type SinkKind } from "./sink.ts";

/** Bytes that wait for the disk at most. */
const mostWaiting = 2 ** 26;

export const file: SinkKind = {
  flag: {
    type: "string",
    valueHint: "FILE",
    description: "answers as JSON lines into a file, a line a frame, behind what it holds already",
  },
  whole: true,
  at: (path) => (warn) => fileSink(path, warn),
};

/**
 * Folders that are missing are made.
 * @throws InputError `ERR_OUTPUT` where it cannot be written
 */
async function fileSink(path: string, warn: (text: string) => void): Promise<Sink> {
  await makeFolder(dirname(path));
  const stream = createWriteStream(path, { flags: "a" });
  await new Promise<void>((resolve, reject) => {
    stream.once("open", () => resolve());
    stream.once("error", (error) => reject(cannotWrite(path, error)));
  });
  const losses = new Losses(path, "answers", warn);
  let reason = "";
  stream.on("error", (error) => (reason = reasonOf(error)));
  return {
    name: path,
    get lost() {
      return losses.count;
    },
    write(text) {
      if (stream.writableLength > mostWaiting) losses.add(1, "they come faster than they are written");
      else stream.write(text, (error) => error && losses.add(1, reason || reasonOf(error)));
    },
    close: () => new Promise((resolve) => (stream.destroyed ? resolve() : stream.end(() => resolve()))),
  };
}
