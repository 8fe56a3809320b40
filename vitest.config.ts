/** @file Tests run on the sources, beside which they stand. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const core = fileURLToPath(new URL("packages/core/", import.meta.url));

export default defineConfig({
  resolve: {
    alias: [{ find: /^@split-et-impera\/core\/(.*)$/, replacement: `${core}$1/index.ts` }],
  },
  test: {
    include: ["packages/*/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "forks",
    testTimeout: 60_000,
  },
});
