/** @file Tests run on the sources, beside which they stand. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = fileURLToPath(new URL("packages/", import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@split-et-impera\/core\/(.*)$/, replacement: `${packages}core/$1/index.ts` },
      { find: /^@split-et-impera\/runtime\/(.*)$/, replacement: `${packages}runtime/$1/index.ts` },
      { find: /^@split-et-impera\/(ort|charts|runtime|studio)$/, replacement: `${packages}$1/index.ts` },
    ],
  },
  test: {
    include: ["packages/*/**/*.test.ts", "test/**/*.test.ts", "fuzz/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "forks",
    setupFiles: ["test/plain.ts"],
    testTimeout: 60_000,
  },
});
