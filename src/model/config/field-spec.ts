// How the tables of the schema describe one field of a message.

export type ScalarType = 'string' | 'bool' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'float' | 'double';

export interface FieldSpec {
  readonly number: number;
  /** A scalar type, or the name of an enumeration or of a message. */
  readonly type: string;
  readonly repeated?: true;
  /** Type of the keys, when the field is a map. */
  readonly keys?: ScalarType;
  /** At most one field of the same group is set. */
  readonly oneof?: string;
  /** Known, but refused by name, for this reason, unless it says what it says when absent. */
  readonly unsupported?: string;
  /** A 64-bit integer that Triton's JSON writes as text; the others it writes as numbers. */
  readonly textInJson?: true;
}

export type MessageSpec = Readonly<Record<string, FieldSpec>>;
export type MessageTable = Readonly<Record<string, MessageSpec>>;
