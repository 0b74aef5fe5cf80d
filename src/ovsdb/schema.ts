/** Types of a database's columns (RFC 7047 section 3.2), and what the columns hold that nobody has set. */
import { isObject, type Json } from "../json-rpc/message.ts";

export type AtomType = "integer" | "real" | "boolean" | "string" | "uuid";

export interface ColumnType {
  readonly key: AtomType;
  /** Of maps. */
  readonly value?: AtomType;
  readonly min: number;
  /** Infinity: "unlimited". */
  readonly max: number;
}

export type TableSchema = ReadonlyMap<string, ColumnType>;

export interface Schema {
  readonly name: string;
  readonly version: string;
  readonly tables: ReadonlyMap<string, TableSchema>;
}

/** What the server sent is no schema. */
export class SchemaError extends Error {}

const atomTypes: ReadonlySet<string> = new Set<AtomType>(["integer", "real", "boolean", "string", "uuid"]);

/** @throws SchemaError */
export function parseSchema(json: Json): Schema {
  if (!isObject(json) || typeof json.name !== "string" || !isObject(json.tables)) {
    throw new SchemaError("a schema must have a name and tables");
  }
  const tables = new Map<string, TableSchema>();
  for (const [table, definition] of Object.entries(json.tables)) {
    const columns = isObject(definition) ? definition.columns : undefined;
    if (!isObject(columns)) throw new SchemaError(`table ${table} has no columns`);
    const types = new Map<string, ColumnType>();
    for (const [column, definition] of Object.entries(columns)) {
      if (!isObject(definition)) throw new SchemaError(`column ${table}.${column} has no type`);
      types.set(column, parseType(definition.type, `${table}.${column}`));
    }
    tables.set(table, types);
  }
  return { name: json.name, version: typeof json.version === "string" ? json.version : "", tables };
}

function parseType(json: Json | undefined, where: string): ColumnType {
  if (typeof json === "string") return { key: parseAtomType(json, where), min: 1, max: 1 };
  if (!isObject(json)) throw new SchemaError(`column ${where} has no type`);
  const { key, value, min = 1, max = 1 } = json;
  return {
    key: parseAtomType(key, where),
    ...(value !== undefined && { value: parseAtomType(value, where) }),
    min: Number(min),
    max: max === "unlimited" ? Number.POSITIVE_INFINITY : Number(max),
  };
}

function parseAtomType(json: Json | undefined, where: string): AtomType {
  const type = isObject(json) ? json.type : json;
  if (typeof type !== "string" || !atomTypes.has(type)) throw new SchemaError(`column ${where} is of unknown type`);
  return type as AtomType;
}
