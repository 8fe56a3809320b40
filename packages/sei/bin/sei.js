#!/usr/bin/env node
// The command is compiled TypeScript; before the first build there is nothing to start.
import { existsSync } from "node:fs";

const main = new URL("../dist/cli/main.js", import.meta.url);
if (!existsSync(main)) {
  console.error("sei: not built yet; `npm run build` in the project's root does it");
  process.exit(1);
}
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`sei: needs Node 22.18 or newer, this is ${process.version}; \`npx sei\` in the project uses its own`);
  process.exit(1);
}
process.exitCode = await (await import(main.href)).main(process.argv.slice(2));
