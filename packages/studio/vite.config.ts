/** @file The page as files that a server with a strict content policy may serve: no inline script, no inline style. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("app"),
  publicDir: here("public"),
  // The charts build their SVG with a document; here there is one.
  resolve: { alias: [{ find: "linkedom", replacement: here("app/charts/own-document.ts") }] },
  worker: { format: "es" },
  build: {
    outDir: here("dist/page"),
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    // Licences ask for their words to go with what is bundled.
    license: { fileName: "licenses.md" },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
});
