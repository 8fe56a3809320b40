/** @file Segments on disk: written with a manifest and a proof, read and composed again. */
export { readManifest, type Manifest } from "./manifest.ts";
export { tolerance, writeSegments, type Written } from "./write.ts";
export { composeSegments, type Composed } from "./compose.ts";
export { large } from "./large.ts";
