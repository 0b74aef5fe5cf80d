/** Lines of an ovn-nbctl script as words: quotes and backslashes as the shell reads them, comments, no variables. */
import { CommandError } from "./exit-code.ts";

/** One list of words for each command line; a leading "ovn-nbctl" or "megaflow nbctl" is dropped. @throws CommandError with the line's number. */
export function scriptCommands(script: string): string[][] {
  const commands: string[][] = [];
  const lines = script.replaceAll("\\\n", "\0").split("\n");
  let number = 1;
  for (const line of lines) {
    const words = splitWords(line.replaceAll("\0", " "), number);
    number += 1 + (line.match(/\0/g)?.length ?? 0);
    if (words[0] === "ovn-nbctl") words.shift();
    else if (words[0] === "megaflow" && words[1] === "nbctl") words.splice(0, 2);
    if (words.length > 0) commands.push(words);
  }
  return commands;
}

/** @throws CommandError when a quote is not closed. */
export function splitWords(line: string, number = 1): string[] {
  const words: string[] = [];
  // A word is a run of quoted and bare pieces; a # that starts a word starts a comment.
  const piece = /\s+|"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|(#.*)|([^\s"'\\]+)/gsy;
  let word: string | undefined;
  const finish = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  while (piece.lastIndex < line.length) {
    const at = piece.lastIndex;
    const match = piece.exec(line);
    if (!match) throw new CommandError(`line ${number}: the quote at column ${at + 1} is not closed`);
    const [all, double, single, escaped, comment, bare] = match;
    if (double !== undefined) word = (word ?? "") + double.replace(/\\(["\\$`])/g, "$1");
    else if (single !== undefined || escaped !== undefined) word = (word ?? "") + (single ?? escaped);
    else if (comment !== undefined && word === undefined) break;
    else if (comment !== undefined) {
      // Inside a word # is a character like any other: take it, and go on behind it.
      word += "#";
      piece.lastIndex = at + 1;
    } else if (bare !== undefined) word = (word ?? "") + bare;
    else if (all.trim() === "") finish();
  }
  finish();
  return words;
}
