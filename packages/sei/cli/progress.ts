/** @file Progress on stderr: a live line on a terminal, a line per finished task elsewhere (CI, pipes). */
import type { WriteStream } from "node:tty";
import { styleText } from "node:util";
import type { Progress } from "../stages/context.ts";
import { printable } from "./text.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** For who starts this program: `SEI_PROGRESS=json` tells progress as lines of JSON. */
export function createProgress(stream: WriteStream): Progress {
  return process.env["SEI_PROGRESS"] === "json" ? jsonProgress(stream) : textProgress(stream);
}

/** Milliseconds between two lines about the same task. */
const leastPause = 150;

/** A line when a task begins, while it goes on, and when it is done: `{"task": ..., "status": ..., "seconds": ...}`. */
function jsonProgress(stream: WriteStream): Progress {
  return {
    async task(task, work) {
      const started = performance.now();
      let told = 0;
      let status = "";
      const tell = (more: Record<string, unknown> = {}): void => {
        told = performance.now();
        stream.write(`${JSON.stringify({ task, status, ...more })}\n`);
      };
      tell();
      try {
        const result = await work((text) => {
          status = text;
          if (performance.now() - told > leastPause) tell();
        });
        tell({ seconds: (performance.now() - started) / 1000 });
        return result;
      } catch (error) {
        tell({ seconds: (performance.now() - started) / 1000, failed: true });
        throw error;
      }
    },
  };
}

function textProgress(stream: WriteStream): Progress {
  const live = stream.isTTY && !process.env["CI"];
  const style = (format: "green" | "red" | "dim", text: string): string => styleText(format, text, { stream });
  return {
    async task(name, work) {
      const title = printable(name);
      const started = performance.now();
      let status = "";
      let tick = 0;
      const clear = (): void => void (live && stream.write("\r\u001B[K"));
      const draw = (): void => {
        const seconds = (performance.now() - started) / 1000;
        const line = `${frames[tick++ % frames.length]} ${title}${status && ` · ${status}`} · ${seconds.toFixed(0)} s`;
        stream.write(`\r\u001B[K${line.slice(0, Math.max(20, stream.columns - 1))}`);
      };
      const timer = live ? setInterval(draw, 100) : undefined;
      let reported = started;
      const update = (text: string): void => {
        status = printable(text);
        // Where no line can be rewritten, long work still says something now and then.
        if (!live && performance.now() - reported > 10_000) {
          reported = performance.now();
          stream.write(`  ${title} · ${status}\n`);
        }
      };
      try {
        const result = await work(update);
        clear();
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        stream.write(
          `${style("green", "✓")} ${title}${status && style("dim", ` · ${status}`)} ${style("dim", `${seconds} s`)}\n`,
        );
        return result;
      } catch (error) {
        clear();
        stream.write(`${style("red", "✗")} ${title}\n`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}
