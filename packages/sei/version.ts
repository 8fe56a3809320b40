/** @file The version, for `--version`, results and cache keys. */
export const version = "0.1.0";
