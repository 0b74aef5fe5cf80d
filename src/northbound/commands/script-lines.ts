/**
 * A file of commands: one call a line, words split as a shell does (quotes, backslashes, comments, lines joined by a final
 * backslash). A leading `ovn-nbctl` is passed over, so that lines of a shell script can be used as they are.
 */
import { CommandError } from "./command.ts";

export function scriptLines(text: string): readonly (readonly string[])[] {
  return text
    .replaceAll("\\\n", " ")
    .split("\n")
    .map(splitWords)
    .map((words) => (words[0] === "ovn-nbctl" ? words.slice(1) : words))
    .filter((words) => words.length > 0);
}

export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const character = line[i];
    if (quote === "" && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === "" && character === "#" && word === undefined) {
      break;
    } else if (quote === "" && (character === '"' || character === "'")) {
      quote = character;
      word ??= "";
    } else if (character === quote) {
      quote = "";
    } else if (character === "\\" && quote !== "'" && (quote === "" || '"\\$`'.includes(line[i + 1] ?? ""))) {
      word = (word ?? "") + (line[++i] ?? "");
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== "") throw new CommandError(`unterminated ${quote} in: ${line}`);
  if (word !== undefined) words.push(word);
  return words;
}
