/** @file A study's text with some values changed: everything else stays as its author wrote it. */
import { isMap, parseDocument } from "yaml";

export interface StudyChange {
  /** Where the value stands: `["links", 0, "rate"]`. */
  path: readonly (string | number)[];
  /** As a study says it: `20 Mbit/s`; null takes the field out. */
  value: unknown;
}

/** The text with the values in it; comments and order are kept. */
export function changedText(text: string, changes: readonly StudyChange[]): string {
  const document = parseDocument(text);
  for (const { path, value } of changes) {
    if (value === null) {
      document.deleteIn(path);
      continue;
    }
    const known = document.getIn(path, true);
    // A scalar keeps its place and its comment; a map is written in one line, as studies do.
    const node = document.createNode(value);
    if (isMap(node)) node.flow = true;
    if (known !== undefined && typeof value !== "object") document.setIn(path, value);
    else document.setIn(path, node);
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}
