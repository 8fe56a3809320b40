/** @file Results kept by content: a stopped run goes on where it was, a changed study recomputes what changed. */
export { digest } from "./digest.ts";
export { openStore, type FolderOptions } from "./folder.ts";
export { clearStore, listStore, type StoreEntry } from "./listing.ts";
export { noStore, type Key, type Store } from "./store.ts";
export { isPassing, postgresStore } from "./postgres.ts";
export { decodeValue, encodeValue } from "./values.ts";
export { usualFolder } from "./where.ts";
