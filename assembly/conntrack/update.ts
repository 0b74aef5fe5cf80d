/** What a packet means to the connection it was found to belong to. */

/** Part of an established connection. */
export const UPDATE_VALID: u32 = 0;
/** Not part of what the two ends can be saying: ct_state gets `inv`. */
export const UPDATE_INVALID: u32 = 1;
/** The start of a new connection between the same ends: the old one is to be removed. */
export const UPDATE_NEW: u32 = 2;
/** Belongs here, but the other end has not answered yet: ct_state keeps `new`. */
export const UPDATE_VALID_NEW: u32 = 3;
