/** @file A link inside the studio: an address like any other, without loading the page again. */
import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { goTo } from "../store/url.ts";

export function Link({ href, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    goTo(href);
  };
  return <a href={href} onClick={follow} {...rest} />;
}
