/** @file What the charts ask of `linkedom` in Node, from the page's own document. */

export const parseHTML = (): { document: Document } => ({ document });
