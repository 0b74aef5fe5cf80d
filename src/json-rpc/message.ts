/** JSON-RPC 1.0 messages, as RFC 7047 section 4 and unixctl use them. */
import { StreamError } from "./splitter.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
/** Strings and numbers in practice; whatever it is, it comes back as it was. */
export type Id = Json;

export type Message =
  | { readonly kind: "request"; readonly id: Id; readonly method: string; readonly params: readonly Json[] }
  | { readonly kind: "notification"; readonly method: string; readonly params: readonly Json[] }
  | { readonly kind: "reply"; readonly id: Id; readonly result: Json }
  | { readonly kind: "error"; readonly id: Id; readonly error: Json };

/** @throws StreamError when the text is no JSON-RPC message. */
export function parseMessage(text: string): Message {
  let json: Json;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new StreamError(`not JSON: ${(error as Error).message}`);
  }
  if (!isObject(json)) throw new StreamError("a message must be an object");
  const { id = null, method, params, result = null, error = null } = json;
  if (method !== undefined) {
    if (typeof method !== "string") throw new StreamError("method must be a string");
    if (!Array.isArray(params)) throw new StreamError(`params of ${method} must be an array`);
    return id === null ? { kind: "notification", method, params } : { kind: "request", id, method, params };
  }
  if (id === null) throw new StreamError("a message must have a method or an id");
  return error === null ? { kind: "reply", id, result } : { kind: "error", id, error };
}

export function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
