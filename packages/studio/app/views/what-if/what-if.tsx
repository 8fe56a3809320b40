/** @file The view WhatIf. */
import type { OpenResult } from "../../store/results.ts";

export default function WhatIf({ result }: OpenResult) {
  return <h1>{result.study.name}</h1>;
}
