/** @file Videos and cameras through ffmpeg, where it is installed: files, RTSP, V4L2. */
import { spawn } from "node:child_process";
import { InputError } from "@split-et-impera/core/errors";
import type { ImageShape } from "../../data/index.ts";
import { framesOf, rawPixels } from "./raw.ts";
import type { Source } from "./source.ts";

const videos = /\.(mp4|mkv|mov|avi|webm|m4v|ts|mjpe?g|gif)$/i;

export const isVideo = (input: string): boolean =>
  videos.test(input) || /^rtsps?:\/\//.test(input) || /^\/dev\/video\d+$/.test(input);

/** The whole picture covers the model's input, its middle is taken: as pictures of a folder are fitted. */
export function videoSource(
  input: string,
  { height, width, channels }: ImageShape,
  rate: number,
  count: number,
): Source {
  const live = input.startsWith("/dev/") || input.startsWith("rtsp");
  const fit = `fps=${rate},scale=${width}:${height}:force_original_aspect_ratio=increase:flags=bilinear,crop=${width}:${height}`;
  const pixels = channels === 1 ? "gray" : "rgb24";
  const device = input.startsWith("/dev/") ? ["-f", "v4l2"] : [];
  const stream = input.startsWith("rtsp") ? ["-rtsp_transport", "tcp"] : [];
  const output = ["-vf", fit, "-pix_fmt", pixels, "-f", "rawvideo", "-"];
  const args = ["-nostdin", "-loglevel", "error", ...device, ...stream, "-i", input, ...output];
  return {
    name: `${input} through ffmpeg`,
    // A file would come as fast as it can be read.
    ...(!live && { rate }),
    async *frames(signal) {
      const child = spawn("ffmpeg", args, { stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      child.stderr.on("data", (text: Buffer) => (said = `${said}${text.toString()}`.slice(-400)));
      const ended = new Promise<number | null>((resolve, reject) => {
        child.once("error", (error: NodeJS.ErrnoException) =>
          reject(
            new InputError(
              "ERR_SOURCE",
              error.code === "ENOENT"
                ? `${input}: reading videos and cameras takes ffmpeg, which is not installed`
                : `${input}: ffmpeg cannot be started: ${error.message}`,
              { cause: error },
            ),
          ),
        );
        child.once("close", resolve);
      });
      ended.catch(() => undefined);
      const stop = (): void => void child.kill("SIGKILL");
      signal.addEventListener("abort", stop);
      try {
        let seen = 0;
        for await (const value of framesOf(child.stdout, rawPixels(height * width * channels), input)) {
          yield { value };
          if (++seen === count || signal.aborted) return;
        }
        const code = await ended;
        if (code !== 0 && !signal.aborted) {
          const [line = `ended with ${code}`] = said.trim().split("\n").slice(-1);
          throw new InputError("ERR_SOURCE", `${input}: ffmpeg: ${line.trim() || `ended with ${code}`}`);
        }
      } finally {
        signal.removeEventListener("abort", stop);
        stop();
      }
    },
  };
}
