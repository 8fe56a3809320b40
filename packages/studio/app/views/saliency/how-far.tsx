/** @file How far a computation of the server is, why it has no answer, and the buttons that end it or ask once more. */
import type { ReactNode } from "react";
import type { Anew } from "./use-anew.ts";

interface HowFarProps {
  /** What is computed, for who hears its buttons alone: `curve`. */
  of: string;
  anew: Anew<unknown> | undefined;
  /** What is said while it goes on, beside how far it is. */
  meanwhile?: string;
  /** What is said where nothing is being computed. */
  children?: ReactNode;
}

export function HowFar({ of, anew, meanwhile, children }: HowFarProps) {
  const ended = anew?.state === "failed" || anew?.state === "stopped";
  return (
    <>
      <div className="small" role="status">
        {anew?.state === "loading" && `Computing: ${anew.says ?? "starting"} … ${meanwhile ?? ""}`}
        {anew?.state === "failed" && anew.why}
        {anew?.state === "stopped" && "Stopped."}
        {(!anew || anew.state === "ready") && children}
      </div>
      {anew?.state === "loading" && (
        <button type="button" aria-label={`Stop computing the ${of}`} onClick={anew.stop}>
          Stop
        </button>
      )}
      {ended && (
        <button type="button" aria-label={`Try again to compute the ${of}`} onClick={anew.again}>
          Try again
        </button>
      )}
    </>
  );
}
