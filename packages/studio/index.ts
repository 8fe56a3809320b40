/** @file The built page of the studio, and what it and its server say to each other. */
export type * from "./messages.ts";

/** The folder of the built page: `index.html`, its script, its style sheet, the worker, and the example's result. */
export const pageFolder: URL = new URL(import.meta.url.endsWith(".ts") ? "./dist/page/" : "./page/", import.meta.url);
