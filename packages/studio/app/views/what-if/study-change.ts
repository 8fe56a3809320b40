/** @file A change of a study's text, as the server makes it. */
export interface StudyChange {
  path: readonly (string | number)[];
  value: unknown;
}
