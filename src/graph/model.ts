// An ONNX model as plain frozen data: graphs of nodes over named values. Passes are functions from one to another.
import type { Constant } from './constant.js';
import type { ElementType } from './element-type.js';

/** A size: known, open under a name, or not known at all. */
export type Dimension = number | string | undefined;

/** What a value is. `shape` is undefined where not even the rank is known. */
export type ValueType =
  | { readonly kind: 'tensor'; readonly dtype: ElementType; readonly shape: readonly Dimension[] | undefined }
  /** Sequences, maps, optionals: carried along as they came. */
  | { readonly kind: 'other'; readonly encoded: Uint8Array };

export interface Value {
  readonly name: string;
  readonly type: ValueType | undefined;
}

/** An attribute of a node. Whole numbers are bigint, as the format's are of 64 bits. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'text'; readonly value: Uint8Array }
  | { readonly kind: 'ints'; readonly value: readonly bigint[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'texts'; readonly value: readonly Uint8Array[] }
  | { readonly kind: 'tensor'; readonly value: Constant }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[] }
  /** Everything else, and references to a function's attributes: carried along as it came. */
  | { readonly kind: 'other'; readonly encoded: Uint8Array };

export type Attributes = Readonly<Record<string, Attribute>>;

/** One operator. An absent optional input or output is ''. */
export interface Node {
  readonly name: string;
  readonly operator: string;
  /** '' is ONNX itself. */
  readonly domain: string;
  /** Which overload of a local function; hardly ever given. */
  readonly overload?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** A graph: `nodes` in an order in which each follows those whose outputs it reads. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  /** Initializers by name; one that is also an input is only a default. */
  readonly constants: ReadonlyMap<string, Constant>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Types of values between, as far as the file states them. */
  readonly values: ReadonlyMap<string, Value>;
  /** Sparse initializers, as they came. */
  readonly sparse: readonly { readonly name: string; readonly encoded: Uint8Array }[];
}

export interface Model {
  readonly irVersion: number;
  /** Version of each operator set by its domain; '' is ONNX itself. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly producer: string;
  readonly graph: Graph;
  /** Local functions, as they came. */
  readonly functions: readonly Uint8Array[];
  readonly metadata: ReadonlyMap<string, string>;
}
