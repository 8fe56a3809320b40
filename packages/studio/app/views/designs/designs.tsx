/** @file The view Designs. */
import type { OpenResult } from "../../store/results.ts";

export default function Designs({ result }: OpenResult) {
  return <h1>{result.study.name}</h1>;
}
