/** @file Delivery opportunities as a text: traces have hundreds of thousands of them, and results hold what they were made from. */

/** What one character can tell of. */
const DIGITS = 36;

/** From each millisecond to the next, from 0 on: a digit in base 36, or a larger number in brackets. */
export function packOpportunities(milliseconds: readonly number[]): string {
  let before = 0;
  return milliseconds
    .map((at) => {
      const step = at - before;
      before = at;
      return step < DIGITS ? step.toString(DIGITS) : `(${step})`;
    })
    .join("");
}

/** The milliseconds of a text that {@link packOpportunities} made. */
export function unpackOpportunities(text: string): number[] {
  const milliseconds: number[] = [];
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") {
      const end = text.indexOf(")", i);
      at += Number(text.slice(i + 1, end));
      i = end;
    } else {
      at += Number.parseInt(text[i]!, DIGITS);
    }
    milliseconds.push(at);
  }
  return milliseconds;
}
