/** @file The engine of tests: the one place of core that looks at a package above it. */
export { engine } from "../../ort/index.ts";
