/** @file Which truths stay true of a picture that is mirrored or shifted. */

const kinds: ReadonlySet<string> = new Set(["classification", "multilabel", "agreement"]);

/** Whether truths of such a task say nothing of places in the picture. */
export const isSteady = (kind: string): boolean => kinds.has(kind);
