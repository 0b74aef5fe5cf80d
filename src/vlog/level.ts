/** Severities as OVS names them, the gravest first. */
export const levels = ["off", "emer", "err", "warn", "info", "dbg"] as const;
export type Level = (typeof levels)[number];

export const destinations = ["console", "syslog", "file"] as const;
export type Destination = (typeof destinations)[number];

export function isLevel(text: string): text is Level {
  return (levels as readonly string[]).includes(text);
}

export function isDestination(text: string): text is Destination {
  return (destinations as readonly string[]).includes(text);
}

/** Whether a message of this severity passes a destination set to `limit`. */
export function passes(level: Level, limit: Level): boolean {
  return levels.indexOf(level) <= levels.indexOf(limit);
}
