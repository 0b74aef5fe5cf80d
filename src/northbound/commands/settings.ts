/** KEY=VALUE words as a map; words without "=" are passed over, as ovn-nbctl does. */
export function parseSettings(words: readonly string[]): Map<string, string> {
  const settings = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals >= 0) settings.set(word.slice(0, equals), word.slice(equals + 1));
  }
  return settings;
}
