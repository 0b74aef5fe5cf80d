import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { scriptCommands, splitWords } from "../../src/cli/script-words.ts";

describe("words of a line", () => {
  it.each([
    ["ls-add ls1", ["ls-add", "ls1"]],
    ['lsp-set-addresses p "aa:aa:aa:11:11:aa 1.1.1.100"', ["lsp-set-addresses", "p", "aa:aa:aa:11:11:aa 1.1.1.100"]],
    ["  a\t'b c'  d  ", ["a", "b c", "d"]],
    ['""', [""]],
    ["a\"b\"'c'd", ["abcd"]],
    ['"a \\"b\\" \\n"', ['a "b" \\n']],
    ["a\\ b", ["a b"]],
    ["a # comment 'unclosed", ["a"]],
    ["a#b c#", ["a#b", "c#"]],
    ["# all", []],
    ["", []],
  ])("%j are %j", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  it("refuses a quote that is not closed, naming line and column", () => {
    expect(() => scriptCommands('ls-add a\nls-add "b')).toThrow("line 2: the quote at column 8 is not closed");
  });
});

describe("a script", () => {
  it("is one list of words a line, without the program's name", () => {
    expect(scriptCommands("ovn-nbctl ls-add a\n\n# b\nmegaflow nbctl ls-add c\nls-add \\\n  d\n")).toEqual([
      ["ls-add", "a"],
      ["ls-add", "c"],
      ["ls-add", "d"],
    ]);
  });

  it("reads the blog's", () => {
    const commands = scriptCommands(readFileSync(new URL("../../src/lab/blog.nbctl", import.meta.url), "utf8"));
    expect(commands).toHaveLength(24);
    expect(commands.at(-2)).toEqual(["lb-add", "lb1", "1.1.1.50:8000", "1.1.1.100:8000,1.1.1.200:8000", "tcp"]);
  });
});
