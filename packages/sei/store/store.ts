/** @file Where results are kept by what they depend on: the one seam through which stages keep anything. */
import { digest } from "./digest.ts";

export interface Key {
  /** The stage's name: small letters and hyphens. */
  stage: string;
  /** Of the stage's code: raised where the same input no longer gives the same result. */
  version: number;
  /** Name and version of the engine; another one gives other numbers. */
  engine: string;
  /** All else that the result depends on, as plain data. */
  of: unknown;
}

/** Keeps bytes. Neither reading nor writing ever fails: what cannot be read is absent, what cannot be written is not kept. */
export interface Store {
  /** The value that was kept under this key, whole and unchanged; undefined where there is none. */
  get(key: Key): Promise<Uint8Array | undefined>;
  put(key: Key, value: Uint8Array): Promise<void>;
  remove(key: Key): Promise<void>;
}

export const keyDigest = ({ stage, version, engine, of }: Key): string => digest([stage, version, engine, of]);

/** Keeps nothing. */
export const noStore: Store = {
  get: () => Promise.resolve(undefined),
  put: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};
