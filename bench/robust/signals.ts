/**
 * @file Ctrl-C and SIGTERM at random moments in every command: `node bench/robust/signals.ts [moments per command [commands]]`.
 * Each must end with 130 (or, where it was done before, with its own code) within two seconds and leave nothing half-written.
 */
import { setTimeout } from "node:timers/promises";
import { openPlace, stream, tries } from "./run.ts";

const place = await openPlace();
const random = stream(1);
const graph = ["--rate", "20 Mbit/s", "--loss", "2 %", "--count", "300000"];
const commands: Record<string, string[]> = {
  design: ["design", "study.yaml", "--out", "out"],
  check: ["check", "study.yaml"],
  inspect: ["inspect", "parts.onnx", "--cuts"],
  split: ["split", "parts.onnx", "--at", "block3/MaxPool", "--out", "parts", "--data", "conveyor"],
  saliency: ["saliency", "parts.onnx", "--data", "conveyor", "--limit", "1000"],
  gradient: ["gradient", "parts.onnx", "--wrt", "image", "--out", "gradient.onnx"],
  train: ["train", "parts.onnx", "--data", "conveyor", "--limit", "400", "--epochs", "20", "--out", "trained.onnx"],
  data: ["data", "--limit", "20000", "--out", "sheet.png"],
  place: ["place", "study.yaml"],
  simulate: ["simulate", "study.yaml", "--bytes", "1 kB,1 MB,10 MB"],
  network: ["network", ...graph],
  profile: ["profile", "parts.onnx", "--out", "profile.json"],
  report: ["report", "made/result.json", "--out", "page.html", "--figures", "figures"],
  compare: ["compare", "made/result.json", "made/result.json"],
  serve: ["serve", "made/bundle", "--insecure", "--listen", "127.0.0.1:0"],
  run: ["run", "made/bundle", "--input", "study.yaml", "--insecure", "--fallback", "local", "--out", "answers.jsonl"],
  verify: ["verify", "study.yaml", "--frames", "60", "--out", "verified"],
  probe: ["probe", "--insecure", "--listen", "127.0.0.1:0"],
};
// What some of them read.
await place.start("design", "study.yaml", "--out", "made").ended;
const rows: Record<string, object> = {};
let bad = 0;
const asked = process.argv.slice(3);
for (const [name, argv] of Object.entries(commands)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const row = { moments: 0, stopped: 0, "done before": 0, "slowest s": 0, "other codes": "", "half-written": 0 };
  // How long it takes, so that moments fall into its work.
  const whole = place.start(...argv);
  const started = performance.now();
  const limit = setTimeout(8000).then(() => whole.kill("SIGINT"));
  await Promise.race([whole.ended, limit]);
  await whole.ended;
  const span = Math.min(8000, performance.now() - started);
  for (; row.moments < tries(20); row.moments++) {
    const sei = place.start(...argv);
    // Before this process can hear anything, the system's own default ends it.
    await Promise.race([setTimeout(150 + random() * span), sei.ended]);
    const before = sei.child.exitCode !== null;
    if (!before) sei.kill(row.moments % 2 === 0 ? "SIGINT" : "SIGTERM");
    const { code, seconds } = await sei.ended;
    if (before || code === 0) row["done before"]++;
    else if (code === 130) {
      row.stopped++;
      row["slowest s"] = Math.max(row["slowest s"], Math.round(100 * seconds) / 100);
    } else row["other codes"] += ` ${String(code)}`;
    const left = (await place.halfWritten()).length;
    row["half-written"] += left;
    if (left > 0 || (!before && code !== 130 && code !== 0) || row["slowest s"] > 2) bad++;
  }
  rows[name] = row;
}
console.table(rows);
await place.remove();
process.exitCode = bad > 0 ? 1 : 0;
