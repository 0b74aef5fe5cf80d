/** Of a daemon that ended by an exception nobody expected: its monitor starts it again. */
export const CRASHED = 70;
