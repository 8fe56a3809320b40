/** @file What a view does wrong stays in that view. */
import { Component, type ReactNode } from "react";
import { Failed } from "./state.tsx";

export class Boundary extends Component<{ children: ReactNode }, { why?: string }> {
  override state: { why?: string } = {};

  static getDerivedStateFromError(error: Error): { why: string } {
    return { why: error.message };
  }

  override render(): ReactNode {
    const { why } = this.state;
    if (why === undefined) return this.props.children;
    return (
      <Failed why={`A mistake of the studio's own: ${why}`}>
        <button type="button" onClick={() => this.setState({ why: undefined })}>
          Try again
        </button>
      </Failed>
    );
  }
}
