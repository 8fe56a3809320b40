/** @file A chart of `packages/charts` in the page: its markup was made by us, with every name in it escaped. */
import type { Markup } from "@split-et-impera/charts";
import { memo, useEffect, useRef } from "react";

/**
 * Puts markup into the page. Style attributes are set by script, one by one: the content policy forbids them in markup.
 */
export const Drawing = memo(function Drawing({ of, className }: { of: Markup; className?: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.replaceChildren(fragmentOf(of.markup));
  }, [of.markup]);
  return <div className={className} ref={place} />;
});

/** Inside a tag, between its name and its end, where quoted values may hold anything. */
const styleAttribute = /(<[a-zA-Z][^\s>]*(?:\s+[^\s=>]+(?:="[^"]*")?)*?\s)style="/g;

function fragmentOf(markup: string): DocumentFragment {
  const template = document.createElement("template");
  let text = markup;
  // A tag has one style attribute; those before it in the tag stay.
  text = text.replace(styleAttribute, '$1data-style="');
  template.innerHTML = text;
  for (const element of template.content.querySelectorAll<HTMLElement | SVGElement>("[data-style]")) {
    element.style.cssText = element.dataset["style"] ?? "";
    delete element.dataset["style"];
  }
  return template.content;
}
