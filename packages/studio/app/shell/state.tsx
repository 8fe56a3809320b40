/** @file What stands where a view has nothing to show yet, or cannot. */
import type { ReactNode } from "react";

export function Loading({ what }: { what: string }) {
  return (
    <p className="state" role="status">
      <span className="dots" aria-hidden="true" /> {what}
    </p>
  );
}

export function Failed({ why, children }: { why: string; children?: ReactNode }) {
  return (
    <div className="state failed" role="alert">
      <h1>This cannot be shown</h1>
      <p>{why}</p>
      {children}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="state">
      <h1>{title}</h1>
      {children}
    </div>
  );
}
