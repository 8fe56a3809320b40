/** @file Lists of names on the command line, where a name may hold a comma. */

/**
 * The names in a list such as `a,b`. A known name is found whole, commas and all; of several the longest. What holds a
 * comma and is not known (a pattern) stands in double quotes: `"conv,*",b`. Spaces around names are left out.
 *
 * @param texts the values of a flag, which may be given several times
 */
export function nameList(texts: readonly string[], known: readonly string[] = []): string[] {
  return texts.flatMap((text) => namesIn(text, known));
}

function namesIn(text: string, known: readonly string[]): string[] {
  const names: string[] = [];
  const withCommas = known.filter((name) => name.includes(",")).sort((a, b) => b.length - a.length);
  for (let rest = text; ;) {
    rest = rest.trimStart();
    const whole = withCommas.find((name) => rest.startsWith(name) && /^\s*(,|$)/.test(rest.slice(name.length)));
    const quoted = /^"([^"]*)"\s*(?=,|$)/.exec(rest);
    const plain = /^[^,]*/.exec(rest)![0];
    if (whole !== undefined) names.push(whole);
    else names.push(quoted ? quoted[1]! : plain.trim());
    rest = rest.slice((whole ?? quoted?.[0] ?? plain).length).trimStart();
    if (rest === "") return names;
    rest = rest.slice(1);
  }
}
