/** Cutting action text: `key`, `key:value`, `key(value)`, `key=value`, at commas and blanks that no parenthesis encloses. */

/** A sentence in ovs-ofctl's manner: it names the text that was wrong. */
export class ActionSyntaxError extends Error {}

export interface Token {
  readonly key: string;
  readonly value: string;
  /** What came between: "" when there was a key alone. */
  readonly separator: "" | ":" | "=" | "(";
}

function isBreak(c: string): boolean {
  return c === "," || c === " " || c === "\t" || c === "\n" || c === "\r";
}

/** Index just after the parenthesis that closes the one at `open`. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i + 1;
  }
  throw new ActionSyntaxError(`${text}: missing closing parenthesis`);
}

/** End of a value that may hold parentheses: the first break outside of them. */
function endOfValue(text: string, from: number): number {
  let i = from;
  while (i < text.length && !isBreak(text[i])) {
    if (text[i] === ")") throw new ActionSyntaxError(`${text}: unexpected closing parenthesis`);
    i = text[i] === "(" || text[i] === "[" ? skipBracket(text, i) : i + 1;
  }
  return i;
}

function skipBracket(text: string, at: number): number {
  if (text[at] === "(") return closing(text, at);
  const end = text.indexOf("]", at);
  return end < 0 ? text.length : end + 1;
}

export function tokens(text: string): Token[] {
  const result: Token[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && isBreak(text[at])) at++;
    if (at >= text.length) return result;
    let end = at;
    while (end < text.length && !isBreak(text[end]) && !":=(".includes(text[end])) {
      if (text[end] === ")") throw new ActionSyntaxError(`${text}: unexpected closing parenthesis`);
      end = text[end] === "[" ? skipBracket(text, end) : end + 1;
    }
    const key = text.slice(at, end);
    const mark = text[end];
    if (mark === "(") {
      at = closing(text, end);
      // `check_pkt_larger(1500)->reg0[0]`: what follows the parenthesis belongs to the value.
      const tail = endOfValue(text, at);
      result.push({
        key,
        separator: "(",
        value: tail === at ? text.slice(end + 1, at - 1) : text.slice(end, tail),
      });
      at = tail;
    } else if (mark === ":" || mark === "=") {
      at = endOfValue(text, end + 1);
      result.push({ key, separator: mark, value: text.slice(end + 1, at) });
    } else {
      result.push({ key, separator: "", value: "" });
      at = end;
    }
  }
}

/** An unsigned number as C's strtoull(…, 0) reads it: decimal, 0x…, 0… octal. */
export function parseInteger(text: string, max: number, what: string): number {
  const value = parseBigInteger(text, BigInt(max), what);
  return Number(value);
}

export function parseBigInteger(text: string, max: bigint, what: string): bigint {
  const trimmed = text.trim();
  if (!/^(0[xX][0-9a-fA-F]+|\d+)$/.test(trimmed)) throw new ActionSyntaxError(`invalid ${what} "${text}"`);
  const octal = /^0[0-7]+$/.test(trimmed);
  const value = BigInt(octal ? `0o${trimmed.slice(1)}` : trimmed);
  if (value > max) throw new ActionSyntaxError(`${what} ${text} is not in the range 0 to ${max}`);
  return value;
}

/** `00.01.ff`, dots optional: userdata and notes. */
export function parseHexBytes(text: string): Uint8Array {
  const digits = text.replaceAll(".", "");
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) throw new ActionSyntaxError(`bad hex digit in \`argument' "${text}"`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function formatHexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(".");
}
