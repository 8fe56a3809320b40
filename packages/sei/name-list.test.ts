/** @file Lists of names on the command line. */
import { expect, it } from "vitest";
import { nameList } from "./name-list.ts";

it.each<[string, string[], string[], string[]]>([
  ["names", ["a,b"], [], ["a", "b"]],
  ["with spaces", [" a , b c "], [], ["a", "b c"]],
  ["a flag given twice", ["a", "b,c"], [], ["a", "b", "c"]],
  ["a known name with a comma", ["pool(1,2)"], ["pool(1,2)"], ["pool(1,2)"]],
  ["among others", ["x, pool(1,2) ,y"], ["x", "pool(1,2)"], ["x", "pool(1,2)", "y"]],
  ["the longest of several", ["a,b,c"], ["a", "a,b", "b"], ["a,b", "c"]],
  ["not the beginning of another", ["a,bc"], ["a,b"], ["a", "bc"]],
  ["quoted", ['"conv,*",b,"a"'], [], ["conv,*", "b", "a"]],
  ["quotes inside a name stay", ['a"b"'], [], ['a"b"']],
  ["nothing between commas is a name to complain of", ["a,,b", ""], [], ["a", "", "b", ""]],
])("%s", (_, texts, known, names) => {
  expect(nameList(texts, known)).toEqual(names);
});
