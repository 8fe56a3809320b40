/** @file What core uses of the globals that Node and browsers share; it is compiled without either's types. */

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  decode(bytes: Uint8Array): string;
}

interface AbortSignal {
  readonly aborted: boolean;
  throwIfAborted(): void;
}

declare const performance: { now(): number };
